package dev.ambit.ztunnel.inbound;

import dev.ambit.identity.SpiffeId;
import dev.ambit.mesh.MeshView;
import dev.ambit.mesh.model.Service;
import dev.ambit.mesh.model.ServiceKey;
import dev.ambit.mesh.model.Workload;
import dev.ambit.mesh.policy.ConnectionFacts;
import dev.ambit.ztunnel.inbound.InboundDecision.Deliver;
import dev.ambit.ztunnel.inbound.InboundDecision.Rejected;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Where a request that reached one of this node's pods goes. Pure.
///
/// The target's address is always the one that the tunnel was accepted on, never one that a peer
/// named: a peer can reach the pod that it connected to and nothing behind it.
public final class InboundRouter {
    private final MeshView mesh;
    private final Set<Integer> ownPorts;

    /// @param ownPorts this proxy's listeners in the pod, never a target
    public InboundRouter(MeshView mesh, Set<Integer> ownPorts) {
        this.mesh = mesh;
        this.ownPorts = Set.copyOf(ownPorts);
    }

    /// A CONNECT on 15008.
    ///
    /// @param peer proven by the handshake
    /// @param accepted the address on which the tunnel was accepted
    /// @param forwardedHost the service that the client says it addressed; for telemetry
    public InboundDecision tunnelled(
            Arrival arrival,
            Workload local,
            SpiffeId peer,
            RequestedTarget asked,
            Optional<String> forwardedHost) {
        var own = arrival.accepted().getAddress();
        return switch (asked) {
            case RequestedTarget.ByAddress(var address) -> {
                if (!address.getAddress().equals(own)) {
                    yield new Rejected(new Rejection.IpMismatch(own, address.getAddress()));
                }
                yield deliver(arrival, local, Optional.of(peer), address.getPort(), forwardedHost);
            }
            case RequestedTarget.ByHostname(var hostname, var port) -> {
                var service = byHostname(local, hostname);
                if (service.isEmpty()) {
                    yield new Rejected(new Rejection.UnknownHostname(hostname, port));
                }
                int target = targetPort(local, service.get(), port);
                if (target == 0) {
                    yield new Rejected(new Rejection.UnresolvedPort(hostname, port));
                }
                yield deliver(arrival, local, Optional.of(peer), target, Optional.of(hostname));
            }
        };
    }

    /// A plain connection, redirected to 15006; `arrival.accepted()` is its original destination.
    public InboundDecision plaintext(Arrival arrival, Workload local) {
        int port = arrival.accepted().getPort();
        return deliver(arrival, local, Optional.empty(), port, Optional.empty());
    }

    private InboundDecision deliver(
            Arrival arrival,
            Workload local,
            Optional<SpiffeId> peer,
            int port,
            Optional<String> host) {
        var own = arrival.accepted().getAddress();
        var target = new InetSocketAddress(own, port);
        if (ownPorts.contains(port)) {
            return new Rejected(new Rejection.SelfCall(target));
        }
        var facts = new ConnectionFacts(peer, arrival.client().getAddress(), own, port);
        return new Deliver(target, facts, reported(local, port, host));
    }

    private Optional<Service> byHostname(Workload local, String hostname) {
        return local.services().keySet().stream()
                .filter(key -> key.hostname().equals(hostname))
                .map(mesh::service)
                .flatMap(Optional::stream)
                .filter(service -> visible(service, local))
                .min(
                        Comparator.comparing((Service s) ->
                                        !s.key().namespace().equals(local.namespace()))
                                .thenComparing(s -> !s.canonical())
                                .thenComparing(s -> s.key().toString()));
    }

    private static boolean visible(Service service, Workload local) {
        return service.visibility() == Service.Visibility.PUBLIC
                || service.key().namespace().equals(local.namespace());
    }

    private static int targetPort(Workload local, Service service, int port) {
        int own = portMap(local, service.key()).getOrDefault(port, 0);
        return own != 0 ? own : service.ports().getOrDefault(port, 0);
    }

    /// The service that was named, if the pod is behind it; else the first, by name, with that
    /// port.
    private Optional<Service> reported(Workload local, int port, Optional<String> host) {
        if (local.services().isEmpty()) {
            return Optional.empty();
        }
        if (host.isPresent()) {
            var named = byHostname(local, host.get());
            if (named.isPresent()) {
                return named;
            }
        }
        ServiceKey first = null;
        for (var entry : local.services().entrySet()) {
            if (entry.getValue().containsValue(port)
                    && (first == null
                            || entry.getKey().toString().compareTo(first.toString()) < 0)) {
                first = entry.getKey();
            }
        }
        return first == null ? Optional.empty() : mesh.service(first);
    }

    private static Map<Integer, Integer> portMap(Workload local, ServiceKey service) {
        return local.services().getOrDefault(service, Map.of());
    }

    /// Two addresses that the kernel vouches for.
    ///
    /// @param client the TCP peer: for a tunnel, the client's pod
    /// @param accepted the address that was connected to
    public record Arrival(InetSocketAddress client, InetSocketAddress accepted) {
        public Arrival {
            requireResolved(client.getAddress());
            requireResolved(accepted.getAddress());
        }

        private static void requireResolved(InetAddress address) {
            java.util.Objects.requireNonNull(address, "unresolved address from a socket");
        }
    }
}
