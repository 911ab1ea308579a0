package dev.ambit.ztunnel.outbound;

import static dev.ambit.ztunnel.MeshOf.at;
import static dev.ambit.ztunnel.MeshOf.service;
import static dev.ambit.ztunnel.MeshOf.store;
import static dev.ambit.ztunnel.MeshOf.workload;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.identity.SpiffeId;
import dev.ambit.mesh.model.GatewayAddress;
import dev.ambit.mesh.model.Service;
import dev.ambit.mesh.model.Service.LoadBalancing;
import dev.ambit.mesh.model.Service.LoadBalancing.HealthPolicy;
import dev.ambit.mesh.model.Service.LoadBalancing.Mode;
import dev.ambit.mesh.model.Service.LoadBalancing.Scope;
import dev.ambit.mesh.model.ServiceKey;
import dev.ambit.mesh.model.Workload;
import dev.ambit.mesh.store.MeshStore;
import dev.ambit.ztunnel.MeshOf;
import dev.ambit.ztunnel.outbound.OutboundDecision.Destination;
import dev.ambit.ztunnel.outbound.OutboundDecision.DoubleTunnel;
import dev.ambit.ztunnel.outbound.OutboundDecision.Passthrough;
import dev.ambit.ztunnel.outbound.OutboundDecision.Plain;
import dev.ambit.ztunnel.outbound.OutboundDecision.Refused;
import dev.ambit.ztunnel.outbound.OutboundDecision.Tunnel;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OutboundRouterTest {
    private static final Workload WEB = workload("web", "10.0.0.1").in("r", "z1").build();
    private static final GatewayAddress WAYPOINT =
            new GatewayAddress(
                    new GatewayAddress.Destination.ByHostname(
                            new ServiceKey("ns", "wp.ns.svc.cluster.local")),
                    15008);

    private static OutboundDecision decide(MeshStore mesh, String dst, int port) {
        var router = new OutboundRouter(mesh, Set.of(15001, 15006, 15008), new SplittableRandom(1));
        return router.decide(
                new CapturedConnection(at("10.0.0.1", 5555), new OriginalDst(at(dst, port)), WEB));
    }

    private static SpiffeId id(String account) {
        return new SpiffeId("cluster.local", "ns", account);
    }

    @Test
    void unknownDestination_isDialledAsItIs() {
        assertThat(decide(store(WEB), "93.184.216.34", 443))
                .isEqualTo(new Passthrough(new NextHop(at("93.184.216.34", 443))));
    }

    @Test
    void ownPortOnLoopback_isRefused() {
        assertThat(decide(store(WEB), "127.0.0.1", 15008))
                .isEqualTo(new Refused(new Refusal.SelfCall()));
    }

    @Test
    void otherPortOnLoopback_passes() {
        assertThat(decide(store(WEB), "127.0.0.1", 8080)).isInstanceOf(Passthrough.class);
    }

    @Test
    void podWithHbone_isTunnelledToItsPort15008() {
        var cart = workload("cart", "10.0.0.2").build();

        assertThat(decide(store(WEB, cart), "10.0.0.2", 8080))
                .isEqualTo(
                        new Tunnel(
                                new NextHop(at("10.0.0.2", 15008)),
                                "10.0.0.2:8080",
                                Set.of(id("cart")),
                                new Destination(cart, Optional.empty())));
    }

    @Test
    void podOverIpv6_hasABracketedAuthority() {
        var cart = workload("cart", "fd00::2").build();

        assertThat(((Tunnel) decide(store(WEB, cart), "fd00::2", 8080)).authority())
                .isEqualTo("[fd00::2]:8080");
    }

    @Test
    void podWithoutHbone_isDialledPlain() {
        var legacy = workload("legacy", "10.0.0.9").plain().build();

        assertThat(decide(store(WEB, legacy), "10.0.0.9", 8080))
                .isEqualTo(
                        new Plain(
                                new NextHop(at("10.0.0.9", 8080)),
                                new Destination(legacy, Optional.empty())));
    }

    @Test
    void podBehindAnUnknownWaypoint_isRefusedNamingIt() {
        var cart = workload("cart", "10.0.0.2").waypoint(WAYPOINT).build();

        var refused = (Refused) decide(store(WEB, cart), "10.0.0.2", 8080);

        assertThat(refused.why().text())
                .isEqualTo("unknown waypoint: waypoint wp.ns.svc.cluster.local not found");
    }

    @Test
    void waypointOfAService_provesOneOfItsServicesNamesOrItsOwn() {
        var waypoint =
                service(
                        "wp",
                        "10.1.0.9",
                        Map.of(15008, 15008),
                        Optional.empty(),
                        List.of("spiffe://cluster.local/ns/ns/sa/alias"),
                        Optional.empty());
        var proxy = workload("proxy", "10.0.0.9").behind(waypoint, Map.of()).build();
        var cart =
                service(
                        "cart",
                        "10.1.0.1",
                        Map.of(80, 8080),
                        Optional.empty(),
                        List.of("spiffe://cluster.local/ns/ns/sa/cart"),
                        Optional.of(WAYPOINT));

        assertThat(decide(store(WEB, waypoint, proxy, cart), "10.1.0.1", 80))
                .isEqualTo(
                        new Tunnel(
                                new NextHop(at("10.0.0.9", 15008)),
                                "10.1.0.1:80",
                                Set.of(id("alias"), id("proxy")),
                                new Destination(proxy, Optional.of(cart))));
    }

    /// The waypoint's identity and its address: one of them is not enough.
    @ParameterizedTest(name = "{0} at {1}: {2}")
    @CsvSource({
        "proxy, 10.0.0.9, true",
        "proxy, 10.0.0.1, false",
        "web, 10.0.0.9, false",
        "web, 10.0.0.1, false",
        "unready, 10.0.0.8, true",
    })
    void fromItsWaypoint_goesToTheWorkloadItself(String who, String from, boolean direct) {
        var waypoint = service("wp", "10.1.0.9", Map.of(15008, 15008));
        var cart = workload("cart", "10.0.0.2").waypoint(WAYPOINT).build();
        var proxy = workload("proxy", "10.0.0.9").behind(waypoint, Map.of()).build();
        var unready =
                workload("unready", "10.0.0.8").unhealthy().behind(waypoint, Map.of()).build();
        var mesh = store(WEB, waypoint, cart, proxy, unready);
        var source = mesh.workload("Kubernetes//Pod/ns/" + who).orElseThrow();
        var captured =
                new CapturedConnection(
                        at(from, 5555), new OriginalDst(at("10.0.0.2", 8080)), source);
        var router = new OutboundRouter(mesh, Set.of(), new SplittableRandom(1));

        assertThat(((Tunnel) router.decide(captured)).nextHop())
                .isEqualTo(new NextHop(at(direct ? "10.0.0.2" : "10.0.0.9", 15008)));
    }

    @Test
    void otherNetworkThroughItsGateway_namesBothEnds() {
        var cart = Services.named("cart").vip("10.1.0.1").proves("cart").proves("cart2").build();
        var gatewayService =
                Services.named("ew")
                        .vip("10.1.0.2")
                        .ports(Map.of(15008, 15008))
                        .proves("ew")
                        .build();
        var gateway =
                workload("gateway", "172.16.0.1")
                        .network("far")
                        .behind(gatewayService, Map.of())
                        .build();
        var remote =
                workload("remote", "")
                        .network("far")
                        .gateway(Services.byName("ew", 15008))
                        .behind(cart, Map.of())
                        .build();

        assertThat(decide(store(WEB, cart, gatewayService, gateway, remote), "10.1.0.1", 80))
                .isEqualTo(
                        new DoubleTunnel(
                                new NextHop(at("172.16.0.1", 15008)),
                                Set.of(id("ew"), id("gateway")),
                                "cart.example.com:80",
                                Set.of(id("cart"), id("cart2")),
                                new Destination(gateway, Optional.of(cart))));
    }

    @Test
    void podOnAnotherNetwork_isUnknownHere() {
        var far = workload("far", "10.0.0.2").network("other").build();

        assertThat(decide(store(WEB, far), "10.0.0.2", 8080)).isInstanceOf(Passthrough.class);
    }

    @Test
    void service_goesToAnEndpointAndItsTargetPort() {
        var service = service("cart", "10.1.0.1", Map.of(80, 8080));
        var cart = workload("cart", "10.0.0.2").behind(service, Map.of(80, 8080)).build();

        assertThat(decide(store(WEB, cart, service), "10.1.0.1", 80))
                .isEqualTo(
                        new Tunnel(
                                new NextHop(at("10.0.0.2", 15008)),
                                "10.0.0.2:8080",
                                Set.of(id("cart")),
                                new Destination(cart, Optional.of(service))));
    }

    @Test
    void namedTargetPort_isTheEndpointsOwn() {
        var service = service("cart", "10.1.0.1", Map.of(80, 0));
        var cart = workload("cart", "10.0.0.2").behind(service, Map.of(80, 9901)).build();

        assertThat(((Tunnel) decide(store(WEB, cart, service), "10.1.0.1", 80)).authority())
                .isEqualTo("10.0.0.2:9901");
    }

    @Test
    void serviceNames_areAcceptedBesidesTheWorkloadsOwn() {
        var service =
                service(
                        "cart",
                        "10.1.0.1",
                        Map.of(80, 8080),
                        Optional.empty(),
                        List.of("spiffe://cluster.local/ns/ns/sa/alias", "not a spiffe id"),
                        Optional.empty());
        var cart = workload("cart", "10.0.0.2").behind(service, Map.of(80, 8080)).build();

        assertThat(((Tunnel) decide(store(WEB, cart, service), "10.1.0.1", 80)).accepts())
                .containsExactlyInAnyOrder(id("cart"), id("alias"));
    }

    @Test
    void serviceWithoutEndpoints_isRefused() {
        var service = service("cart", "10.1.0.1", Map.of(80, 8080));

        var refused = (Refused) decide(store(WEB, service), "10.1.0.1", 80);

        assertThat(refused.why().text()).isEqualTo("no healthy upstream: 10.1.0.1:80");
    }

    @Test
    void servicePortThatIsNotListed_isRefused() {
        var service = service("cart", "10.1.0.1", Map.of(80, 8080));
        var cart = workload("cart", "10.0.0.2").behind(service, Map.of(80, 8080)).build();

        assertThat(decide(store(WEB, cart, service), "10.1.0.1", 81)).isInstanceOf(Refused.class);
    }

    @Test
    void unhealthyEndpoint_takesNoTraffic() {
        var service = service("cart", "10.1.0.1", Map.of(80, 8080));
        var cart =
                workload("cart", "10.0.0.2").unhealthy().behind(service, Map.of(80, 8080)).build();

        assertThat(decide(store(WEB, cart, service), "10.1.0.1", 80)).isInstanceOf(Refused.class);
    }

    @Test
    void serviceBehindAWaypoint_isRefused() {
        var service =
                service(
                        "cart",
                        "10.1.0.1",
                        Map.of(80, 8080),
                        Optional.empty(),
                        List.of(),
                        Optional.of(WAYPOINT));

        assertThat(decide(store(WEB, service), "10.1.0.1", 80)).isInstanceOf(Refused.class);
    }

    @Test
    void passthroughService_isDialledAsItIs() {
        var service = balanced(Mode.PASSTHROUGH, List.of());

        assertThat(decide(store(WEB, service), "10.1.0.1", 80)).isInstanceOf(Passthrough.class);
    }

    @Test
    void endpointsOfOneService_areAllUsed_butThoseWithoutCapacity() {
        var service = service("cart", "10.1.0.1", Map.of(80, 8080));
        var ports = Map.of(80, 8080);
        var mesh =
                store(
                        WEB,
                        service,
                        workload("a", "10.0.0.2").behind(service, ports).build(),
                        workload("b", "10.0.0.3").behind(service, ports).capacity(3).build(),
                        workload("c", "10.0.0.4").behind(service, ports).capacity(0).build());
        var router = new OutboundRouter(mesh, Set.of(), new SplittableRandom(1));
        var seen = new HashSet<String>();
        for (int i = 0; i < 200; i++) {
            var tunnel =
                    (Tunnel)
                            router.decide(
                                    new CapturedConnection(
                                            at("10.0.0.1", 5555),
                                            new OriginalDst(at("10.1.0.1", 80)),
                                            WEB));
            seen.add(tunnel.authority());
        }
        assertThat(seen).containsExactlyInAnyOrder("10.0.0.2:8080", "10.0.0.3:8080");
    }

    @Test
    void failover_prefersTheSameZone_andTakesAnotherWhereThereIsNone() {
        var service = balanced(Mode.FAILOVER, List.of(Scope.NETWORK, Scope.REGION, Scope.ZONE));
        var ports = Map.of(80, 8080);
        var near = workload("near", "10.0.0.2").in("r", "z1").behind(service, ports).build();
        var far = workload("far", "10.0.0.3").in("r", "z2").behind(service, ports).build();

        assertThat(authority(store(WEB, service, near, far))).isEqualTo("10.0.0.2:8080");
        assertThat(authority(store(WEB, service, far))).isEqualTo("10.0.0.3:8080");
    }

    @Test
    void strict_takesNobodyElse() {
        var service = balanced(Mode.STRICT, List.of(Scope.NODE));
        var ports = Map.of(80, 8080);
        var other = workload("x", "10.0.0.3").on("node-2").behind(service, ports).build();
        var own = workload("y", "10.0.0.4").on("node-1").behind(service, ports).build();

        assertThat(decide(store(WEB, service, other), "10.1.0.1", 80)).isInstanceOf(Refused.class);
        assertThat(authority(store(WEB, service, other, own))).isEqualTo("10.0.0.4:8080");
    }

    @Test
    void dualStackEndpoint_isReachedOnTheFamilyThatWasDialled() {
        var service = service("cart", "fd01::1", Map.of(80, 8080));
        var cart =
                workload("cart", "10.0.0.2")
                        .also("fd00::2")
                        .behind(service, Map.of(80, 8080))
                        .build();

        assertThat(((Tunnel) decide(store(WEB, cart, service), "fd01::1", 80)).authority())
                .isEqualTo("[fd00::2]:8080");
    }

    private static String authority(MeshStore mesh) {
        return ((Tunnel) decide(mesh, "10.1.0.1", 80)).authority();
    }

    private static Service balanced(Mode mode, List<Scope> scopes) {
        return MeshOf.service(
                "cart",
                "10.1.0.1",
                Map.of(80, 8080),
                Optional.of(new LoadBalancing(scopes, mode, HealthPolicy.ONLY_HEALTHY)),
                List.of(),
                Optional.empty());
    }
}
