package dev.ambit.ztunnel.inbound;

import static dev.ambit.ztunnel.MeshOf.at;
import static dev.ambit.ztunnel.MeshOf.ip;
import static dev.ambit.ztunnel.MeshOf.store;
import static dev.ambit.ztunnel.MeshOf.workload;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.hbone.wire.ProxyProtocolV2;
import dev.ambit.identity.SpiffeId;
import dev.ambit.mesh.model.GatewayAddress;
import dev.ambit.mesh.model.NetworkAddress;
import dev.ambit.mesh.model.Service;
import dev.ambit.mesh.model.ServiceKey;
import dev.ambit.mesh.model.Workload;
import dev.ambit.mesh.model.Workload.ApplicationTunnel;
import dev.ambit.mesh.model.Workload.ApplicationTunnel.Protocol;
import dev.ambit.ztunnel.inbound.InboundDecision.Deliver;
import dev.ambit.ztunnel.inbound.InboundDecision.Rejected;
import dev.ambit.ztunnel.inbound.InboundRouter.Arrival;
import dev.ambit.ztunnel.inbound.InboundRouter.Asked;
import dev.ambit.ztunnel.pod.CallerAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Requests that reach a waypoint's pod for somebody else: "sandwiched" between two tunnels, with
/// and without an application tunnel.
class InboundWaypointTest {
    private static final SpiffeId PEER = new SpiffeId("cluster.local", "ns", "client");
    private static final String CLIENT = "10.0.0.1";
    private static final String SERVER = "10.0.0.2";
    private static final String WAYPOINT = "10.0.0.3";
    private static final String SERVER_VIP = "10.10.0.1";
    private static final String WAYPOINT_VIP = "10.10.0.2";
    private static final String SERVER_HOST = "server.ns.svc.cluster.local";
    private static final int TARGET = 8080;

    private Optional<GatewayAddress> ofService = Optional.empty();
    private List<Service.WeightedWaypoint> weighted = List.of();
    private Optional<GatewayAddress> ofWorkload = Optional.empty();
    private Optional<ApplicationTunnel> tunnel = Optional.empty();
    private List<String> serverVips = List.of(SERVER_VIP);
    private boolean loopback = true;

    private static GatewayAddress byAddress(String address) {
        return new GatewayAddress(
                new GatewayAddress.Destination.ByAddress(new NetworkAddress("", ip(address))),
                15008);
    }

    private static GatewayAddress byHostname(String host) {
        return new GatewayAddress(
                new GatewayAddress.Destination.ByHostname(new ServiceKey("ns", host)), 15008);
    }

    private Service service(String name, List<String> vips, Map<Integer, Integer> ports) {
        boolean server = name.equals("server");
        var addresses = new ArrayList<NetworkAddress>();
        for (var vip : vips) {
            // `network/address`, or an address of this network.
            int slash = vip.indexOf('/');
            addresses.add(
                    new NetworkAddress(
                            vip.substring(0, Math.max(0, slash)), ip(vip.substring(slash + 1))));
        }
        return new Service(
                new ServiceKey("ns", name + ".ns.svc.cluster.local"),
                name,
                addresses,
                List.of(),
                ports,
                List.of(),
                server ? ofService : Optional.empty(),
                server ? weighted : List.of(),
                Optional.empty(),
                Service.IpFamilies.AUTOMATIC,
                true,
                Service.Visibility.PUBLIC);
    }

    private InboundDecision decide(String accepted, RequestedTarget asked) {
        var server = service("server", serverVips, Map.of(80, TARGET, 81, 0));
        var waypoint = service("waypoint", List.of(WAYPOINT_VIP), Map.of(15008, 15008));
        var serverPod = workload("server", SERVER).behind(server, Map.of(80, TARGET));
        ofWorkload.ifPresent(serverPod::waypoint);
        var waypointPod = workload("waypoint", WAYPOINT).behind(waypoint, Map.of());
        tunnel.ifPresent(t -> waypointPod.tunnel(t.protocol(), t.port()));
        Workload here = accepted.equals(SERVER) ? serverPod.build() : waypointPod.build();
        var store =
                store(
                        workload("client", CLIENT).build(),
                        serverPod.build(),
                        waypointPod.build(),
                        server,
                        waypoint);
        return new InboundRouter(
                        store, Set.of(15001, 15006, 15008), new InboundRouter.Rules("", loopback))
                .tunnelled(
                        new Arrival(at(CLIENT, 1234), at(accepted, 15008), true),
                        here,
                        PEER,
                        new Asked(asked, Optional.empty(), Optional.empty()));
    }

    private InboundDecision atWaypoint(String asked) {
        return decide(WAYPOINT, new RequestedTarget.ByAddress(at(asked, TARGET)));
    }

    /// The reference's own table: who is the waypoint of what, where the tunnel arrives, what it
    /// asks for, whether it is delivered.
    @ParameterizedTest
    @CsvSource({
        "none,,             10.0.0.2, 10.0.0.2,  true",
        "workload,10.0.0.3, 10.0.0.3, 10.0.0.2,  true",
        "workload,10.10.0.2,10.0.0.3, 10.0.0.2,  true",
        "service,10.0.0.3,  10.0.0.3, 10.10.0.1, true",
        "service,10.10.0.2, 10.0.0.3, 10.10.0.1, true",
        "none,,             10.0.0.2, 10.0.0.1,  false",
        "none,,             10.0.0.3, 10.0.0.1,  false",
        "service,10.0.0.3,  10.0.0.3, 10.0.0.2,  false",
        "workload,10.0.0.3, 10.0.0.3, 10.10.0.1, false",
        "service,10.0.0.2,  10.0.0.3, 10.10.0.1, false"
    })
    void waypoint_takesWhatIsForThoseItStandsBefore(
            String attached, String waypoint, String accepted, String asked, boolean delivered) {
        switch (attached) {
            case "workload" -> ofWorkload = Optional.of(byAddress(waypoint));
            case "service" -> ofService = Optional.of(byAddress(waypoint));
            default -> {}
        }

        var decision = decide(accepted, new RequestedTarget.ByAddress(at(asked, TARGET)));

        if (delivered) {
            var deliver = (Deliver) decision;
            assertThat(deliver.target()).isEqualTo(at(accepted, TARGET));
            assertThat(deliver.header()).isEmpty();
            assertThat(deliver.caller()).isEqualTo(CallerAddress.CLIENT);
        } else {
            assertThat(((Rejected) decision).why())
                    .isEqualTo(new Rejection.IpMismatch(ip(accepted), ip(asked)));
        }
    }

    @Test
    void waypointByHostname_isRecognised() {
        ofService = Optional.of(byHostname("waypoint.ns.svc.cluster.local"));

        assertThat(atWaypoint(SERVER_VIP)).isInstanceOf(Deliver.class);
    }

    @Test
    void anyOfTheWeightedWaypoints_isOne() {
        weighted =
                List.of(
                        new Service.WeightedWaypoint(byAddress("10.10.0.9"), 90),
                        new Service.WeightedWaypoint(byAddress(WAYPOINT_VIP), 10));

        assertThat(atWaypoint(SERVER_VIP)).isInstanceOf(Deliver.class);
    }

    @ParameterizedTest
    @CsvSource({"10.0.0.2", "10.10.0.1", "192.0.2.1"})
    void applicationTunnel_takesAnyAddress_andIsToldIt(String asked) {
        tunnel = Optional.of(new ApplicationTunnel(Protocol.PROXY, 15088));

        var deliver = (Deliver) atWaypoint(asked);

        assertThat(deliver.target()).isEqualTo(at(WAYPOINT, 15088));
        assertThat(deliver.facts().port()).as("what policy judges").isEqualTo(15088);
        assertThat(deliver.facts().destination()).isEqualTo(ip(WAYPOINT));
        assertThat(deliver.caller()).isEqualTo(CallerAddress.LOOPBACK);
        assertThat(deliver.header())
                .hasValue(
                        new ProxyProtocolV2(
                                at(CLIENT, 1234),
                                at(asked, TARGET),
                                Optional.of("spiffe://cluster.local/ns/ns/sa/client")));
    }

    @Test
    void applicationTunnelWithoutLoopback_seesTheClientsAddress() {
        loopback = false;
        tunnel = Optional.of(new ApplicationTunnel(Protocol.PROXY, 15088));

        var deliver = (Deliver) atWaypoint(SERVER_VIP);

        assertThat(deliver.caller()).isEqualTo(CallerAddress.CLIENT);
        assertThat(deliver.header()).isPresent();
    }

    @Test
    void applicationTunnelWithoutAPort_keepsTheOneAskedFor() {
        tunnel = Optional.of(new ApplicationTunnel(Protocol.PROXY, 0));

        assertThat(((Deliver) atWaypoint(SERVER_VIP)).target()).isEqualTo(at(WAYPOINT, TARGET));
    }

    @Test
    void applicationTunnelWithoutAProtocol_isAPortAndNoHeader() {
        tunnel = Optional.of(new ApplicationTunnel(Protocol.NONE, 15088));

        var deliver = (Deliver) atWaypoint(SERVER_VIP);

        assertThat(deliver.target()).isEqualTo(at(WAYPOINT, 15088));
        assertThat(deliver.header()).isEmpty();
        assertThat(deliver.caller()).isEqualTo(CallerAddress.CLIENT);
    }

    @ParameterizedTest
    @CsvSource({"15008,15088", "8080,15006"})
    void applicationTunnel_isNoWayToOwnPorts(int asked, int port) {
        tunnel = Optional.of(new ApplicationTunnel(Protocol.PROXY, port));

        var decision = decide(WAYPOINT, new RequestedTarget.ByAddress(at(SERVER_VIP, asked)));

        assertThat(((Rejected) decision).why()).isInstanceOf(Rejection.SelfCall.class);
    }

    private InboundDecision byName(int port) {
        return decide(WAYPOINT, new RequestedTarget.ByHostname(SERVER_HOST, port));
    }

    /// A header has no room for a name: which of the service's addresses stands for it.
    @ParameterizedTest
    @CsvSource({
        "10.10.0.1,                          10.10.0.1",
        "2001:db8::1 10.10.0.1,              10.10.0.1",
        "other/10.99.0.1 2001:db8::1,        2001:db8::1",
        "other/10.99.0.1 10.10.0.1,          10.10.0.1",
        "other/10.99.0.1,                    10.99.0.1"
    })
    void hostname_isToldAsAnAddressOfTheService(String vips, String told) {
        serverVips = List.of(vips.split(" "));
        tunnel = Optional.of(new ApplicationTunnel(Protocol.PROXY, 15088));

        var deliver = (Deliver) byName(80);

        assertThat(deliver.header().orElseThrow().destination()).isEqualTo(at(told, 80));
        assertThat(deliver.target()).isEqualTo(at(WAYPOINT, 15088));
        assertThat(deliver.service().orElseThrow().key().hostname()).isEqualTo(SERVER_HOST);
    }

    @Test
    void hostnameWithoutAnAddress_cannotBeTold() {
        serverVips = List.of();
        tunnel = Optional.of(new ApplicationTunnel(Protocol.PROXY, 15088));

        var rejected = (Rejected) byName(80);

        assertThat(rejected.why().status()).isEqualTo(503);
        assertThat(rejected.why().text())
                .isEqualTo("requested service " + SERVER_HOST + " found, but has no IP addresses");
    }

    /// The port is named, so it differs by endpoint, and the waypoint is none; it has one port for
    /// all.
    @Test
    void hostnameWithANamedPort_needsNoTargetWhereTheTunnelHasAPort() {
        tunnel = Optional.of(new ApplicationTunnel(Protocol.PROXY, 15088));
        assertThat(((Deliver) byName(81)).target()).isEqualTo(at(WAYPOINT, 15088));

        assertThat(((Rejected) byName(82)).why()).isInstanceOf(Rejection.UnresolvedPort.class);

        tunnel = Optional.empty();
        assertThat(((Rejected) byName(81)).why()).isInstanceOf(Rejection.UnresolvedPort.class);
    }
}
