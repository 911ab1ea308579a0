package dev.ambit.e2e.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.e2e.mesh.MeshLab;
import dev.ambit.e2e.mesh.MeshPod;
import dev.ambit.identity.SpiffeId;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Ways into an application, and out of one, that a pod or a cluster has to ask for.
@Tag("lab")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ParameterizedClass(name = "{0}")
@MethodSource("dev.ambit.e2e.scenario.Pair#all")
@ExtendWith(MatrixTable.class)
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

    /// Services of a pod's echo, and pods behind waypoints whose tunnels ztunnel takes.
    private static final String YAML =
            """
            apiVersion: v1
            kind: Service
            metadata: {name: by-number, namespace: shop}
            spec:
              selector: {app: raw}
              ports: [{name: echo, port: 80, targetPort: 9001}]
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: by-name, namespace: shop}
            spec:
              selector: {app: raw}
              ports: [{name: echo, port: 80, targetPort: echo}]
            """
                    + sandwich("plain", "NONE")
                    + sandwich("proxied", "PROXY/15099");

    /// A captured waypoint `NAME`, and the pod `behind-NAME` that it is for.
    private static String sandwich(String name, String binding) {
        return """
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: Gateway
        metadata:
          name: %1$s
          namespace: shop
          labels: {istio.io/waypoint-for: workload}
          annotations: {ambient.istio.io/waypoint-inbound-binding: %2$s}
        spec:
          gatewayClassName: istio-waypoint
          listeners: [{name: mesh, port: 15008, protocol: HBONE}]
        status: {addresses: [{type: Hostname, value: %1$s.shop.svc.cluster.local}]}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: %1$s, namespace: shop}
        spec:
          selector: {gateway.networking.k8s.io/gateway-name: %1$s}
          ports: [{name: mesh, port: 15008}]
        ---
        apiVersion: v1
        kind: Pod
        metadata:
          name: %1$s
          namespace: shop
          labels: {gateway.networking.k8s.io/gateway-name: %1$s}
        spec: {nodeName: node-1, serviceAccountName: %1$s, containers: [{name: app}]}
        ---
        apiVersion: v1
        kind: Pod
        metadata:
          name: behind-%1$s
          namespace: shop
          labels: {istio.io/use-waypoint: %1$s}
        spec:
          nodeName: node-2
          serviceAccountName: behind
          containers: [{name: app, ports: [{name: echo, containerPort: 9001}]}]
        """
                .formatted(name, binding);
    }

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

    @TempDir private static Path directory;

    @Parameter private Pair pair;
    private MeshLab mesh;
    private HboneCaller caller;

    @BeforeParameterizedClassInvocation
    void up() throws IOException {
        mesh =
                Meshes.start(
                        directory.resolve(pair.toString()),
                        settings ->
                                pair.in(settings)
                                        .withZtunnelVariable("UNSTABLE_ENABLE_SOCKS5", "true"));
        caller = new HboneCaller(mesh);
        mesh.apply("way.yaml", WAYPOINT);
        mesh.apply("deliver.yaml", YAML);
        mesh.sync();
        Meshes.await(
                mesh,
                "the last of it is known",
                () -> mesh.ztunnelOf(web()).configDump().contains("behind-proxied"));
    }

    @AfterParameterizedClassInvocation
    void down() {
        if (caller != null) {
            caller.close();
        }
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

    /// The name is the proxy's to find, by what the mesh knows.
    @Test
    void socksRequestByName_isResolvedAsThePodWould() {
        int sent = mesh.ztunnelOf(web()).logPosition();

        var answer =
                mesh.curl(web(), "-x", "socks5h://127.0.0.1:15080", "http://cart.shop/by-name");

        assertThat(answer.ok()).as("%s", answer).isTrue();
        assertThat(answer.body()).contains("served-by=shop/cart").contains("path=/by-name");
        var line = Meshes.line(mesh.ztunnelOf(web()), sent, l -> l.is("dst.workload", "cart"));
        assertThat(line.fields()).containsEntry("dst.service", "cart.shop.svc.cluster.local");

        var unknown = mesh.curl(web(), "-x", "socks5h://127.0.0.1:15080", "http://nobody.invalid/");
        assertThat(unknown.exit()).as("%s", unknown).isEqualTo(PROXY_SAID_NO);
    }

    @Test
    void socksRequestThatComesToNothing_isAnsweredSo() {
        Pair.onlyAmbit(mesh, "it says yes before it has a connection", web());
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

        var told = connect(way, "192.0.2.1:80", "");

        assertThat(told.status()).isEqualTo(200);
        assertThat(told.text()).contains(web().identity());
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

    @Test
    void sandwichWaypointPlain_getsTheBytesAndConnectsOnAsItself() throws IOException {
        var server = mesh.pod("shop/behind-plain");
        // Without a port of its own: where the client went to.
        Relay.startIn(mesh, mesh.pod("shop/plain"), 9001, server.address() + ":9001");

        throughSandwich("plain", server);
    }

    @Test
    void sandwichWaypointProxyProtocol_isToldTheClientAndConnectsOnAsItself() throws IOException {
        var server = mesh.pod("shop/behind-proxied");
        var relay = Relay.startIn(mesh, mesh.pod("shop/proxied"), 15099, "proxy");

        throughSandwich("proxied", server);

        assertThat(relay.lines())
                .anySatisfy(line ->
                        assertThat(line)
                                .startsWith("proxy " + web().address() + ":")
                                .contains(" to " + server.address() + ":9001")
                                .endsWith(" d0=" + web().identity()));
    }

    private void throughSandwich(String name, MeshPod server) throws IOException {
        var waypoint = mesh.pod("shop/" + name);
        int sent = mesh.ztunnelOf(web()).logPosition();
        int received = mesh.ztunnelOf(server).logPosition();
        var counted =
                Counted.from(
                        mesh,
                        mesh.ztunnelOf(web()),
                        "reporter=\"source\"",
                        "source_workload=\"web\"",
                        "destination_workload=\"" + name + "\"");
        var arrived =
                Counted.from(
                        mesh,
                        mesh.ztunnelOf(server),
                        "reporter=\"destination\"",
                        "source_workload=\"" + name + "\"",
                        "destination_workload=\"behind-" + name + "\"");

        Meshes.echoOnce(mesh, web(), server.address(), 9001);

        counted.isOne(Meshes.HELLO.length(), Meshes.HELLO.length());
        arrived.isOne(Meshes.HELLO.length(), Meshes.HELLO.length());
        var out = Meshes.line(mesh.ztunnelOf(web()), sent, l -> l.is("src.workload", "web"));
        assertThat(out.fields())
                .containsEntry("dst.hbone_addr", server.address() + ":9001")
                .containsEntry("dst.addr", waypoint.address() + ":15008")
                .containsEntry("dst.identity", waypoint.identity())
                .doesNotContainKey("error");
        var in =
                Meshes.line(
                        mesh.ztunnelOf(server),
                        received,
                        l -> l.is("direction", "inbound") && l.is("src.workload", name));
        assertThat(in.fields())
                .containsEntry("src.identity", waypoint.identity())
                .containsEntry("dst.identity", server.identity())
                .doesNotContainKey("error");
    }

    @ParameterizedTest
    @ValueSource(strings = {"by-number", "by-name"})
    void svcHostname_inTheAuthority_isDeliveredToTheTargetPort(String service) throws Exception {
        var raw = mesh.pod("shop/raw");
        var host = service + ".shop.svc.cluster.local";
        int before = mesh.ztunnelOf(raw).logPosition();

        var told = connect(raw, host + ":80", Meshes.HELLO);

        assertThat(told).isEqualTo(new HboneCaller.Told(200, Meshes.HELLO));
        var line =
                Meshes.line(
                        mesh.ztunnelOf(raw),
                        before,
                        l -> l.is("direction", "inbound") && l.is("dst.service", host));
        assertThat(line.fields())
                .containsEntry("dst.workload", "raw")
                .containsEntry("src.identity", web().identity())
                .containsEntry("bytes_recv", Integer.toString(Meshes.HELLO.length()))
                .doesNotContainKey("error");
    }

    /// A CONNECT of the web's identity, from a pod outside the mesh.
    private HboneCaller.Told connect(MeshPod to, String target, String bytes) throws Exception {
        var as = Issued.by(mesh, SpiffeId.parse(web().identity()));
        return caller.call(mesh.pod("legacy/batch"), as, to, target, bytes);
    }
}
