package dev.ambit.control.l7.registry;

import dev.ambit.control.compile.MeshModel;
import dev.ambit.control.compile.MeshModel.CompiledService;
import dev.ambit.control.compile.TrafficDistribution;
import dev.ambit.control.l7.registry.MeshService.Resolution;
import dev.ambit.control.l7.registry.MeshService.Source;
import dev.ambit.control.resource.Addresses;
import dev.ambit.control.resource.Meta;
import dev.ambit.control.resource.Namespace;
import dev.ambit.control.resource.Resource;
import dev.ambit.control.resource.ResourceSet;
import dev.ambit.control.resource.Service;
import dev.ambit.control.resource.ServiceEntry;
import dev.ambit.mesh.model.Cidr;
import dev.ambit.mesh.model.ServiceKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/// Services as they are written, oldest first, one per namespace and hostname.
final class MeshServices {
    private static final String DOMAIN_SUFFIX = ".svc.cluster.local";
    private static final String EXPORT_TO = "networking.istio.io/exportTo";

    private final Map<ServiceKey, CompiledService> compiled = new HashMap<>();
    private final Map<String, Map<String, String>> annotations = new HashMap<>();
    private final List<Candidate> candidates = new ArrayList<>();

    private MeshServices(MeshModel mesh) {
        mesh.services().forEach(s -> compiled.put(s.key(), s));
    }

    static List<MeshService> of(ResourceSet input, MeshModel mesh) {
        var services = new MeshServices(mesh);
        services.cluster(input.resources(), false);
        for (var cluster : input.remotes().entrySet()) {
            if (!cluster.getKey().equals(mesh.cluster())) {
                services.cluster(cluster.getValue(), true);
            }
        }
        return services.ordered();
    }

    /// @param position of its resource: what decides where nothing else does
    private record Candidate(MeshService service, int position) {}

    /// Oldest first, then by name and namespace; those without creation time come last, as they
    /// were written.
    private static final Comparator<Candidate> OLDEST =
            Comparator.comparing((Candidate c) -> c.service().created().orElse(Instant.MAX))
                    .thenComparingInt(c -> c.service().created().isPresent() ? 0 : c.position())
                    .thenComparing(c -> c.service().name())
                    .thenComparing(c -> c.service().namespace());

    private void cluster(List<Resource> resources, boolean remote) {
        annotations.clear();
        for (var resource : resources) {
            if (resource instanceof Namespace namespace) {
                annotations.put(namespace.meta().name(), namespace.meta().annotations());
            }
        }
        for (var resource : resources) {
            if (resource instanceof Service service
                    && service.type() != Service.Type.EXTERNAL_NAME) {
                var made = service(service);
                // What another cluster has counts as far as it is offered to this one.
                if (!remote || made.global()) {
                    candidates.add(new Candidate(made, candidates.size()));
                }
            } else if (!remote && resource instanceof ServiceEntry entry) {
                int position = candidates.size();
                for (var host : entry.hosts()) {
                    candidates.add(new Candidate(host(entry, host), position));
                }
            }
        }
    }

    /// Of one key the oldest counts, but one of Kubernetes before any other: nobody else can take
    /// its name.
    private List<MeshService> ordered() {
        candidates.sort(OLDEST);
        var byKey = new LinkedHashMap<ServiceKey, Candidate>();
        for (var candidate : candidates) {
            byKey.merge(
                    candidate.service().key(),
                    candidate,
                    (held, next) ->
                            held.service().source() == Source.SERVICE_ENTRY
                                            && next.service().source() == Source.KUBERNETES
                                    ? next
                                    : held);
        }
        return byKey.values().stream().sorted(OLDEST).map(Candidate::service).toList();
    }

    private MeshService service(Service service) {
        var meta = service.meta();
        var key =
                new ServiceKey(
                        meta.namespace(), meta.name() + "." + meta.namespace() + DOMAIN_SUFFIX);
        var ports =
                service.ports().stream()
                        .map(p ->
                                new ServicePort(
                                        p.port(),
                                        p.name(),
                                        Protocol.ofService(
                                                p.protocol(), p.appProtocol(), p.name(), p.port()),
                                        p.targetPort(),
                                        p.targetName()))
                        .toList();
        return new MeshService(
                key,
                meta.name(),
                meta.name(),
                meta.origin(),
                Source.KUBERNETES,
                // Who wants a load balancer does not ask for a headless service.
                service.headless() ? Resolution.PASSTHROUGH : Resolution.STATIC,
                false,
                service.clusterIps(),
                ports,
                meta.labels(),
                meta.annotations(),
                service.selector(),
                meta.created(),
                exportTo(List.of(meta.annotation(EXPORT_TO).split(",")), meta),
                List.of(),
                distribution(meta, service.trafficDistribution()),
                service.localOnly(),
                service.publishNotReady(),
                service.headless(),
                global(key));
    }

    private MeshService host(ServiceEntry entry, String host) {
        var meta = entry.meta();
        var key = new ServiceKey(meta.namespace(), host);
        var ports =
                entry.ports().stream()
                        .map(p ->
                                new ServicePort(
                                        p.number(),
                                        p.name(),
                                        Protocol.named(p.protocol()),
                                        p.targetPort() == 0 ? p.number() : p.targetPort(),
                                        ""))
                        .toList();
        return new MeshService(
                key,
                host,
                meta.name(),
                meta.origin(),
                Source.SERVICE_ENTRY,
                resolution(entry),
                !entry.internal(),
                entry.addressesOf(host).stream().map(MeshServices::shortest).toList(),
                ports,
                meta.labels(),
                meta.annotations(),
                entry.workloadSelector().orElse(Map.of()),
                meta.created(),
                exportTo(entry.exportTo(), meta),
                entry.subjectAltNames(),
                distribution(meta, ""),
                false,
                false,
                false,
                global(key));
    }

    private boolean global(ServiceKey key) {
        var known = compiled.get(key);
        return known != null && known.global();
    }

    private TrafficDistribution distribution(Meta meta, String spec) {
        return TrafficDistribution.of(
                meta, spec, annotations.getOrDefault(meta.namespace(), Map.of()));
    }

    private static Resolution resolution(ServiceEntry entry) {
        return switch (entry.resolution()) {
            case NONE -> Resolution.PASSTHROUGH;
            case STATIC -> Resolution.STATIC;
            case DNS -> Resolution.DNS;
            case DNS_ROUND_ROBIN -> Resolution.DNS_ROUND_ROBIN;
            case DYNAMIC_DNS -> Resolution.DYNAMIC_DNS;
        };
    }

    private static Set<String> exportTo(List<String> written, Meta meta) {
        var namespaces = new TreeSet<String>();
        for (var text : written) {
            var name = text.strip();
            if (!name.isEmpty()) {
                namespaces.add(name.equals(".") ? meta.namespace() : name);
            }
        }
        return namespaces;
    }

    /// A block of one address is that address.
    private static String shortest(String address) {
        int slash = address.indexOf('/');
        boolean single =
                Addresses.range(address).filter(r -> r.prefixLength() == bits(r)).isPresent();
        return slash >= 0 && single ? address.substring(0, slash) : address;
    }

    private static int bits(Cidr range) {
        return range.address().getAddress().length * Byte.SIZE;
    }
}
