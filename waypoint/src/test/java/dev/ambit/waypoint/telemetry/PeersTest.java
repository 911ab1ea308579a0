package dev.ambit.waypoint.telemetry;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.mesh.model.Workload;
import dev.ambit.mesh.store.Change;
import dev.ambit.mesh.store.MeshStore;
import dev.ambit.waypoint.exchange.ConnectionInfo;
import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.exchange.TunnelPeer;
import dev.ambit.waypoint.telemetry.FrontTelemetry.Discovery;
import dev.ambit.waypoint.upstream.UpstreamHost;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PeersTest {
    private final MeshStore mesh = new MeshStore("");
    private final PeerDirectory peers = new PeerDirectory(mesh, "net", 2);

    PeersTest() {
        mesh.listen(peers);
    }

    private void put(String name, String ip) throws UnknownHostException {
        mesh.apply(
                List.of(
                        new Change.PutWorkload(
                                new Workload(
                                        "c//Pod/ns/" + name,
                                        name,
                                        "ns",
                                        List.of(InetAddress.getByName(ip)),
                                        "",
                                        "net",
                                        Workload.TunnelProtocol.HBONE,
                                        "cluster.local",
                                        "sa",
                                        Optional.empty(),
                                        Optional.empty(),
                                        "",
                                        name + "-service",
                                        "v1",
                                        Workload.WorkloadType.DEPLOYMENT,
                                        name + "-workload",
                                        false,
                                        Optional.empty(),
                                        Map.of(),
                                        List.of(),
                                        Workload.Health.HEALTHY,
                                        "c",
                                        new Workload.Locality("r", "z", ""),
                                        Workload.NetworkMode.STANDARD,
                                        1))));
    }

    private @Nullable String workload(String ip) {
        var peer = peers.find(ip);
        return peer == null ? null : peer.workload();
    }

    @Test
    void address_known_isItsWorkload() throws UnknownHostException {
        put("web", "10.0.0.1");
        put("six", "fd00::1");
        assertThat(peers.find("10.0.0.1"))
                .isEqualTo(
                        new PeerMetadata(
                                "web",
                                "c",
                                "ns",
                                "web-workload",
                                "web-service",
                                "v1",
                                "web-service",
                                "v1",
                                "deployment",
                                "spiffe://cluster.local/ns/ns/sa/sa",
                                "r",
                                "z"))
                .isSameAs(peers.find("10.0.0.1"));
        assertThat(workload("fd00::1")).isEqualTo("six-workload");
    }

    @Test
    void address_nobodys_isNull() throws UnknownHostException {
        put("web", "10.0.0.1");
        assertThat(workload("")).isNull();
        assertThat(workload("10.0.0.2")).isNull();
        assertThat(workload("no address")).isNull();
        // Beyond what is kept at hand.
        assertThat(workload("10.0.0.3")).isNull();
        assertThat(workload("10.0.0.1")).isEqualTo("web-workload");
    }

    @Test
    void mesh_changed_isAskedAgain() throws UnknownHostException {
        assertThat(workload("10.0.0.1")).isNull();
        put("web", "10.0.0.1");
        assertThat(workload("10.0.0.1")).isEqualTo("web-workload");
        mesh.apply(List.of(new Change.RemoveAddress("c//Pod/ns/web")));
        assertThat(workload("10.0.0.1")).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        // Address first; what it says of itself only where that is asked for.
        "10.0.0.1, true, k8s.deployment.name=bag, web-workload",
        "10.0.0.9, true, k8s.deployment.name=bag, bag",
        "'', true, k8s.deployment.name=bag, bag",
        "'', false, k8s.deployment.name=bag, ''",
        "'', true, nonsense, ''",
    })
    void destination_isFoundByAddressThenBaggage(
            String ip, boolean told, String baggage, String expected) throws UnknownHostException {
        put("web", "10.0.0.1");
        var info = new StreamInfo(connection("", ""), 0, 0);
        info.tunnelPeer = new TunnelPeer("spiffe://td/ns/a/sa/cart", baggage);
        var found = new UpstreamPeers(peers, told).find(info, new At(ip));
        assertThat(found == null ? "" : found.workload()).isEqualTo(expected);
        if (expected.equals("bag")) {
            assertThat(requireNonNull(found).identity()).isEqualTo("spiffe://td/ns/a/sa/cart");
            assertThat(new UpstreamPeers(peers, told).find(info, new At(ip))).isSameAs(found);
        }
    }

    private record At(String workloadAddress) implements UpstreamHost {
        @Override
        public String address() {
            return "";
        }

        @Override
        public String hostname() {
            return "";
        }

        @Override
        public int priority() {
            return 0;
        }

        @Override
        public void report(HostResult result) {}
    }

    private static ConnectionInfo connection(String network, String baggage) {
        return new ConnectionInfo(
                "spiffe://td/ns/a/sa/b",
                "",
                new InetSocketAddress("10.0.0.1", 1),
                null,
                "",
                Optional.of(baggage).filter(text -> !text.isEmpty()),
                Optional.of(network).filter(text -> !text.isEmpty()),
                0,
                1);
    }

    @ParameterizedTest
    @CsvSource({
        // Address first, unless it is another network's.
        "'', k8s.deployment.name=bag, web-workload",
        "net, k8s.deployment.name=bag, web-workload",
        "other, k8s.deployment.name=bag, bag",
        "other, '', ''",
        "other, nonsense, ''",
    })
    void caller_isFoundByAddressThenBaggage(String network, String baggage, String expected)
            throws UnknownHostException {
        put("web", "10.0.0.1");
        var front =
                new FrontTelemetry(
                        peers,
                        List.of(Discovery.WORKLOAD, Discovery.BAGGAGE),
                        false,
                        List.of(),
                        List.of());
        var connection = connection(network, baggage);
        front.onConnect(connection);
        var peer = (PeerMetadata) connection.downstreamPeer();
        assertThat(peer == null ? "" : peer.workload()).isEqualTo(expected);
    }

    @Test
    void caller_byBaggage_hasItsProvenIdentity() {
        var front =
                new FrontTelemetry(null, List.of(Discovery.BAGGAGE), false, List.of(), List.of());
        var connection = connection("", "service.name=s,service.version=2,k8s.pod.name=p");
        front.onConnect(connection);
        assertThat(connection.downstreamPeer())
                .isEqualTo(
                        new PeerMetadata(
                                "",
                                "",
                                "",
                                "p",
                                "s",
                                "2",
                                "s",
                                "2",
                                "pod",
                                "spiffe://td/ns/a/sa/b",
                                "",
                                ""));
    }
}
