package dev.ambit.ztunnel.inbound;

import dev.ambit.hbone.wire.ProxyProtocolV2;
import dev.ambit.identity.SpiffeId;
import dev.ambit.mesh.MeshView;
import dev.ambit.mesh.MeshView.Target;
import dev.ambit.mesh.Waypoints;
import dev.ambit.mesh.model.GatewayAddress;
import dev.ambit.mesh.model.NetworkAddress;
import dev.ambit.mesh.model.Service;
import dev.ambit.mesh.model.ServiceKey;
import dev.ambit.mesh.model.Workload;
import dev.ambit.mesh.model.Workload.ApplicationTunnel;
import dev.ambit.mesh.policy.ConnectionFacts;
import dev.ambit.ztunnel.inbound.InboundDecision.Deliver;
import dev.ambit.ztunnel.inbound.InboundDecision.Rejected;
import dev.ambit.ztunnel.pod.CallerAddress;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Where a request that reached one of this node's pods goes. Pure.
///
/// The target's address is always the one that the tunnel was accepted on, never one that a peer
/// named: a peer can reach the pod that it connected to and nothing behind it. What it named
/// decides the port, and is told to the application where the workload has an application tunnel.
public final class InboundRouter {
    private final MeshView mesh;
    private final Set<Integer> ownPorts;
    private final Rules rules;

    /// How this node is set up.
    ///
    /// @param network this node's: where addresses that peers name are looked up
    /// @param loopbackTunnels an application that takes PROXY headers is dialled over loopback
    public record Rules(String network, boolean loopbackTunnels) {}

    /// @param ownPorts this proxy's listeners in the pod, never a target
    public InboundRouter(MeshView mesh, Set<Integer> ownPorts, Rules rules) {
        this.mesh = mesh;
        this.ownPorts = Set.copyOf(ownPorts);
        this.rules = rules;
    }

    /// What a CONNECT says.
    ///
    /// @param forwardedHost the service that the client says it addressed; for telemetry
    /// @param forwardedNetwork the client's network, if it came through a gateway
    public record Asked(
            RequestedTarget target,
            Optional<String> forwardedHost,
            Optional<String> forwardedNetwork) {}

    /// Two addresses that the kernel vouches for.
    ///
    /// @param client the TCP peer: for a tunnel, the client's pod
    /// @param accepted the address that was connected to
    /// @param spoofable the pod's sockets may connect from an address that is not the pod's
    public record Arrival(InetSocketAddress client, InetSocketAddress accepted, boolean spoofable) {
        public Arrival {
            requireResolved(client.getAddress());
            requireResolved(accepted.getAddress());
        }

        private static void requireResolved(InetAddress address) {
            java.util.Objects.requireNonNull(address, "unresolved address from a socket");
        }
    }

    /// A CONNECT on 15008.
    ///
    /// @param peer proven by the handshake
    public InboundDecision tunnelled(Arrival arrival, Workload local, SpiffeId peer, Asked asked) {
        return switch (asked.target()) {
            case RequestedTarget.ByAddress(var address) ->
                    byAddress(arrival, local, peer, asked, address);
            case RequestedTarget.ByHostname(var hostname, var port) ->
                    byHostname(arrival, local, peer, asked, hostname, port);
        };
    }

    /// A plain connection, redirected to 15006; `arrival.accepted()` is its original destination.
    public InboundDecision plaintext(Arrival arrival, Workload local) {
        var target = arrival.accepted();
        if (ownPorts.contains(target.getPort())) {
            return new Rejected(new Rejection.SelfCall(target));
        }
        return new Deliver(
                target,
                facts(arrival, Optional.empty(), target),
                reported(local, target.getPort(), Optional.empty()),
                callerOf(arrival),
                Optional.empty(),
                false);
    }

    private InboundDecision byAddress(
            Arrival arrival,
            Workload local,
            SpiffeId peer,
            Asked asked,
            InetSocketAddress address) {
        var own = arrival.accepted().getAddress();
        boolean ours =
                address.getAddress().equals(own)
                        || local.applicationTunnel().isPresent()
                        || isWaypointOf(local, own, address.getAddress());
        if (!ours) {
            return new Rejected(new Rejection.IpMismatch(own, address.getAddress()));
        }
        int port = address.getPort();
        var service = reported(local, finalPort(local, port), asked.forwardedHost());
        return deliver(arrival, local, peer, asked, new Hop(port, address, service));
    }

    private InboundDecision byHostname(
            Arrival arrival,
            Workload local,
            SpiffeId peer,
            Asked asked,
            String hostname,
            int port) {
        var named = mesh.serviceNamed(hostname, local.namespace());
        if (named.isEmpty()) {
            return new Rejected(new Rejection.UnknownHostname(hostname, port));
        }
        var service = named.get();
        int target = targetPort(local, service, port);
        if (target == 0) {
            return new Rejected(new Rejection.UnresolvedPort(hostname, port));
        }
        var vip = addressOf(service);
        if (vip.isEmpty() && takesHeader(local)) {
            return new Rejected(new Rejection.NoAddress(hostname));
        }
        var told = new InetSocketAddress(vip.orElse(arrival.accepted().getAddress()), port);
        return deliver(arrival, local, peer, asked, new Hop(target, told, named));
    }

    /// @param port of the application, were there no application tunnel
    /// @param told what a header names as the destination
    private record Hop(int port, InetSocketAddress told, Optional<Service> service) {}

    private InboundDecision deliver(
            Arrival arrival, Workload local, SpiffeId peer, Asked asked, Hop hop) {
        int port = finalPort(local, hop.port());
        var target = new InetSocketAddress(arrival.accepted().getAddress(), port);
        if (ownPorts.contains(hop.port()) || ownPorts.contains(port)) {
            return new Rejected(new Rejection.SelfCall(target));
        }
        boolean header = takesHeader(local);
        return new Deliver(
                target,
                facts(arrival, Optional.of(peer), target),
                hop.service(),
                header && rules.loopbackTunnels() ? CallerAddress.LOOPBACK : callerOf(arrival),
                header
                        ? Optional.of(
                                new ProxyProtocolV2(
                                        arrival.client(), hop.told(), Optional.of(peer.uri())))
                        : Optional.empty(),
                isFromGateway(asked));
    }

    private static ConnectionFacts facts(
            Arrival arrival, Optional<SpiffeId> peer, InetSocketAddress target) {
        return new ConnectionFacts(
                peer, arrival.client().getAddress(), target.getAddress(), target.getPort());
    }

    private static CallerAddress callerOf(Arrival arrival) {
        return arrival.spoofable() ? CallerAddress.CLIENT : CallerAddress.POD;
    }

    /// Through a gateway an address says nothing: the same one may be somebody else's here.
    private boolean isFromGateway(Asked asked) {
        return asked.forwardedNetwork()
                .map(network -> !network.equalsIgnoreCase(rules.network()))
                .orElse(false);
    }

    private static boolean takesHeader(Workload local) {
        return local.applicationTunnel()
                .map(tunnel -> tunnel.protocol() == ApplicationTunnel.Protocol.PROXY)
                .orElse(false);
    }

    private static int finalPort(Workload local, int port) {
        return local.applicationTunnel()
                .map(ApplicationTunnel::port)
                .filter(own -> own != 0)
                .orElse(port);
    }

    // ---- a waypoint without an application tunnel is sent what is meant for others

    /// Whether what lives at `asked` has this workload for its waypoint, or for one of them.
    private boolean isWaypointOf(Workload local, InetAddress own, InetAddress asked) {
        var address = new NetworkAddress(rules.network(), asked);
        return mesh.servicesAt(address).stream()
                        .flatMap(service ->
                                Waypoints.references(new Target.OfService(service)).stream())
                        .anyMatch(waypoint -> leadsTo(waypoint, local, own))
                || mesh.workloadAt(address)
                        .flatMap(Workload::waypoint)
                        .filter(waypoint -> leadsTo(waypoint, local, own))
                        .isPresent();
    }

    private boolean leadsTo(GatewayAddress waypoint, Workload local, InetAddress own) {
        return switch (waypoint.destination()) {
            case GatewayAddress.Destination.ByHostname(var key) ->
                    local.services().containsKey(key)
                            || (local.namespace().equals(key.namespace())
                                    && local.hostname().equals(key.hostname()));
            case GatewayAddress.Destination.ByAddress(var address) ->
                    mesh.servicesAt(address).stream()
                                    .anyMatch(s -> local.services().containsKey(s.key()))
                            || mesh.workloadAt(address)
                                    .filter(workload -> workload.addresses().contains(own))
                                    .isPresent();
        };
    }

    // ---- services

    /// The endpoint's own mapping before the service's; where the application tunnel has a port of
    /// its own, a named port need not be resolved.
    private static int targetPort(Workload local, Service service, int port) {
        int own = local.services().getOrDefault(service.key(), Map.of()).getOrDefault(port, 0);
        if (own != 0) {
            return own;
        }
        int target = service.ports().getOrDefault(port, 0);
        boolean listed = service.ports().containsKey(port);
        return target == 0 && listed && finalPort(local, 0) != 0 ? port : target;
    }

    /// A header can't name a hostname: an address of this network, an IPv4 one if there is one.
    private Optional<InetAddress> addressOf(Service service) {
        return service.vips().stream()
                .min(
                        Comparator.comparing((NetworkAddress vip) -> !isHere(vip))
                                .thenComparing(vip ->
                                        isHere(vip) && !(vip.address() instanceof Inet4Address)))
                .map(NetworkAddress::address);
    }

    private boolean isHere(NetworkAddress vip) {
        return vip.network().equals(rules.network());
    }

    /// The service that was named, if the pod is behind it; else the first, by name, with that
    /// port.
    private Optional<Service> reported(Workload local, int port, Optional<String> host) {
        @Nullable Service first = null;
        @Nullable Service named = null;
        for (var entry : local.services().entrySet()) {
            var key = entry.getKey();
            var service = mesh.service(key).orElse(null);
            if (service == null) {
                continue;
            }
            boolean hasPort =
                    entry.getValue().containsValue(port) || service.ports().containsValue(port);
            if (host.isPresent() && key.hostname().equals(host.get())) {
                named = before(named, service, local);
            } else if (hasPort) {
                first = before(first, service, local);
            }
        }
        return Optional.ofNullable(named != null ? named : first);
    }

    private static Service before(@Nullable Service best, Service other, Workload local) {
        if (best == null || isBefore(other.key(), best.key(), local)) {
            return other;
        }
        return best;
    }

    private static boolean isBefore(ServiceKey a, ServiceKey b, Workload local) {
        boolean ownA = a.namespace().equals(local.namespace());
        boolean ownB = b.namespace().equals(local.namespace());
        return ownA == ownB ? a.toString().compareTo(b.toString()) < 0 : ownA;
    }
}
