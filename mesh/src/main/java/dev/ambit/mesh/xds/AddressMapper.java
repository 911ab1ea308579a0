package dev.ambit.mesh.xds;

import com.google.protobuf.ByteString;
import dev.ambit.mesh.model.Cidr;
import dev.ambit.mesh.model.GatewayAddress;
import dev.ambit.mesh.model.NetworkAddress;
import dev.ambit.mesh.model.Service;
import dev.ambit.mesh.model.Service.LoadBalancing;
import dev.ambit.mesh.model.ServiceKey;
import dev.ambit.mesh.model.Workload;
import dev.ambit.mesh.proto.workload.Address;
import dev.ambit.mesh.proto.workload.Port;
import dev.ambit.mesh.store.Change;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// `istio.workload.Address` to records, with Istio's defaults filled in.
public final class AddressMapper {
    private AddressMapper() {}

    public static Change map(Address address) throws MappingFault {
        return switch (address.getTypeCase()) {
            case WORKLOAD -> new Change.PutWorkload(workload(address.getWorkload()));
            case SERVICE -> new Change.PutService(service(address.getService()));
            case TYPE_NOT_SET ->
                    throw new MappingFault("address", "neither", "a workload or a service");
        };
    }

    static Workload workload(dev.ambit.mesh.proto.workload.Workload w) throws MappingFault {
        if (w.getUid().isEmpty()) {
            throw new MappingFault("uid", "''", "not empty");
        }
        var addresses = new ArrayList<InetAddress>();
        for (var bytes : w.getAddressesList()) {
            addresses.add(address("addresses", bytes));
        }
        var services = new HashMap<ServiceKey, Map<Integer, Integer>>();
        for (var entry : w.getServicesMap().entrySet()) {
            services.put(
                    serviceKey("services", entry.getKey()), ports(entry.getValue().getPortsList()));
        }
        return new Workload(
                w.getUid(),
                w.getName(),
                segment("namespace", w.getNamespace()),
                addresses,
                w.getHostname(),
                w.getNetwork(),
                protocol(w),
                segment("trust_domain", orElse(w.getTrustDomain(), "cluster.local")),
                segment("service_account", orElse(w.getServiceAccount(), "default")),
                gateway("waypoint", w.hasWaypoint(), w.getWaypoint()),
                gateway("network_gateway", w.hasNetworkGateway(), w.getNetworkGateway()),
                w.getNode(),
                w.getCanonicalName(),
                w.getCanonicalRevision(),
                workloadType(w),
                w.getWorkloadName(),
                w.getNativeTunnel(),
                tunnel(w),
                services,
                w.getAuthorizationPoliciesList(),
                health(w),
                orElse(w.getClusterId(), "Kubernetes"),
                new Workload.Locality(
                        w.getLocality().getRegion(),
                        w.getLocality().getZone(),
                        w.getLocality().getSubzone()),
                networkMode(w),
                w.hasCapacity() ? weight("capacity", w.getCapacity().getValue()) : 1);
    }

    private static Workload.TunnelProtocol protocol(dev.ambit.mesh.proto.workload.Workload w)
            throws MappingFault {
        return switch (w.getTunnelProtocol()) {
            case NONE -> Workload.TunnelProtocol.TCP;
            case HBONE -> Workload.TunnelProtocol.HBONE;
            case LEGACY_ISTIO_MTLS, UNRECOGNIZED ->
                    throw new MappingFault(
                            "tunnel_protocol", w.getTunnelProtocolValue(), "NONE or HBONE");
        };
    }

    private static Workload.WorkloadType workloadType(dev.ambit.mesh.proto.workload.Workload w)
            throws MappingFault {
        return switch (w.getWorkloadType()) {
            case DEPLOYMENT -> Workload.WorkloadType.DEPLOYMENT;
            case CRONJOB -> Workload.WorkloadType.CRONJOB;
            case POD -> Workload.WorkloadType.POD;
            case JOB -> Workload.WorkloadType.JOB;
            case UNRECOGNIZED ->
                    throw new MappingFault("workload_type", w.getWorkloadTypeValue(), "0 to 3");
        };
    }

    private static Workload.Health health(dev.ambit.mesh.proto.workload.Workload w)
            throws MappingFault {
        return switch (w.getStatus()) {
            case HEALTHY -> Workload.Health.HEALTHY;
            case UNHEALTHY -> Workload.Health.UNHEALTHY;
            case UNRECOGNIZED -> throw new MappingFault("status", w.getStatusValue(), "0 or 1");
        };
    }

    private static Workload.NetworkMode networkMode(dev.ambit.mesh.proto.workload.Workload w)
            throws MappingFault {
        return switch (w.getNetworkMode()) {
            case STANDARD -> Workload.NetworkMode.STANDARD;
            case HOST_NETWORK -> Workload.NetworkMode.HOST_NETWORK;
            case UNRECOGNIZED ->
                    throw new MappingFault("network_mode", w.getNetworkModeValue(), "0 or 1");
        };
    }

    private static Optional<Workload.ApplicationTunnel> tunnel(
            dev.ambit.mesh.proto.workload.Workload w) throws MappingFault {
        if (!w.hasApplicationTunnel()) {
            return Optional.empty();
        }
        var tunnel = w.getApplicationTunnel();
        var protocol =
                switch (tunnel.getProtocol()) {
                    case NONE -> Workload.ApplicationTunnel.Protocol.NONE;
                    case PROXY -> Workload.ApplicationTunnel.Protocol.PROXY;
                    case UNRECOGNIZED ->
                            throw new MappingFault(
                                    "application_tunnel.protocol",
                                    tunnel.getProtocolValue(),
                                    "NONE or PROXY");
                };
        return Optional.of(
                new Workload.ApplicationTunnel(
                        protocol, port("application_tunnel.port", tunnel.getPort())));
    }

    static Service service(dev.ambit.mesh.proto.workload.Service s) throws MappingFault {
        if (s.getHostname().isEmpty() || s.getNamespace().isEmpty()) {
            throw new MappingFault(
                    "namespace/hostname", s.getNamespace() + "/" + s.getHostname(), "both");
        }
        var vips = new ArrayList<NetworkAddress>();
        var ranges = new ArrayList<Service.CidrVip>();
        for (var vip : s.getAddressesList()) {
            var address = address("addresses", vip.getAddress());
            int bits = vip.getAddress().size() * 8;
            if (!vip.hasLength() || vip.getLength() == bits) {
                vips.add(new NetworkAddress(vip.getNetwork(), address));
            } else {
                var range = cidr("addresses", address, vip.getLength());
                ranges.add(new Service.CidrVip(vip.getNetwork(), range));
            }
        }
        var weighted = new ArrayList<Service.WeightedWaypoint>();
        for (var w : s.getWeightedWaypointsList()) {
            var destination =
                    gateway("weighted_waypoints", w.hasDestination(), w.getDestination())
                            .orElseThrow(() ->
                                    new MappingFault(
                                            "weighted_waypoints", "none", "a destination"));
            weighted.add(
                    new Service.WeightedWaypoint(
                            destination, weight("weighted_waypoints", w.getWeight())));
        }
        return new Service(
                new ServiceKey(s.getNamespace(), s.getHostname()),
                s.getName(),
                vips,
                ranges,
                ports(s.getPortsList()),
                s.getSubjectAltNamesList(),
                gateway("waypoint", s.hasWaypoint(), s.getWaypoint()),
                weighted,
                s.hasLoadBalancing()
                        ? Optional.of(loadBalancing(s.getLoadBalancing()))
                        : Optional.empty(),
                ipFamilies(s),
                s.getCanonical(),
                visibility(s));
    }

    private static Service.Visibility visibility(dev.ambit.mesh.proto.workload.Service s)
            throws MappingFault {
        return switch (s.getVisibility()) {
            case PUBLIC -> Service.Visibility.PUBLIC;
            case NAMESPACE -> Service.Visibility.NAMESPACE;
            case UNRECOGNIZED ->
                    throw new MappingFault("visibility", s.getVisibilityValue(), "0 or 1");
        };
    }

    private static Service.IpFamilies ipFamilies(dev.ambit.mesh.proto.workload.Service s)
            throws MappingFault {
        return switch (s.getIpFamilies()) {
            case AUTOMATIC -> Service.IpFamilies.AUTOMATIC;
            case IPV4_ONLY -> Service.IpFamilies.IPV4_ONLY;
            case IPV6_ONLY -> Service.IpFamilies.IPV6_ONLY;
            case DUAL -> Service.IpFamilies.DUAL;
            case UNRECOGNIZED ->
                    throw new MappingFault("ip_families", s.getIpFamiliesValue(), "0 to 3");
        };
    }

    private static LoadBalancing loadBalancing(dev.ambit.mesh.proto.workload.LoadBalancing lb)
            throws MappingFault {
        var scopes = new ArrayList<LoadBalancing.Scope>();
        for (var scope : lb.getRoutingPreferenceList()) {
            scopes.add(
                    switch (scope) {
                        case REGION -> LoadBalancing.Scope.REGION;
                        case ZONE -> LoadBalancing.Scope.ZONE;
                        case SUBZONE -> LoadBalancing.Scope.SUBZONE;
                        case NODE -> LoadBalancing.Scope.NODE;
                        case CLUSTER -> LoadBalancing.Scope.CLUSTER;
                        case NETWORK -> LoadBalancing.Scope.NETWORK;
                        case UNSPECIFIED_SCOPE, UNRECOGNIZED ->
                                throw new MappingFault(
                                        "load_balancing.routing_preference", scope, "1 to 6");
                    });
        }
        var mode =
                switch (lb.getMode()) {
                    case UNSPECIFIED_MODE -> LoadBalancing.Mode.UNSPECIFIED;
                    case STRICT -> LoadBalancing.Mode.STRICT;
                    case FAILOVER -> LoadBalancing.Mode.FAILOVER;
                    case PASSTHROUGH -> LoadBalancing.Mode.PASSTHROUGH;
                    case UNRECOGNIZED ->
                            throw new MappingFault(
                                    "load_balancing.mode", lb.getModeValue(), "0 to 3");
                };
        var health =
                switch (lb.getHealthPolicy()) {
                    case ONLY_HEALTHY -> LoadBalancing.HealthPolicy.ONLY_HEALTHY;
                    case ALLOW_ALL -> LoadBalancing.HealthPolicy.ALLOW_ALL;
                    case UNRECOGNIZED ->
                            throw new MappingFault(
                                    "load_balancing.health_policy",
                                    lb.getHealthPolicyValue(),
                                    "0 or 1");
                };
        return new LoadBalancing(scopes, mode, health);
    }

    private static Map<Integer, Integer> ports(List<Port> list) throws MappingFault {
        var ports = new HashMap<Integer, Integer>();
        for (var p : list) {
            // The first wins: a UDP port may repeat the number of a TCP port.
            ports.putIfAbsent(
                    port("service_port", p.getServicePort()),
                    port("target_port", p.getTargetPort()));
        }
        return ports;
    }

    static int port(String field, int value) throws MappingFault {
        if (value < 0 || value > 65_535) {
            throw new MappingFault(field, Integer.toUnsignedString(value), "0 to 65535");
        }
        return value;
    }

    /// A weight on the wire is unsigned; one beyond int would turn negative here.
    private static int weight(String field, int value) throws MappingFault {
        if (value < 0) {
            throw new MappingFault(field, Integer.toUnsignedString(value), "0 to 2147483647");
        }
        return value;
    }

    /// A part of the workload's identity; another one would fail only when it is first used.
    private static String segment(String field, String value) throws MappingFault {
        if (value.isEmpty() || value.indexOf('/') >= 0) {
            throw new MappingFault(field, "'" + value + "'", "not empty, without '/'");
        }
        return value;
    }

    private static Optional<GatewayAddress> gateway(
            String field, boolean present, dev.ambit.mesh.proto.workload.GatewayAddress g)
            throws MappingFault {
        if (!present) {
            return Optional.empty();
        }
        GatewayAddress.Destination destination =
                switch (g.getDestinationCase()) {
                    case HOSTNAME ->
                            new GatewayAddress.Destination.ByHostname(
                                    new ServiceKey(
                                            g.getHostname().getNamespace(),
                                            g.getHostname().getHostname()));
                    case ADDRESS ->
                            new GatewayAddress.Destination.ByAddress(
                                    new NetworkAddress(
                                            g.getAddress().getNetwork(),
                                            address(field, g.getAddress().getAddress())));
                    case DESTINATION_NOT_SET ->
                            throw new MappingFault(field, "empty", "a hostname or an address");
                };
        return Optional.of(
                new GatewayAddress(
                        destination, port(field + ".hbone_mtls_port", g.getHboneMtlsPort())));
    }

    private static ServiceKey serviceKey(String field, String name) throws MappingFault {
        int slash = name.indexOf('/');
        if (slash <= 0 || slash == name.length() - 1) {
            throw new MappingFault(field, "'" + name + "'", "namespace/hostname");
        }
        return new ServiceKey(name.substring(0, slash), name.substring(slash + 1));
    }

    static InetAddress address(String field, ByteString bytes) throws MappingFault {
        if (bytes.size() != 4 && bytes.size() != 16) {
            throw new MappingFault(field, bytes.size() + " bytes", "4 or 16 bytes");
        }
        try {
            return InetAddress.getByAddress(bytes.toByteArray());
        } catch (UnknownHostException impossible) {
            throw new AssertionError("4 or 16 bytes", impossible);
        }
    }

    static Cidr cidr(String field, InetAddress address, int length) throws MappingFault {
        try {
            return new Cidr(address, length);
        } catch (IllegalArgumentException outOfRange) {
            throw new MappingFault(field, "prefix length " + length, "0 to the address's bits");
        }
    }

    private static String orElse(String value, String fallback) {
        return value.isEmpty() ? fallback : value;
    }
}
