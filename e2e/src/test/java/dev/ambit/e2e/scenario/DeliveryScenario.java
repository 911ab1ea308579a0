package dev.ambit.e2e.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.e2e.lab.LabNeeds;
import dev.ambit.e2e.mesh.MeshLab;
import dev.ambit.e2e.mesh.MeshPod;
import dev.ambit.identity.SpiffeId;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// Ways into an application, and out of one, that a pod or a cluster has to ask for.
@Tag("lab")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DeliveryScenario {

    /// CURLE_PROXY: the SOCKS server said no.
    private static final int PROXY_SAID_NO = 97;

    /// A waypoint's pod that takes PROXY headers, and says back what it is told.
    private static final String WAYPOINT =
            """
            apiVersion: gateway.networking.k8s.io/v1
            kind: Gateway
            metadata:
              name: way
              namespace: shop
              annotations: {ambient.istio.io/waypoint-inbound-binding: PROXY/15088}
            spec:
              gatewayClassName: istio-waypoint
              listeners: [{name: mesh, port: 15008, protocol: HBONE}]
            status: {addresses: [{type: Hostname, value: way.shop.svc.cluster.local}]}
            ---
            apiVersion: v1
            kind: Pod
            metadata:
              name: way
              namespace: shop
              labels: {gateway.networking.k8s.io/gateway-name: way}
            spec:
              nodeName: node-2
              serviceAccountName: way
              containers:
                - name: way
                  ports: [{name: echo, containerPort: 15088}]
            """;

    private static final String OWN_POD =
            """
            apiVersion: v1
            kind: Pod
            metadata:
              name: ztunnel-node-2
              namespace: istio-system
              annotations: {ambient.istio.io/redirection: enabled}
            spec:
              nodeName: node-2
              serviceAccountName: ztunnel
            status:
              phase: Running
              podIP: %1$s
              podIPs: [{ip: %1$s}]
              conditions: [{type: Ready, status: "True"}]
            """;

    private MeshLab mesh;
    private Path files;

    @BeforeAll
    void up(@TempDir Path directory) throws IOException {
        LabNeeds.require("nghttp");
        files = directory;
        mesh =
                Meshes.start(
                        directory,
                        settings ->
                                settings.withZtunnelEnvironment(
                                        Map.of("UNSTABLE_ENABLE_SOCKS5", "true")));
        mesh.apply("way.yaml", WAYPOINT);
        mesh.sync();
    }

    @AfterAll
    void down() {
        if (mesh != null) {
            mesh.close();
        }
    }

    private MeshPod web() {
        return mesh.pod("shop/web");
    }

    @Test
    void socksRequest_goesTheWayOfACapturedConnection() {
        var cart = mesh.pod("shop/cart");
        int sent = mesh.ztunnelOf(web()).logPosition();

        var answer =
                mesh.curl(web(), "-x", "socks5://127.0.0.1:15080", "http://cart.shop/by-socks");

        assertThat(answer.ok()).as("%s", answer).isTrue();
        assertThat(answer.body()).contains("served-by=shop/cart").contains("path=/by-socks");
        var line = Meshes.line(mesh.ztunnelOf(web()), sent, l -> l.is("dst.workload", "cart"));
        assertThat(line.fields())
                .containsEntry("src.identity", web().identity())
                .containsEntry("dst.identity", cart.identity())
                .containsEntry("dst.service", "cart.shop.svc.cluster.local");
    }

    @Test
    void socksRequestThatComesToNothing_isAnsweredSo() {
        var cart = mesh.pod("shop/cart");

        var answer =
                mesh.curl(
                        web(),
                        "-x",
                        "socks5://127.0.0.1:15080",
                        "http://" + cart.address() + ":9999/");

        assertThat(answer.exit()).as("%s", answer).isEqualTo(PROXY_SAID_NO);
    }

    @Test
    void applicationTunnel_isToldWhoConnectsToWhat_overLoopback() throws Exception {
        var way = mesh.pod("shop/way");
        int before = mesh.ztunnelOf(way).logPosition();

        String told = connect(way, "192.0.2.1:80");

        assertThat(told).contains(":status: 200").contains("spiffe://cluster.local/ns/shop/sa/web");
        var line = Meshes.line(mesh.ztunnelOf(way), before, l -> l.is("direction", "inbound"));
        assertThat(line.fields())
                .containsEntry("dst.hbone_addr", "192.0.2.1:80")
                .containsEntry("dst.workload", "way")
                .doesNotContainKey("error");
    }

    @Test
    void ownPagesOfZtunnel_areReachedThroughItsOwnTunnel() {
        var there = mesh.ztunnel("node-2");
        var address = there.node().address().getHostAddress();
        // For the control plane only: the lab has it as a process of the node already.
        mesh.apply("self.yaml", OWN_POD.formatted(address));
        Meshes.await(
                mesh,
                "the ztunnel's own workload",
                () -> mesh.ztunnelOf(web()).configDump().contains("ztunnel-node-2"));
        int before = there.logPosition();

        var answer = mesh.curl(web(), "http://" + address + ":15020/metrics");

        assertThat(answer.ok()).as("%s", answer).isTrue();
        assertThat(answer.body()).contains("istio_tcp_connections_opened_total");
        var line = Meshes.line(there, before, l -> l.is("dst.workload", "ztunnel-node-2"));
        assertThat(line.fields())
                .containsEntry("src.identity", web().identity())
                .containsEntry("dst.hbone_addr", address + ":15020")
                .doesNotContainKey("error");
    }

    /// A CONNECT of the web's identity, from a pod outside the mesh.
    private String connect(MeshPod to, String target) throws Exception {
        var client = new Nghttp(mesh, files);
        var id = new SpiffeId("cluster.local", "shop", "web");
        return client.connect(client.meshAuthority(), id, to, target);
    }
}
