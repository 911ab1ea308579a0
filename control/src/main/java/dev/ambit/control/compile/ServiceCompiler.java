package dev.ambit.control.compile;

import com.google.protobuf.ByteString;
import dev.ambit.control.compile.MeshModel.CompiledService;
import dev.ambit.control.compile.MeshModel.PortNames;
import dev.ambit.control.resource.Addresses;
import dev.ambit.control.resource.Meta;
import dev.ambit.control.resource.Names;
import dev.ambit.control.resource.ResourceSet;
import dev.ambit.control.resource.Service;
import dev.ambit.control.resource.ServiceEntry;
import dev.ambit.mesh.model.Cidr;
import dev.ambit.mesh.proto.workload.IPFamilies;
import dev.ambit.mesh.proto.workload.LoadBalancing;
import dev.ambit.mesh.proto.workload.NetworkAddress;
import dev.ambit.mesh.proto.workload.Port;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Services and the hosts of ServiceEntries.
final class ServiceCompiler {
    private static final String DOMAIN_SUFFIX = ".svc.cluster.local";
    private static final List<LoadBalancing.Scope> SAME_ZONE =
            List.of(
                    LoadBalancing.Scope.NETWORK,
                    LoadBalancing.Scope.REGION,
                    LoadBalancing.Scope.ZONE);
    private static final List<LoadBalancing.Scope> SAME_NODE =
            List.of(
                    LoadBalancing.Scope.NETWORK,
                    LoadBalancing.Scope.REGION,
                    LoadBalancing.Scope.ZONE,
                    LoadBalancing.Scope.SUBZONE,
                    LoadBalancing.Scope.NODE);

    private final Surroundings surroundings;
    private final Waypoints waypoints;

    ServiceCompiler(Surroundings surroundings, Waypoints waypoints) {
        this.surroundings = surroundings;
        this.waypoints = waypoints;
    }

    List<CompiledService> compile(ResourceSet input) {
        var services = new ArrayList<CompiledService>();
        for (var service : input.all(Service.class)) {
            // An ExternalName is an alias in DNS and nothing that could be dialled.
            if (service.type() != Service.Type.EXTERNAL_NAME) {
                services.add(service(service));
            }
        }
        for (var entry : input.all(ServiceEntry.class)) {
            entry.hosts().forEach(host -> services.add(host(entry, host)));
        }
        return withCanonical(services);
    }

    /// A hostname may be defined in several namespaces; lookups by name alone take the first one:
    /// Kubernetes' own service, else the oldest entry. Duplicates of one key keep the first.
    private static List<CompiledService> withCanonical(List<CompiledService> services) {
        var canonical = new HashMap<String, CompiledService>();
        var kept = new HashMap<String, CompiledService>();
        var result = new ArrayList<CompiledService>();
        for (var service : services) {
            if (kept.putIfAbsent(service.key().toString(), service) != null) {
                continue;
            }
            boolean first = canonical.putIfAbsent(service.wire().getHostname(), service) == null;
            result.add(
                    new CompiledService(
                            service.wire().toBuilder().setCanonical(first).build(),
                            service.selector(),
                            service.names(),
                            service.entry()));
        }
        return result;
    }

    private CompiledService service(Service service) {
        var meta = service.meta();
        var wire =
                builder(meta)
                        .setHostname(meta.name() + "." + meta.namespace() + DOMAIN_SUFFIX)
                        .setIpFamilies(families(service.ipFamilies()));
        for (var ip : service.clusterIps()) {
            Surroundings.bytes(ip).ifPresent(b -> wire.addAddresses(vip(b)));
        }
        var names = new ArrayList<PortNames>();
        for (var port : service.ports()) {
            wire.addPorts(
                    Port.newBuilder()
                            .setServicePort(port.port())
                            .setTargetPort(port.targetPort())
                            .setAppProtocol(
                                    PortProtocols.ofService(
                                            port.protocol(),
                                            port.appProtocol(),
                                            port.name(),
                                            port.port())));
            names.add(new PortNames(port.name(), port.targetName()));
        }
        loadBalancing(service).ifPresent(wire::setLoadBalancing);
        return new CompiledService(wire.build(), service.selector(), names, false);
    }

    private CompiledService host(ServiceEntry entry, String host) {
        var wire =
                builder(entry.meta())
                        .setHostname(host)
                        .addAllSubjectAltNames(entry.subjectAltNames())
                        .addAllAddresses(addresses(entry, host));
        var names = new ArrayList<PortNames>();
        for (var port : entry.ports()) {
            wire.addPorts(
                    Port.newBuilder()
                            .setServicePort(port.number())
                            .setTargetPort(
                                    port.targetPort() == 0 ? port.number() : port.targetPort())
                            .setAppProtocol(PortProtocols.named(port.protocol())));
            names.add(new PortNames(port.name(), ""));
        }
        if (entry.resolution() == ServiceEntry.Resolution.NONE) {
            wire.setLoadBalancing(
                    LoadBalancing.newBuilder()
                            .setMode(LoadBalancing.Mode.PASSTHROUGH)
                            .setHealthPolicy(LoadBalancing.HealthPolicy.ALLOW_ALL));
        } else {
            preference(entry.meta(), "").ifPresent(p -> wire.setLoadBalancing(failover(p)));
        }
        return new CompiledService(
                wire.build(), entry.workloadSelector().orElse(Map.of()), names, true);
    }

    private dev.ambit.mesh.proto.workload.Service.Builder builder(Meta meta) {
        var builder =
                dev.ambit.mesh.proto.workload.Service.newBuilder()
                        .setName(meta.name())
                        .setNamespace(meta.namespace());
        waypoints
                .forService(meta)
                .ifPresent(choice -> {
                    builder.setWaypoint(choice.waypoint());
                    builder.addAllWeightedWaypoints(choice.weighted());
                    builder.setIngressUseWaypoint(waypoints.ingressUses(meta));
                });
        return builder;
    }

    private List<NetworkAddress> addresses(ServiceEntry entry, String host) {
        var list = new ArrayList<NetworkAddress>();
        for (var text : entry.addresses()) {
            Addresses.range(text).ifPresent(range -> list.add(range(range)));
        }
        if (list.isEmpty()) {
            for (var allocated : entry.statusAddresses()) {
                if (allocated.host().isEmpty() || allocated.host().equals(host)) {
                    Surroundings.bytes(allocated.value()).ifPresent(b -> list.add(vip(b)));
                }
            }
        }
        return list;
    }

    private NetworkAddress vip(ByteString address) {
        return NetworkAddress.newBuilder()
                .setNetwork(surroundings.network(Map.of()))
                .setAddress(address)
                .build();
    }

    private NetworkAddress range(Cidr range) {
        var address = ByteString.copyFrom(range.address().getAddress());
        var single = vip(address);
        return range.prefixLength() == address.size() * 8
                ? single
                : single.toBuilder().setLength(range.prefixLength()).build();
    }

    private static IPFamilies families(List<String> families) {
        boolean v4 = families.contains("IPv4");
        boolean v6 = families.contains("IPv6");
        if (v4 && v6) {
            return IPFamilies.DUAL;
        }
        return v4 ? IPFamilies.IPV4_ONLY : v6 ? IPFamilies.IPV6_ONLY : IPFamilies.AUTOMATIC;
    }

    private Optional<LoadBalancing> loadBalancing(Service service) {
        LoadBalancing.Builder builder = null;
        var preference = preference(service.meta(), service.trafficDistribution());
        if (preference.isPresent()) {
            builder = failover(preference.get());
        }
        if (service.localOnly()) {
            builder =
                    LoadBalancing.newBuilder()
                            .setMode(LoadBalancing.Mode.STRICT)
                            .addRoutingPreference(LoadBalancing.Scope.NODE);
        }
        if (service.publishNotReady()) {
            builder = builder == null ? LoadBalancing.newBuilder() : builder;
            builder.setHealthPolicy(LoadBalancing.HealthPolicy.ALLOW_ALL);
        }
        return builder == null ? Optional.empty() : Optional.of(builder.build());
    }

    /// The field of the spec wins when its value is known, then the annotation of the service, then
    /// that of its namespace.
    private Optional<List<LoadBalancing.Scope>> preference(Meta meta, String spec) {
        var known = preference(spec);
        if (known.isPresent()) {
            return known;
        }
        var own = meta.annotation(Names.TRAFFIC_DISTRIBUTION);
        if (!own.isEmpty()) {
            return preference(own);
        }
        return preference(
                surroundings.namespaceAnnotation(meta.namespace(), Names.TRAFFIC_DISTRIBUTION));
    }

    private static Optional<List<LoadBalancing.Scope>> preference(String value) {
        return switch (value) {
            case "PreferClose", "PreferSameZone" -> Optional.of(SAME_ZONE);
            case "PreferSameNode" -> Optional.of(SAME_NODE);
            default -> Optional.empty();
        };
    }

    private static LoadBalancing.Builder failover(List<LoadBalancing.Scope> preference) {
        return LoadBalancing.newBuilder()
                .setMode(LoadBalancing.Mode.FAILOVER)
                .addAllRoutingPreference(preference);
    }
}
