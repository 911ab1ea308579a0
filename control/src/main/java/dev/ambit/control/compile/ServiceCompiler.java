package dev.ambit.control.compile;

import com.google.protobuf.ByteString;
import dev.ambit.control.compile.MeshModel.CompiledService;
import dev.ambit.control.compile.MeshModel.PortNames;
import dev.ambit.control.resource.Addresses;
import dev.ambit.control.resource.MeshConfig.Visibility;
import dev.ambit.control.resource.Meta;
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
import java.util.HashSet;
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
            // Services of other clusters count as far as they are offered to them. An ExternalName
            // is an alias in DNS and nothing that could be dialled.
            boolean offered = surroundings.local() || surroundings.global(service.meta());
            if (offered && service.type() != Service.Type.EXTERNAL_NAME) {
                services.add(service(service));
            }
        }
        for (var entry : input.all(ServiceEntry.class)) {
            if (visibility(entry) != Visibility.NONE) {
                entry.hosts().forEach(host -> services.add(host(entry, host)));
            }
        }
        return withCanonical(services);
    }

    private Visibility visibility(ServiceEntry entry) {
        return surroundings.entryVisibility(entry.meta().namespace());
    }

    /// A hostname may be defined in several namespaces; lookups by name alone take the first one:
    /// Kubernetes' own service, else the oldest entry that all may use. Duplicates of one key keep
    /// the first.
    private static List<CompiledService> withCanonical(List<CompiledService> services) {
        var canonical = new HashSet<String>();
        var kept = new HashSet<String>();
        var result = new ArrayList<CompiledService>();
        for (var service : services) {
            var wire = service.wire();
            if (!kept.add(service.key().toString())) {
                continue;
            }
            boolean first =
                    wire.getVisibility() == dev.ambit.mesh.proto.workload.Service.Visibility.PUBLIC
                            && canonical.add(wire.getHostname());
            result.add(service.with(wire.toBuilder().setCanonical(first).build()));
        }
        return result;
    }

    private CompiledService service(Service service) {
        var meta = service.meta();
        var choice = waypoints.forService(meta);
        var wire =
                builder(meta, choice)
                        .setHostname(meta.name() + "." + meta.namespace() + DOMAIN_SUFFIX)
                        .setIpFamilies(families(service.ipFamilies()));
        for (var ip : service.clusterIps()) {
            Surroundings.bytes(ip).ifPresent(b -> wire.addAddresses(vip(b)));
        }
        // By number, as istiod: of two ports that share one (TCP and UDP) the last names both.
        var names = new HashMap<Integer, PortNames>();
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
            names.put(port.port(), new PortNames(port.name(), port.targetName()));
        }
        loadBalancing(service).ifPresent(wire::setLoadBalancing);
        return new CompiledService(
                wire.build(),
                service.selector(),
                names,
                choice.map(Waypoints.Choice::name),
                choice.flatMap(Waypoints.Choice::canary),
                false,
                surroundings.global(meta));
    }

    private CompiledService host(ServiceEntry entry, String host) {
        var choice = waypoints.forEntry(entry.meta());
        var wire =
                builder(entry.meta(), choice)
                        .setHostname(host)
                        .setVisibility(
                                visibility(entry) == Visibility.NAMESPACE
                                        ? dev.ambit.mesh.proto.workload.Service.Visibility.NAMESPACE
                                        : dev.ambit.mesh.proto.workload.Service.Visibility.PUBLIC)
                        .addAllSubjectAltNames(entry.subjectAltNames())
                        .addAllAddresses(addresses(entry, host));
        var names = new HashMap<Integer, PortNames>();
        for (var port : entry.ports()) {
            wire.addPorts(
                    Port.newBuilder()
                            .setServicePort(port.number())
                            .setTargetPort(
                                    port.targetPort() == 0 ? port.number() : port.targetPort())
                            .setAppProtocol(PortProtocols.named(port.protocol())));
            names.put(port.number(), new PortNames(port.name(), ""));
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
                wire.build(),
                entry.workloadSelector().orElse(Map.of()),
                names,
                choice.map(Waypoints.Choice::name),
                choice.flatMap(Waypoints.Choice::canary),
                true,
                false);
    }

    private dev.ambit.mesh.proto.workload.Service.Builder builder(
            Meta meta, Optional<Waypoints.Choice> choice) {
        var builder =
                dev.ambit.mesh.proto.workload.Service.newBuilder()
                        .setName(meta.name())
                        .setNamespace(meta.namespace());
        choice.ifPresent(c -> {
            c.waypoint().ifPresent(builder::setWaypoint);
            builder.addAllWeightedWaypoints(c.weighted());
            builder.setIngressUseWaypoint(waypoints.ingressUses(meta));
        });
        return builder;
    }

    private List<NetworkAddress> addresses(ServiceEntry entry, String host) {
        return entry.addressesOf(host).stream()
                .flatMap(text -> Addresses.range(text).stream())
                .map(this::range)
                .toList();
    }

    private NetworkAddress vip(ByteString address) {
        return NetworkAddress.newBuilder()
                .setNetwork(surroundings.network())
                .setAddress(address)
                .build();
    }

    /// Bits beyond the prefix are zero on the wire.
    private NetworkAddress range(Cidr range) {
        var bytes = range.address().getAddress();
        for (int bit = range.prefixLength(); bit < bytes.length * 8; bit++) {
            bytes[bit / 8] &= (byte) ~(0x80 >> (bit % 8));
        }
        var single = vip(ByteString.copyFrom(bytes));
        return range.prefixLength() == bytes.length * 8
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

    private Optional<List<LoadBalancing.Scope>> preference(Meta meta, String spec) {
        var inherited =
                surroundings.namespace(meta.namespace()).map(Meta::annotations).orElse(Map.of());
        return switch (TrafficDistribution.of(meta, spec, inherited)) {
            case ANY -> Optional.empty();
            case PREFER_SAME_ZONE -> Optional.of(SAME_ZONE);
            case PREFER_SAME_NODE -> Optional.of(SAME_NODE);
        };
    }

    private static LoadBalancing.Builder failover(List<LoadBalancing.Scope> preference) {
        return LoadBalancing.newBuilder()
                .setMode(LoadBalancing.Mode.FAILOVER)
                .addAllRoutingPreference(preference);
    }
}
