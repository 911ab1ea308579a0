package dev.ambit.ztunnel.inbound;

import static dev.ambit.ztunnel.MeshOf.at;
import static dev.ambit.ztunnel.MeshOf.ip;
import static dev.ambit.ztunnel.MeshOf.service;
import static dev.ambit.ztunnel.MeshOf.store;
import static dev.ambit.ztunnel.MeshOf.workload;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.identity.SpiffeId;
import dev.ambit.mesh.model.Service;
import dev.ambit.mesh.model.Workload;
import dev.ambit.mesh.policy.ConnectionFacts;
import dev.ambit.ztunnel.inbound.InboundDecision.Deliver;
import dev.ambit.ztunnel.inbound.InboundDecision.Rejected;
import dev.ambit.ztunnel.inbound.InboundRouter.Arrival;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class InboundRouterTest {
    private static final SpiffeId PEER = new SpiffeId("cluster.local", "ns", "web");
    private static final Service SERVICE = service("cart", "10.1.0.1", Map.of(80, 8080, 81, 0));
    private static final Workload CART =
            workload("cart", "10.0.0.2").behind(SERVICE, Map.of(80, 8080, 81, 9901)).build();
    private static final Arrival ARRIVAL =
            new Arrival(at("10.0.0.1", 40000), at("10.0.0.2", 15008));

    private final InboundRouter router =
            new InboundRouter(store(CART, SERVICE), Set.of(15001, 15006, 15008));

    private InboundDecision tunnelled(RequestedTarget asked) {
        return router.tunnelled(ARRIVAL, CART, PEER, asked, Optional.empty());
    }

    private static RequestedTarget address(String ip, int port) {
        return new RequestedTarget.ByAddress(at(ip, port));
    }

    @Test
    void ownAddress_isDeliveredThere_withTheProvenPeer() {
        assertThat(tunnelled(address("10.0.0.2", 8080)))
                .isEqualTo(
                        new Deliver(
                                at("10.0.0.2", 8080),
                                new ConnectionFacts(
                                        Optional.of(PEER), ip("10.0.0.1"), ip("10.0.0.2"), 8080),
                                Optional.of(SERVICE)));
    }

    @Test
    void somebodyElsesAddress_isRejectedWith400() {
        var rejected = (Rejected) tunnelled(address("10.0.0.3", 8080));

        assertThat(rejected.why().status()).isEqualTo(400);
        assertThat(rejected.why().text()).isEqualTo("ip mismatch: 10.0.0.2 != 10.0.0.3");
    }

    @Test
    void ownPorts_areRejectedWith503() {
        var rejected = (Rejected) tunnelled(address("10.0.0.2", 15006));

        assertThat(rejected.why().status()).isEqualTo(503);
        assertThat(rejected.why().text()).isEqualTo("attempted recursive call to ourselves");
    }

    @Test
    void hostname_isDeliveredToTheServicesTargetPort() {
        var deliver =
                (Deliver)
                        tunnelled(new RequestedTarget.ByHostname("cart.ns.svc.cluster.local", 80));

        assertThat(deliver.target()).isEqualTo(at("10.0.0.2", 8080));
        assertThat(deliver.service()).hasValue(SERVICE);
    }

    @Test
    void hostnameWithANamedPort_takesThePodsOwnMapping() {
        var deliver =
                (Deliver)
                        tunnelled(new RequestedTarget.ByHostname("cart.ns.svc.cluster.local", 81));

        assertThat(deliver.target()).isEqualTo(at("10.0.0.2", 9901));
    }

    @Test
    void unknownHostnameOrPort_isRejectedWith503() {
        var host = (Rejected) tunnelled(new RequestedTarget.ByHostname("pay.ns.svc", 80));
        var port =
                (Rejected)
                        tunnelled(new RequestedTarget.ByHostname("cart.ns.svc.cluster.local", 82));

        assertThat(host.why().text())
                .isEqualTo("no service or workload for hostname: pay.ns.svc:80");
        assertThat(host.why().status()).isEqualTo(503);
        assertThat(port.why()).isInstanceOf(Rejection.UnresolvedPort.class);
    }

    @Test
    void forwardedHost_namesTheServiceOnlyIfThePodIsBehindIt() {
        var asked = address("10.0.0.2", 8080);

        var named =
                (Deliver) router.tunnelled(ARRIVAL, CART, PEER, asked, Optional.of("evil.example"));

        assertThat(named.service()).hasValue(SERVICE);
    }

    @Test
    void plaintext_hasNoPeer_andKeepsItsPort() {
        var arrival = new Arrival(at("10.0.0.1", 40000), at("10.0.0.2", 8080));

        var deliver = (Deliver) router.plaintext(arrival, CART);

        assertThat(deliver.facts().peer()).isEmpty();
        assertThat(deliver.target()).isEqualTo(at("10.0.0.2", 8080));
    }
}
