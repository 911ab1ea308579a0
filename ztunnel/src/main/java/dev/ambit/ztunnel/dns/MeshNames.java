package dev.ambit.ztunnel.dns;

import dev.ambit.mesh.MeshView;
import dev.ambit.mesh.model.Service;
import dev.ambit.mesh.model.Service.IpFamilies;
import dev.ambit.mesh.model.Workload;
import dev.ambit.ztunnel.dns.DnsRouter.Client;
import dev.ambit.ztunnel.dns.KubeNames.Candidate;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.Name;

/// What the mesh knows by name, and the names of what it knows. Pure.
final class MeshNames {
    private final MeshView mesh;
    private final KubeNames names;
    private final DnsSettings settings;

    MeshNames(MeshView mesh, KubeNames names, DnsSettings settings) {
        this.mesh = mesh;
        this.names = names;
        this.settings = settings;
    }

    /// What a name was found to be.
    sealed interface Match {
        /// The one that led here.
        Candidate candidate();

        /// Whether the service's name begins with `*`.
        boolean wildcard();

        /// @param name of the service, or the wildcard that fitted
        record OfService(Service service, Name name, Candidate candidate, boolean wildcard)
                implements Match {}

        record OfPods(List<Workload> pods, Candidate candidate) implements Match {
            public OfPods {
                pods = List.copyOf(pods);
            }

            @Override
            public boolean wildcard() {
                return false;
            }
        }
    }

    /// The first of the names that it may stand for which the client can see; each as it is before
    /// its wildcards.
    Optional<Match> find(Name requested, Client client) {
        for (var candidate : names.candidates(requested, client.namespace(), client.search())) {
            var exact = service(candidate.name(), client);
            if (exact != null) {
                return Optional.of(new Match.OfService(exact, candidate.name(), candidate, false));
            }
            var pods = pods(candidate.name(), client);
            if (!pods.isEmpty()) {
                return Optional.of(new Match.OfPods(pods, candidate));
            }
            for (var wildcard : KubeNames.wildcards(candidate.name())) {
                var wide = service(wildcard, client);
                if (wide != null) {
                    return Optional.of(new Match.OfService(wide, wildcard, candidate, true));
                }
            }
        }
        return Optional.empty();
    }

    /// Of those with this hostname: the client's own namespace, then the canonical one, then the
    /// preferred namespace, then the first by key.
    private @Nullable Service service(Name hostname, Client client) {
        Service best = null;
        int bestRank = -1;
        for (var service : mesh.servicesByHost(KubeNames.hostname(hostname))) {
            int rank = rank(service, client.namespace());
            if (answerable(service, hostname, client) && rank > bestRank) {
                best = service;
                bestRank = rank;
            }
        }
        return best;
    }

    private int rank(Service service, String clientNamespace) {
        var namespace = service.key().namespace();
        if (namespace.equals(clientNamespace)) {
            return 3;
        }
        if (service.canonical()) {
            return 2;
        }
        return settings.preferredNamespace().filter(namespace::equals).isPresent() ? 1 : 0;
    }

    /// Services without an address are somebody else's to answer, unless they are headless ones of
    /// Kubernetes; and what a client may not see is not there.
    private boolean answerable(Service service, Name hostname, Client client) {
        boolean visible =
                service.visibility() == Service.Visibility.PUBLIC
                        || service.key().namespace().equals(client.namespace());
        return visible && (!service.vips().isEmpty() || names.isKubernetes(hostname));
    }

    /// Pods of this hostname, or of the form `pod.service` where the service is headless. The
    /// control plane tells no pod's `hostname` and `subdomain`; a StatefulSet's pods have their
    /// name as hostname, and for the rest the name does no harm. The form that Kubernetes gives to
    /// pods without a hostname, `10-0-0-1.service`, is understood too.
    private List<Workload> pods(Name name, Client client) {
        var named =
                mesh.workloadsByHost(KubeNames.hostname(name)).stream()
                        .filter(workload -> !workload.addresses().isEmpty())
                        .toList();
        if (!named.isEmpty() || KubeNames.labels(name) < 2) {
            return named;
        }
        var parent = new Name(name, 1);
        if (!names.isKubernetes(parent)) {
            return List.of();
        }
        var service = service(parent, client);
        if (service == null || !service.vips().isEmpty()) {
            return List.of();
        }
        var label = name.getLabelString(0).toLowerCase(Locale.ROOT);
        return mesh.endpoints(service.key()).stream()
                .map(endpoint -> endpoint.workload())
                .filter(workload -> isCalled(workload, label))
                .toList();
    }

    private static boolean isCalled(Workload workload, String label) {
        return workload.name().equals(label)
                || workload.addresses().stream().anyMatch(ip -> dashed(ip).equals(label));
    }

    private static String dashed(InetAddress address) {
        var text = address.getHostAddress();
        return (address instanceof Inet4Address ? text.replace('.', '-') : text.replace(':', '-'))
                .toLowerCase(Locale.ROOT);
    }

    /// Whether records of this family may be given at all.
    boolean allows(Match match, boolean ipv6) {
        if (ipv6 && !settings.ipv6()) {
            return false;
        }
        return switch (match) {
            case Match.OfPods _ -> true;
            case Match.OfService(var service, _, _, _) ->
                    service.ipFamilies() != (ipv6 ? IpFamilies.IPV4_ONLY : IpFamilies.IPV6_ONLY);
        };
    }

    /// Addresses of a service on the client's network; of a headless one the first of each
    /// endpoint, on whatever network.
    List<InetAddress> addresses(Match match, String network, boolean ipv6) {
        return switch (match) {
            case Match.OfPods(var pods, _) ->
                    pods.stream().flatMap(pod -> first(pod, ipv6).stream()).distinct().toList();
            case Match.OfService(var service, _, _, _) -> addresses(service, network, ipv6);
        };
    }

    private List<InetAddress> addresses(Service service, String network, boolean ipv6) {
        if (service.vips().isEmpty()) {
            return mesh.endpoints(service.key()).stream()
                    .flatMap(endpoint -> first(endpoint.workload(), ipv6).stream())
                    .distinct()
                    .toList();
        }
        return service.vips().stream()
                .filter(vip -> vip.network().equals(network))
                .map(vip -> vip.address())
                .filter(address -> (address instanceof Inet6Address) == ipv6)
                .toList();
    }

    static Optional<InetAddress> first(Workload workload, boolean ipv6) {
        return workload.addresses().stream()
                .filter(address -> (address instanceof Inet6Address) == ipv6)
                .findFirst();
    }

    /// For reverse lookups; a wildcard is nobody's name.
    Optional<Name> nameOf(Service service) {
        var hostname = service.key().hostname();
        return hostname.startsWith("*") ? Optional.empty() : KubeNames.absolute(hostname);
    }

    /// A workload's own hostname, or its name below the first headless service that it is behind.
    Optional<Name> nameOf(Workload workload) {
        if (!workload.hostname().isEmpty()) {
            return KubeNames.absolute(workload.hostname());
        }
        return workload.services().keySet().stream()
                .sorted(java.util.Comparator.comparing(Object::toString))
                .flatMap(key -> mesh.service(key).stream())
                .filter(this::isHeadless)
                .flatMap(service -> podName(service, workload).stream())
                .findFirst();
    }

    private boolean isHeadless(Service service) {
        return service.vips().isEmpty()
                && KubeNames.absolute(service.key().hostname())
                        .filter(names::isKubernetes)
                        .isPresent();
    }

    /// By which a pod of a headless service is found again.
    Optional<Name> podName(Service service, Workload workload) {
        var parent = KubeNames.absolute(service.key().hostname());
        if (!workload.hostname().isEmpty()) {
            var own = KubeNames.absolute(workload.hostname());
            if (own.isPresent() && parent.isPresent() && own.get().subdomain(parent.get())) {
                return own;
            }
        }
        // A name with dots is more than one label, under which it would not be found.
        return Stream.of(workload.name())
                .filter(name -> !name.isEmpty() && !name.contains("."))
                .flatMap(name -> KubeNames.absolute(name).stream())
                .flatMap(name -> parent.flatMap(p -> KubeNames.append(name, p)).stream())
                .findFirst();
    }
}
