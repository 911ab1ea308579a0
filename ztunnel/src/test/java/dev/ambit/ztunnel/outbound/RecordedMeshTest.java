package dev.ambit.ztunnel.outbound;

import static dev.ambit.ztunnel.MeshOf.at;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.identity.SpiffeId;
import dev.ambit.mesh.model.Service;
import dev.ambit.mesh.proto.discovery.DeltaDiscoveryResponse;
import dev.ambit.mesh.proto.workload.Address;
import dev.ambit.mesh.store.Change;
import dev.ambit.mesh.store.MeshStore;
import dev.ambit.mesh.xds.AddressMapper;
import dev.ambit.ztunnel.Recorded;
import dev.ambit.ztunnel.outbound.OutboundDecision.DoubleTunnel;
import dev.ambit.ztunnel.outbound.OutboundDecision.Passthrough;
import dev.ambit.ztunnel.outbound.OutboundDecision.Resolve;
import dev.ambit.ztunnel.outbound.OutboundDecision.Tunnel;
import java.io.BufferedInputStream;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

/// Decisions in meshes as a real istiod describes them.
class RecordedMeshTest {
    private static MeshStore mesh(String recording) throws Exception {
        var file = Recorded.file(recording + "/ztunnel.pb.gz");
        var batch = new ArrayList<Change>();
        try (var in = new BufferedInputStream(new GZIPInputStream(Files.newInputStream(file)))) {
            DeltaDiscoveryResponse response;
            while ((response = DeltaDiscoveryResponse.parseDelimitedFrom(in)) != null) {
                if (response.getTypeUrl().endsWith(".Address")) {
                    for (var resource : response.getResourcesList()) {
                        var address = Address.parseFrom(resource.getResource().getValue());
                        batch.add(AddressMapper.map(address));
                    }
                }
            }
        }
        var store = new MeshStore("");
        store.apply(batch);
        return store;
    }

    /// From the pod whose uid has this in it.
    private static OutboundDecision decide(MeshStore mesh, String pod, String dst, int port) {
        var source =
                mesh.workloads().stream()
                        .filter(w -> w.uid().contains("//Pod/shop/" + pod + "-"))
                        .findFirst()
                        .orElseThrow();
        var client = new java.net.InetSocketAddress(source.addresses().getFirst(), 5555);
        return new OutboundRouter(mesh, Set.of(), new SplittableRandom(1))
                .decide(new CapturedConnection(client, new OriginalDst(at(dst, port)), source));
    }

    private static void removePod(MeshStore mesh, String name) {
        mesh.workloads().stream()
                .filter(w -> w.uid().contains("//Pod/shop/" + name + "-"))
                .forEach(w -> mesh.apply(List.of(new Change.RemoveAddress(w.uid()))));
    }

    private static SpiffeId id(String namespace, String account) {
        return new SpiffeId("cluster.local", namespace, account);
    }

    private static String vip(MeshStore mesh, String hostname) {
        Service service = mesh.servicesByHost(hostname).getFirst();
        return service.vips().getFirst().address().getHostAddress();
    }

    @Test
    void globalServiceWithAWaypoint_goesToTheWaypointOfItsOwnNetwork() throws Exception {
        var tunnel = (Tunnel) decide(mesh("multi-network"), "web", "10.96.0.13", 80);

        assertThat(tunnel.nextHop()).isEqualTo(new NextHop(at("10.1.1.11", 15008)));
        assertThat(tunnel.authority()).isEqualTo("10.96.0.13:80");
        assertThat(tunnel.accepts()).containsExactly(id("shop", "wp"));
    }

    @Test
    void waypointThatIsLeftOnTheOtherNetworkOnly_isReachedThroughTheGateway() throws Exception {
        var mesh = mesh("multi-network");
        removePod(mesh, "wp");

        var tunnels = (DoubleTunnel) decide(mesh, "web", "10.96.0.13", 80);

        assertThat(tunnels.gateway()).isEqualTo(new NextHop(at("203.0.113.2", 15008)));
        assertThat(tunnels.gatewayAccepts()).containsExactly(id("istio-gateways", "eastwest"));
        assertThat(tunnels.authority()).isEqualTo("catalog.shop.svc.cluster.local:80");
        assertThat(tunnels.innerAccepts()).containsExactly(id("shop", "wp"));
    }

    @Test
    void globalServiceWithoutAPodHere_isReachedThroughTheGateway() throws Exception {
        var mesh = mesh("multi-network");
        removePod(mesh, "web");

        var tunnels = (DoubleTunnel) decide(mesh, "cart", "10.96.0.12", 80);

        assertThat(tunnels.gateway()).isEqualTo(new NextHop(at("203.0.113.2", 15008)));
        assertThat(tunnels.authority()).isEqualTo("web.shop.svc.cluster.local:80");
        assertThat(tunnels.innerAccepts()).containsExactly(id("shop", "web"));
    }

    @Test
    void podBehindAServiceWithAWaypoint_byItsOwnAddressIsReachedItself() throws Exception {
        var tunnel = (Tunnel) decide(mesh("multi-network"), "web", "10.1.2.10", 8080);

        assertThat(tunnel.nextHop()).isEqualTo(new NextHop(at("10.1.2.10", 15008)));
        assertThat(tunnel.accepts()).containsExactly(id("shop", "catalog"));
    }

    @Test
    void serviceEntryOfHostnames_isResolved() throws Exception {
        var mesh = mesh("basic");
        var resolve = (Resolve) decide(mesh, "web", vip(mesh, "api.partner.example"), 443);

        assertThat(resolve.hostname()).isEqualTo("api.partner.example");
    }

    @Test
    void serviceEntryOfARange_isPassedThrough_orGoesToItsWaypoint() throws Exception {
        assertThat(decide(mesh("basic"), "web", "240.3.9.9", 443))
                .isEqualTo(new Passthrough(new NextHop(at("240.3.9.9", 443))));

        var tunnel = (Tunnel) decide(mesh("waypoint-serviceentry"), "web", "240.3.9.9", 443);
        assertThat(tunnel.nextHop()).isEqualTo(new NextHop(at("10.1.1.10", 15008)));
        assertThat(tunnel.authority()).isEqualTo("240.3.9.9:443");
    }
}
