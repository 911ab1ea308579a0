package dev.ambit.ztunnel.outbound;

import dev.ambit.identity.SpiffeId;
import dev.ambit.mesh.MeshView;
import dev.ambit.mesh.model.NetworkAddress;
import dev.ambit.mesh.model.Service;
import dev.ambit.mesh.model.Service.LoadBalancing;
import dev.ambit.mesh.model.Workload;
import dev.ambit.ztunnel.outbound.OutboundDecision.Destination;
import dev.ambit.ztunnel.outbound.OutboundDecision.Passthrough;
import dev.ambit.ztunnel.outbound.OutboundDecision.Plain;
import dev.ambit.ztunnel.outbound.OutboundDecision.Refused;
import dev.ambit.ztunnel.outbound.OutboundDecision.Tunnel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;

/// Where a captured connection goes. Pure but for the injected randomness: no clock, no socket.
///
/// What is addressed decides: an address of a service goes to one of its endpoints, an address of a
/// workload to that workload, any other address is dialled as it is.
public final class OutboundRouter {
    /// Where peers take HBONE.
    public static final int HBONE_PORT = 15008;

    private final MeshView mesh;
    private final Set<Integer> ownPorts;
    private final EndpointPicker picker;

    /// @param ownPorts this proxy's listeners in the pod: dialling them on loopback is a loop
    public OutboundRouter(MeshView mesh, Set<Integer> ownPorts, RandomGenerator random) {
        this.mesh = mesh;
        this.ownPorts = Set.copyOf(ownPorts);
        this.picker = new EndpointPicker(random);
    }

    public OutboundDecision decide(CapturedConnection captured) {
        var dst = captured.dst();
        var ip = dst.address().getAddress();
        if (ip.isLoopbackAddress() && ownPorts.contains(dst.port())) {
            return new Refused(new Refusal.SelfCall());
        }
        var source = captured.source();
        var address = new NetworkAddress(source.network(), ip);
        return switch (mesh.lookup(address, source.namespace())) {
            case MeshView.Target.Unknown() -> new Passthrough(new NextHop(dst.address()));
            case MeshView.Target.OfService(var service) -> toService(captured, service);
            case MeshView.Target.OfWorkload(var workload) -> toWorkload(captured, workload);
        };
    }

    private OutboundDecision toService(CapturedConnection captured, Service service) {
        var waypoint =
                service.waypoint()
                        .or(() ->
                                service.weightedWaypoints().stream()
                                        .map(Service.WeightedWaypoint::destination)
                                        .findFirst());
        if (waypoint.isPresent()) {
            return new Refused(
                    new Refusal.WaypointUnavailable(service.key().toString(), waypoint.get()));
        }
        if (isPassthrough(service)) {
            return new Passthrough(new NextHop(captured.dst().address()));
        }
        var endpoints = mesh.endpoints(service.key());
        var picked = picker.pick(endpoints, captured.source(), service, captured.dst().port());
        if (picked.isEmpty()) {
            return new Refused(new Refusal.NoHealthyUpstream(captured.dst()));
        }
        var endpoint = picked.get();
        int port =
                EndpointPicker.targetPort(endpoint, service, captured.dst().port()).orElseThrow();
        return direct(captured, endpoint.workload(), port, Optional.of(service));
    }

    private OutboundDecision toWorkload(CapturedConnection captured, Workload workload) {
        if (workload.waypoint().isPresent()) {
            return new Refused(
                    new Refusal.WaypointUnavailable(workload.uid(), workload.waypoint().get()));
        }
        return direct(captured, workload, captured.dst().port(), Optional.empty());
    }

    private OutboundDecision direct(
            CapturedConnection captured, Workload to, int port, Optional<Service> service) {
        if (!to.network().equals(captured.source().network())) {
            return new Refused(new Refusal.OtherNetwork(captured.dst(), to.network()));
        }
        var ip = addressOf(to, captured.dst().address().getAddress(), service);
        if (ip.isEmpty()) {
            return new Refused(new Refusal.NoRoute(to.uid()));
        }
        var destination = new Destination(to, service);
        return switch (to.protocol()) {
            case TCP -> new Plain(hop(ip.get(), port), destination);
            case HBONE ->
                    new Tunnel(
                            hop(ip.get(), HBONE_PORT),
                            Addresses.text(ip.get(), port),
                            accepts(to, service),
                            destination);
        };
    }

    /// The dialled address if it is the workload's own; else one of the family that was dialled, if
    /// the service allows it; else any that the service allows.
    private static Optional<InetAddress> addressOf(
            Workload to, InetAddress dialled, Optional<Service> service) {
        if (to.addresses().contains(dialled)) {
            return Optional.of(dialled);
        }
        var families = service.map(Service::ipFamilies).orElse(Service.IpFamilies.AUTOMATIC);
        InetAddress other = null;
        for (var candidate : to.addresses()) {
            if (!allows(families, candidate)) {
                continue;
            }
            if (sameFamily(candidate, dialled)) {
                return Optional.of(candidate);
            }
            if (other == null) {
                other = candidate;
            }
        }
        return Optional.ofNullable(other);
    }

    private static boolean allows(Service.IpFamilies families, InetAddress address) {
        return switch (families) {
            case AUTOMATIC, DUAL -> true;
            case IPV4_ONLY -> address.getAddress().length == 4;
            case IPV6_ONLY -> address.getAddress().length == 16;
        };
    }

    private static boolean sameFamily(InetAddress a, InetAddress b) {
        return a.getClass() == b.getClass();
    }

    /// The service's names are added to the workload's own, they don't replace it.
    private static Set<SpiffeId> accepts(Workload to, Optional<Service> service) {
        var own = to.identity();
        if (service.isEmpty() || service.get().subjectAltNames().isEmpty()) {
            return Set.of(own);
        }
        var all = new LinkedHashSet<SpiffeId>();
        for (var san : service.get().subjectAltNames()) {
            SpiffeId.tryParse(san).ifPresent(all::add);
        }
        all.add(own);
        return all;
    }

    private static boolean isPassthrough(Service service) {
        return service.loadBalancing()
                .map(lb -> lb.mode() == LoadBalancing.Mode.PASSTHROUGH)
                .orElse(false);
    }

    private static NextHop hop(InetAddress address, int port) {
        return new NextHop(new InetSocketAddress(address, port));
    }
}
