package dev.ambit.mesh.local;

import dev.ambit.mesh.model.GatewayAddress;
import dev.ambit.mesh.model.NetworkAddress;
import dev.ambit.mesh.model.Service;
import dev.ambit.mesh.model.Service.LoadBalancing;
import dev.ambit.mesh.model.ServiceKey;
import dev.ambit.mesh.model.Workload;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Workloads and services of the file.
final class Entries {
    private static final Map<String, LoadBalancing.Scope> SCOPES =
            Map.of(
                    "Region", LoadBalancing.Scope.REGION,
                    "Zone", LoadBalancing.Scope.ZONE,
                    "Subzone", LoadBalancing.Scope.SUBZONE,
                    "Node", LoadBalancing.Scope.NODE,
                    "Cluster", LoadBalancing.Scope.CLUSTER,
                    "Network", LoadBalancing.Scope.NETWORK);

    private Entries() {}

    static Workload workload(Fields f) throws LocalMeshFault {
        var addresses = new ArrayList<InetAddress>();
        for (var address : f.texts("workloadIps")) {
            addresses.add(Fields.address(f.where("workloadIps"), address));
        }
        var workload =
                new Workload(
                        f.required("uid"),
                        f.text("name", ""),
                        f.required("namespace"),
                        addresses,
                        f.text("hostname", ""),
                        f.text("network", ""),
                        f.word(
                                "protocol",
                                Workload.TunnelProtocol.TCP,
                                Map.of(
                                        "TCP", Workload.TunnelProtocol.TCP,
                                        "HBONE", Workload.TunnelProtocol.HBONE)),
                        f.text("trustDomain", "cluster.local"),
                        f.text("serviceAccount", "default"),
                        gateway(f, "waypoint"),
                        gateway(f, "networkGateway"),
                        f.text("node", ""),
                        f.text("canonicalName", ""),
                        f.text("canonicalRevision", ""),
                        workloadType(f),
                        f.text("workloadName", ""),
                        f.flag("nativeTunnel"),
                        tunnel(f),
                        f.services("services"),
                        f.texts("authorizationPolicies"),
                        f.word(
                                "status",
                                Workload.Health.HEALTHY,
                                Map.of(
                                        "Healthy", Workload.Health.HEALTHY,
                                        "Unhealthy", Workload.Health.UNHEALTHY)),
                        f.text("clusterId", ""),
                        locality(f),
                        f.word(
                                "networkMode",
                                Workload.NetworkMode.STANDARD,
                                Map.of(
                                        "Standard", Workload.NetworkMode.STANDARD,
                                        "HostNetwork", Workload.NetworkMode.HOST_NETWORK)),
                        f.number("capacity", 1, Integer.MAX_VALUE));
        f.end();
        return workload;
    }

    private static Workload.WorkloadType workloadType(Fields f) throws LocalMeshFault {
        return f.word(
                "workloadType",
                Workload.WorkloadType.POD,
                Map.of(
                        "deployment", Workload.WorkloadType.DEPLOYMENT,
                        "cronjob", Workload.WorkloadType.CRONJOB,
                        "pod", Workload.WorkloadType.POD,
                        "job", Workload.WorkloadType.JOB));
    }

    private static Workload.Locality locality(Fields f) throws LocalMeshFault {
        var l = f.object("locality");
        if (l.isEmpty()) {
            return Workload.Locality.NONE;
        }
        var locality =
                new Workload.Locality(
                        l.get().text("region", ""),
                        l.get().text("zone", ""),
                        l.get().text("subzone", ""));
        l.get().end();
        return locality;
    }

    private static Optional<Workload.ApplicationTunnel> tunnel(Fields f) throws LocalMeshFault {
        var t = f.object("applicationTunnel");
        if (t.isEmpty()) {
            return Optional.empty();
        }
        var tunnel =
                new Workload.ApplicationTunnel(
                        t.get()
                                .word(
                                        "protocol",
                                        Workload.ApplicationTunnel.Protocol.NONE,
                                        Map.of(
                                                "NONE", Workload.ApplicationTunnel.Protocol.NONE,
                                                "PROXY",
                                                        Workload.ApplicationTunnel.Protocol.PROXY)),
                        t.get().number("port", 0, 65_535));
        t.get().end();
        return Optional.of(tunnel);
    }

    private static Optional<GatewayAddress> gateway(Fields f, String key) throws LocalMeshFault {
        var g = f.object(key);
        return g.isEmpty() ? Optional.empty() : Optional.of(gateway(g.get()));
    }

    /// `network/address` where that is an address, else `namespace/hostname`.
    private static GatewayAddress gateway(Fields g) throws LocalMeshFault {
        var text = g.required("destination");
        var where = g.where("destination");
        GatewayAddress.Destination destination =
                Fields.isAddress(text.substring(text.indexOf('/') + 1))
                        ? new GatewayAddress.Destination.ByAddress(
                                Fields.networkAddress(where, text))
                        : new GatewayAddress.Destination.ByHostname(Fields.serviceKey(where, text));
        var gateway = new GatewayAddress(destination, g.number("hboneMtlsPort", 15008, 65_535));
        g.end();
        return gateway;
    }

    static Service service(Fields f) throws LocalMeshFault {
        var vips = new ArrayList<NetworkAddress>();
        for (var vip : f.texts("vips")) {
            vips.add(Fields.networkAddress(f.where("vips"), vip));
        }
        // Of no use in a file: the endpoints are the workloads that name the service.
        f.get("endpoints");
        var service =
                new Service(
                        new ServiceKey(f.required("namespace"), f.required("hostname")),
                        f.text("name", ""),
                        vips,
                        cidrVips(f),
                        f.ports("ports"),
                        f.texts("subjectAltNames"),
                        gateway(f, "waypoint"),
                        weighted(f),
                        loadBalancing(f),
                        f.word(
                                "ipFamilies",
                                Service.IpFamilies.AUTOMATIC,
                                Map.of(
                                        "IPv4", Service.IpFamilies.IPV4_ONLY,
                                        "IPv6", Service.IpFamilies.IPV6_ONLY,
                                        "Dual", Service.IpFamilies.DUAL)),
                        f.flag("canonical"),
                        f.word(
                                "visibility",
                                Service.Visibility.PUBLIC,
                                Map.of(
                                        "Public", Service.Visibility.PUBLIC,
                                        "Namespace", Service.Visibility.NAMESPACE)));
        f.end();
        return service;
    }

    private static List<Service.CidrVip> cidrVips(Fields f) throws LocalMeshFault {
        var all = new ArrayList<Service.CidrVip>();
        for (var c : f.objects("cidrVips")) {
            all.add(
                    new Service.CidrVip(
                            c.text("network", ""),
                            Fields.cidr(c.where("cidr"), c.required("cidr"))));
            c.end();
        }
        return all;
    }

    private static List<Service.WeightedWaypoint> weighted(Fields f) throws LocalMeshFault {
        var all = new ArrayList<Service.WeightedWaypoint>();
        for (var w : f.objects("weightedWaypoints")) {
            var destination = gateway(w, "destination");
            if (destination.isEmpty()) {
                throw new LocalMeshFault(w.where("destination"), "nothing", "a waypoint");
            }
            all.add(
                    new Service.WeightedWaypoint(
                            destination.get(), w.number("weight", 1, Integer.MAX_VALUE)));
            w.end();
        }
        return all;
    }

    private static Optional<LoadBalancing> loadBalancing(Fields f) throws LocalMeshFault {
        var lb = f.object("loadBalancer");
        if (lb.isEmpty()) {
            return Optional.empty();
        }
        var scopes = new ArrayList<LoadBalancing.Scope>();
        for (var name : lb.get().texts("routingPreferences")) {
            var scope = SCOPES.get(name);
            if (scope == null) {
                throw new LocalMeshFault(
                        lb.get().where("routingPreferences"), name, "one of " + SCOPES.keySet());
            }
            scopes.add(scope);
        }
        var result =
                new LoadBalancing(
                        scopes,
                        lb.get()
                                .word(
                                        "mode",
                                        LoadBalancing.Mode.UNSPECIFIED,
                                        Map.of(
                                                "Standard", LoadBalancing.Mode.UNSPECIFIED,
                                                "Strict", LoadBalancing.Mode.STRICT,
                                                "Failover", LoadBalancing.Mode.FAILOVER,
                                                "Passthrough", LoadBalancing.Mode.PASSTHROUGH)),
                        lb.get()
                                .word(
                                        "healthPolicy",
                                        LoadBalancing.HealthPolicy.ONLY_HEALTHY,
                                        Map.of(
                                                "OnlyHealthy",
                                                        LoadBalancing.HealthPolicy.ONLY_HEALTHY,
                                                "AllowAll", LoadBalancing.HealthPolicy.ALLOW_ALL)));
        lb.get().end();
        return Optional.of(result);
    }
}
