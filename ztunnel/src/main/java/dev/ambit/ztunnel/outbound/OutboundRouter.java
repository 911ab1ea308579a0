package dev.ambit.ztunnel.outbound;

import dev.ambit.identity.SpiffeId;
import dev.ambit.mesh.MeshView;
import dev.ambit.mesh.MeshView.Target;
import dev.ambit.mesh.Waypoints;
import dev.ambit.mesh.balance.EndpointSet;
import dev.ambit.mesh.balance.Purpose;
import dev.ambit.mesh.balance.Upstream;
import dev.ambit.mesh.balance.Vantage;
import dev.ambit.mesh.model.GatewayAddress;
import dev.ambit.mesh.model.NetworkAddress;
import dev.ambit.mesh.model.Service;
import dev.ambit.mesh.model.Service.LoadBalancing;
import dev.ambit.mesh.model.Workload;
import dev.ambit.ztunnel.outbound.OutboundDecision.Destination;
import dev.ambit.ztunnel.outbound.OutboundDecision.Passthrough;
import dev.ambit.ztunnel.outbound.OutboundDecision.Refused;
import dev.ambit.ztunnel.outbound.OutboundDecision.Resolve;
import java.net.InetAddress;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;

/// Where a captured connection goes. Pure but for the injected randomness: no clock, no socket.
///
/// What is addressed decides, and is looked up once: an address of a service goes to the service's
/// waypoint or to one of its endpoints, an address of a workload to the workload's waypoint or to
/// the workload, any other address is dialled as it is. A waypoint that is set and can't be found
/// refuses: going around it would skip its policy.
public final class OutboundRouter {
    /// Where peers take HBONE.
    public static final int HBONE_PORT = 15008;

    private final MeshView mesh;
    private final Set<Integer> ownPorts;
    private final RandomGenerator random;

    /// @param ownPorts this proxy's listeners in the pod: dialling them on loopback is a loop
    public OutboundRouter(MeshView mesh, Set<Integer> ownPorts, RandomGenerator random) {
        this.mesh = mesh;
        this.ownPorts = Set.copyOf(ownPorts);
        this.random = random;
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
            case Target.Unknown() -> new Passthrough(new NextHop(dst.address()));
            case Target.OfService(var service) -> toService(captured, service);
            case Target.OfWorkload(var workload) -> toWorkload(captured, workload);
        };
    }

    private OutboundDecision toService(CapturedConnection captured, Service service) {
        var waypoint = Waypoints.choose(service, random);
        if (waypoint.isPresent()) {
            return toWaypoint(captured, waypoint.get(), Optional.of(service));
        }
        if (isPassthrough(service)) {
            return new Passthrough(new NextHop(captured.dst().address()));
        }
        var picked = pick(captured, service, captured.dst().port(), Purpose.SERVICE);
        if (picked.isEmpty()) {
            return new Refused(new Refusal.NoHealthyUpstream(captured.dst()));
        }
        var upstream = picked.get();
        if (isRemote(captured, upstream.workload())) {
            return toGateway(captured, service, upstream.workload(), Optional.of(service));
        }
        return direct(captured, upstream, Optional.of(service));
    }

    private OutboundDecision toWorkload(CapturedConnection captured, Workload workload) {
        var waypoint = workload.waypoint();
        if (waypoint.isPresent() && !isFrom(captured, waypoint.get())) {
            return toWaypoint(captured, waypoint.get(), Optional.empty());
        }
        var upstream = new Upstream(workload, captured.dst().port());
        return direct(captured, upstream, Optional.empty());
    }

    /// A waypoint's own connections to the workloads behind it go to them, not round in a circle:
    /// the source proves the waypoint's identity and is at one of its addresses.
    private boolean isFrom(CapturedConnection captured, GatewayAddress waypoint) {
        var source = captured.source();
        return source.addresses().contains(captured.client().getAddress())
                && Waypoints.includes(mesh, waypoint, source);
    }

    private OutboundDecision direct(
            CapturedConnection captured, Upstream upstream, Optional<Service> service) {
        var to = upstream.workload();
        var route =
                new Route.Direct(
                        upstream.port(), accepts(to, service), new Destination(to, service));
        return reach(to, captured.dst().address().getAddress(), service, route);
    }

    private OutboundDecision toWaypoint(
            CapturedConnection captured, GatewayAddress waypoint, Optional<Service> addressed) {
        return switch (resolve(captured, waypoint, Purpose.WAYPOINT)) {
            case Resolved.Missing() -> new Refused(new Refusal.UnknownWaypoint(waypoint));
            case Resolved.NobodyThere() -> new Refused(new Refusal.NoHealthyWaypoint(waypoint));
            case Resolved.Found(var upstream, var through) -> {
                var proxy = upstream.workload();
                if (isRemote(captured, proxy)) {
                    yield addressed.isEmpty()
                            ? new Refused(new Refusal.OtherNetwork(captured.dst(), proxy.network()))
                            : toGateway(captured, addressed.get(), proxy, through);
                }
                var route =
                        new Route.ToWaypoint(
                                upstream.port(),
                                captured.dst().toString(),
                                accepts(proxy, through),
                                new Destination(proxy, addressed));
                yield reach(proxy, family(captured, waypoint), through, route);
            }
        };
    }

    /// @param far the endpoint or waypoint that was chosen, on the other network
    /// @param named whose names the far end proves: the service, or the waypoint's
    private OutboundDecision toGateway(
            CapturedConnection captured, Service addressed, Workload far, Optional<Service> named) {
        if (far.networkGateway().isEmpty()) {
            return new Refused(new Refusal.NoRoute(far.uid()));
        }
        var gateway = far.networkGateway().get();
        var inner = named.map(OutboundRouter::names).orElse(Set.of());
        if (inner.isEmpty()) {
            return new Refused(new Refusal.NoNamesForOtherNetwork(named.orElse(addressed).key()));
        }
        return switch (resolve(captured, gateway, Purpose.SERVICE)) {
            case Resolved.Missing() -> new Refused(new Refusal.UnknownGateway(gateway));
            case Resolved.NobodyThere() -> new Refused(new Refusal.NoHealthyGateway(gateway));
            case Resolved.Found(var upstream, var through) -> {
                var route =
                        new Route.ToGateway(
                                upstream.port(),
                                accepts(upstream.workload(), through),
                                addressed.key().hostname() + ":" + captured.dst().port(),
                                inner,
                                new Destination(upstream.workload(), Optional.of(addressed)));
                yield reach(upstream.workload(), family(captured, gateway), through, route);
            }
        };
    }

    /// What a reference to a waypoint or to a gateway comes to.
    private sealed interface Resolved {
        /// @param through the service that was named, if it was one
        record Found(Upstream upstream, Optional<Service> through) implements Resolved {}

        record Missing() implements Resolved {}

        record NobodyThere() implements Resolved {}
    }

    private Resolved resolve(
            CapturedConnection captured, GatewayAddress reference, Purpose purpose) {
        int port = reference.hbonePort();
        return switch (Waypoints.resolve(mesh, reference)) {
            case Target.Unknown() -> new Resolved.Missing();
            case Target.OfWorkload(var workload) ->
                    new Resolved.Found(new Upstream(workload, port), Optional.empty());
            case Target.OfService(var service) -> {
                var picked = pick(captured, service, port, purpose);
                yield picked.isEmpty()
                        ? new Resolved.NobodyThere()
                        : new Resolved.Found(picked.get(), Optional.of(service));
            }
        };
    }

    private Optional<Upstream> pick(
            CapturedConnection captured, Service service, int port, Purpose purpose) {
        EndpointSet endpoints = mesh.endpointSet(service.key());
        var from = Vantage.of(captured.source());
        return endpoints.table(from, port, purpose).pick(random);
    }

    /// What is referred to by address is reached at that address if it can be, whatever the
    /// application dialled; by name the caller's family is followed.
    private static InetAddress family(CapturedConnection captured, GatewayAddress reference) {
        return switch (reference.destination()) {
            case GatewayAddress.Destination.ByAddress(var address) -> address.address();
            case GatewayAddress.Destination.ByHostname _ -> captured.dst().address().getAddress();
        };
    }

    private static boolean isRemote(CapturedConnection captured, Workload workload) {
        return !workload.network().equals(captured.source().network());
    }

    /// The wanted address if it is the workload's own; else one of the wanted family that the
    /// service allows; else any that it allows; else the workload's name has to be asked for.
    private static OutboundDecision reach(
            Workload to, InetAddress wanted, Optional<Service> service, Route route) {
        if (to.addresses().contains(wanted)) {
            return route.at(wanted);
        }
        var families = service.map(Service::ipFamilies).orElse(Service.IpFamilies.AUTOMATIC);
        InetAddress other = null;
        for (var candidate : to.addresses()) {
            if (!allows(families, candidate)) {
                continue;
            }
            if (OutboundDecision.sameFamily(candidate, wanted)) {
                return route.at(candidate);
            }
            if (other == null) {
                other = candidate;
            }
        }
        if (other != null) {
            return route.at(other);
        }
        return to.hostname().isEmpty()
                ? new Refused(new Refusal.NoRoute(to.uid()))
                : new Resolve(to, wanted, route);
    }

    private static boolean allows(Service.IpFamilies families, InetAddress address) {
        return switch (families) {
            case AUTOMATIC, DUAL -> true;
            case IPV4_ONLY -> address.getAddress().length == 4;
            case IPV6_ONLY -> address.getAddress().length == 16;
        };
    }

    /// The service's names are added to the workload's own, they don't replace it.
    private static Set<SpiffeId> accepts(Workload to, Optional<Service> service) {
        var own = to.identity();
        if (service.isEmpty() || service.get().subjectAltNames().isEmpty()) {
            return Set.of(own);
        }
        var all = new LinkedHashSet<>(names(service.get()));
        all.add(own);
        return all;
    }

    /// What can't be a SPIFFE id can't be proven, so it is left out.
    private static Set<SpiffeId> names(Service service) {
        var all = new LinkedHashSet<SpiffeId>();
        for (var san : service.subjectAltNames()) {
            SpiffeId.tryParse(san).ifPresent(all::add);
        }
        return all;
    }

    private static boolean isPassthrough(Service service) {
        return service.loadBalancing()
                .map(lb -> lb.mode() == LoadBalancing.Mode.PASSTHROUGH)
                .orElse(false);
    }
}
