package dev.ambit.ztunnel.inbound;

import static dev.ambit.ztunnel.MeshOf.at;
import static dev.ambit.ztunnel.MeshOf.ip;
import static dev.ambit.ztunnel.MeshOf.service;
import static dev.ambit.ztunnel.MeshOf.store;
import static dev.ambit.ztunnel.MeshOf.workload;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.identity.SpiffeId;
import dev.ambit.mesh.model.Service;
import dev.ambit.mesh.model.ServiceKey;
import dev.ambit.mesh.model.Workload;
import dev.ambit.mesh.policy.ConnectionFacts;
import dev.ambit.ztunnel.inbound.InboundDecision.Deliver;
import dev.ambit.ztunnel.inbound.InboundDecision.Rejected;
import dev.ambit.ztunnel.inbound.InboundRouter.Arrival;
import dev.ambit.ztunnel.pod.CallerAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InboundRouterTest {
    private static final SpiffeId PEER = new SpiffeId("cluster.local", "ns", "web");
    private static final Service SERVICE = service("cart", "10.1.0.1", Map.of(80, 8080, 81, 0));
    private static final Workload CART =
            workload("cart", "10.0.0.2").behind(SERVICE, Map.of(80, 8080, 81, 9901)).build();
    private static final Arrival ARRIVAL =
            new Arrival(at("10.0.0.1", 40000), at("10.0.0.2", 15008), true);
    private static final InboundRouter.Rules RULES = new InboundRouter.Rules("", true);

    private final InboundRouter router =
            new InboundRouter(store(CART, SERVICE), Set.of(15001, 15006, 15008), RULES);

    private InboundDecision tunnelled(RequestedTarget asked) {
        return tunnelled(asked, Optional.empty(), Optional.empty());
    }

    private InboundDecision tunnelled(
            RequestedTarget asked, Optional<String> host, Optional<String> network) {
        return router.tunnelled(ARRIVAL, CART, PEER, new InboundRouter.Asked(asked, host, network));
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
                                Optional.of(SERVICE),
                                CallerAddress.CLIENT,
                                Optional.empty(),
                                false));
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

        var named = (Deliver) tunnelled(asked, Optional.of("evil.example"), Optional.empty());

        assertThat(named.service()).hasValue(SERVICE);
    }

    @Test
    void plaintext_hasNoPeer_andKeepsItsPort() {
        var arrival = new Arrival(at("10.0.0.1", 40000), at("10.0.0.2", 8080), true);

        var deliver = (Deliver) router.plaintext(arrival, CART);

        assertThat(deliver.facts().peer()).isEmpty();
        assertThat(deliver.caller()).isEqualTo(CallerAddress.CLIENT);
        assertThat(deliver.target()).isEqualTo(at("10.0.0.2", 8080));
    }

    @Test
    void plaintextToOwnPorts_isASelfCall() {
        var arrival = new Arrival(at("10.0.0.1", 40000), at("10.0.0.2", 15006), true);

        var rejected = (Rejected) router.plaintext(arrival, CART);

        assertThat(rejected.why()).isEqualTo(new Rejection.SelfCall(at("10.0.0.2", 15006)));
    }

    @Test
    void podThatCannotSpoof_isCalledFromItsOwnAddress() {
        var arrival = new Arrival(at("10.0.0.1", 40000), at("10.0.0.2", 15008), false);
        var asked =
                new InboundRouter.Asked(
                        address("10.0.0.2", 8080), Optional.empty(), Optional.empty());

        var deliver = (Deliver) router.tunnelled(arrival, CART, PEER, asked);

        assertThat(deliver.caller()).isEqualTo(CallerAddress.POD);
        assertThat(deliver.facts().source()).as("policy's").isEqualTo(ip("10.0.0.1"));
    }

    /// Of the client's network there; this node's is "east".
    @ParameterizedTest
    @CsvSource({"east,false", "EAST,false", "west,true", "'',true"})
    void anotherNetwork_isAGateways(String network, boolean fromGateway) {
        var east =
                new InboundRouter(
                        store(CART, SERVICE), Set.of(), new InboundRouter.Rules("east", true));
        var asked =
                new InboundRouter.Asked(
                        address("10.0.0.2", 8080), Optional.empty(), Optional.of(network));

        var deliver = (Deliver) east.tunnelled(ARRIVAL, CART, PEER, asked);

        assertThat(deliver.fromGateway()).isEqualTo(fromGateway);
    }

    @Test
    void hostnameInAnotherNamespace_isDelivered_unlessItIsHidden() {
        var open = named("other", "shared.example", Map.of(80, 9000), Service.Visibility.PUBLIC);
        var hidden =
                named("other", "hidden.example", Map.of(80, 9000), Service.Visibility.NAMESPACE);
        var wide = new InboundRouter(store(CART, open, hidden), Set.of(), RULES);

        var deliver = (Deliver) wide.tunnelled(ARRIVAL, CART, PEER, byName("shared.example", 80));
        var rejected = (Rejected) wide.tunnelled(ARRIVAL, CART, PEER, byName("hidden.example", 80));

        assertThat(deliver.target()).isEqualTo(at("10.0.0.2", 9000));
        assertThat(deliver.service()).hasValue(open);
        assertThat(rejected.why()).isEqualTo(new Rejection.UnknownHostname("hidden.example", 80));
    }

    private static InboundRouter.Asked byName(String host, int port) {
        return new InboundRouter.Asked(
                new RequestedTarget.ByHostname(host, port), Optional.empty(), Optional.empty());
    }

    private static Service named(
            String namespace,
            String host,
            Map<Integer, Integer> ports,
            Service.Visibility visibility) {
        return new Service(
                new ServiceKey(namespace, host),
                host,
                List.of(),
                List.of(),
                ports,
                List.of(),
                Optional.empty(),
                List.of(),
                Optional.empty(),
                Service.IpFamilies.AUTOMATIC,
                false,
                visibility);
    }
}
