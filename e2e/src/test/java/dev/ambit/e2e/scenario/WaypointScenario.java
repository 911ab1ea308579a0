package dev.ambit.e2e.scenario;

import static dev.ambit.e2e.scenario.Meshes.line;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.e2e.mesh.AccessLine;
import dev.ambit.e2e.mesh.MeshLab;
import dev.ambit.e2e.mesh.MeshPod;
import java.io.IOException;
import java.net.InetAddress;
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
import org.junit.jupiter.params.provider.MethodSource;

/// Traffic that has to go through a waypoint: by how it is addressed, and never around it.
@Tag("lab")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ParameterizedClass(name = "{0}")
@MethodSource("dev.ambit.e2e.scenario.Pair#all")
@ExtendWith(MatrixTable.class)
class WaypointScenario {
    private static final String BY_NAME_VIP = "10.96.7.1";
    private static final String MISSING_VIP = "10.96.7.2";
    private static final String BY_ADDRESS_VIP = "10.96.7.3";
    private static final String WP_VIP = "10.96.7.10";
    private static final String WL_VIP = "10.96.7.11";
    private static final String ELSEWHERE = "waypoint.example.com";

    /// Waypoints that are referred to by a service's name, by an address, and by the name of a
    /// workload outside the cluster; what is attached to them, and a service whose waypoint has no
    /// pod.
    private static final String YAML =
            """
            apiVersion: gateway.networking.k8s.io/v1
            kind: GatewayClass
            metadata: {name: istio-waypoint}
            spec: {controllerName: istio.io/mesh-controller}
            """
                    + gateway("wp", "Hostname", "wp.shop.svc.cluster.local")
                    + inFront("wp", WP_VIP)
                    + gateway("wl", "IPAddress", WL_VIP)
                    + inFront("wl", WL_VIP)
                    + gateway("wx", "Hostname", ELSEWHERE)
                    + gateway("empty", "IPAddress", "10.96.7.12")
                    + service("empty", "10.96.7.12")
                    + attached("cart-l7", BY_NAME_VIP, "wp")
                    + attached("cart-ip", BY_ADDRESS_VIP, "wl")
                    + attached("cart-lost", MISSING_VIP, "empty")
                    + pod("worker", "istio.io/use-waypoint: wl")
                    + pod("named", "istio.io/use-waypoint: wp")
                    + pod("abroad", "istio.io/use-waypoint: wx")
                    + pod("wx", "istio.io/dataplane-mode: none")
                    + """
                    ---
                    apiVersion: networking.istio.io/v1
                    kind: WorkloadEntry
                    metadata:
                      name: wx
                      namespace: shop
                      labels: {networking.istio.io/tunnel: http}
                    spec: {address: waypoint.example.com, serviceAccount: wx}
                    """;

    private static String gateway(String name, String type, String address) {
        return """
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: Gateway
        metadata: {name: %s, namespace: shop, labels: {istio.io/waypoint-for: all}}
        spec:
          gatewayClassName: istio-waypoint
          listeners: [{name: mesh, port: 15008, protocol: HBONE}]
        status: {addresses: [{type: %s, value: %s}]}
        """
                .formatted(name, type, address);
    }

    /// A waypoint's service and its pod.
    private static String inFront(String name, String vip) {
        var labels =
                "istio.io/dataplane-mode: none, gateway.networking.k8s.io/gateway-name: " + name;
        return service(name, vip) + pod(name, labels);
    }

    private static String service(String waypoint, String vip) {
        return """
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: %1$s, namespace: shop}
        spec:
          clusterIP: %2$s
          ports: [{name: mesh, port: 15008}]
          selector: {gateway.networking.k8s.io/gateway-name: %1$s}
        """
                .formatted(waypoint, vip);
    }

    private static String attached(String name, String vip, String waypoint) {
        return """
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: %s, namespace: shop, labels: {istio.io/use-waypoint: %s}}
        spec:
          clusterIP: %s
          ports: [{name: tcp, port: 80, targetPort: 8080}]
          selector: {app: cart}
        """
                .formatted(name, waypoint, vip);
    }

    private static String pod(String name, String labels) {
        return """
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: %1$s, namespace: shop, labels: {%2$s}}
        spec: {nodeName: node-2, serviceAccountName: %1$s, containers: [{name: app}]}
        """
                .formatted(name, labels);
    }

    @TempDir private static Path directory;

    @Parameter private Pair pair;
    private MeshLab mesh;

    @BeforeParameterizedClassInvocation
    void up() throws Exception {
        Path own = directory.resolve(pair.toString());
        mesh = Meshes.start(own, pair::in);
        mesh.apply("waypoints.yaml", YAML);
        mesh.sync();
        HbonePeer.startIn(mesh, mesh.pod("shop/wp"), own);
        HbonePeer.startIn(mesh, mesh.pod("shop/wl"), own);
        var wx = mesh.pod("shop/wx");
        HbonePeer.startIn(mesh, wx, own);
        mesh.writeHosts(web().place().node(), wx.address() + " " + ELSEWHERE + "\n");
        if (!mesh.ambitServes(web())) {
            // It reads that file at its start.
            mesh.ztunnelOf(web()).process().stop();
            mesh.startZtunnel(web().place().node()).awaitReady();
        }
        Meshes.await(
                mesh,
                "ztunnel of web knows the new service",
                () -> mesh.ztunnelOf(web()).configDump().contains("cart-lost.shop"));
        Meshes.await(
                mesh,
                "and the waypoint elsewhere",
                () -> mesh.ztunnelOf(web()).configDump().contains("\"" + ELSEWHERE + "\""));
    }

    @AfterParameterizedClassInvocation
    void down() {
        if (mesh != null) {
            mesh.close();
        }
    }

    private MeshPod web() {
        return mesh.pod("shop/web");
    }

    /// One connection whose first line comes back from a waypoint, and what is sent afterwards too;
    /// its access line and its metrics name the waypoint.
    private AccessLine goesThrough(String waypoint, String address, int port) throws IOException {
        var web = web();
        var ztunnel = mesh.ztunnelOf(web);
        var wp = mesh.pod("shop/" + waypoint);
        var told = "waypoint for %s:%d from %s\n".formatted(address, port, web.identity());
        int before = ztunnel.logPosition();
        var counted =
                Counted.from(
                        mesh,
                        ztunnel,
                        "reporter=\"source\"",
                        "source_workload=\"web\"",
                        "destination_principal=\"" + wp.identity() + "\"",
                        "connection_security_policy=\"mutual_tls\"");
        String back;
        try (var socket =
                mesh.sockets().connect(web.place().netns(), InetAddress.ofLiteral(address), port)) {
            socket.getOutputStream().write(Meshes.HELLO.getBytes(UTF_8));
            socket.shutdownOutput();
            back = new String(socket.getInputStream().readAllBytes(), UTF_8);
        }
        assertThat(back).isEqualTo(told + Meshes.HELLO);
        counted.isOne(Meshes.HELLO.length(), back.length());
        var line = line(ztunnel, before, l -> l.is("dst.hbone_addr", address + ":" + port));
        assertThat(line.message()).isEqualTo("connection complete");
        assertThat(line.fields())
                .containsEntry("direction", "outbound")
                .containsEntry("src.workload", "web")
                .containsEntry("src.identity", web.identity())
                .containsEntry("dst.addr", wp.address() + ":15008")
                .containsEntry("dst.workload", waypoint)
                .containsEntry("dst.namespace", "shop")
                .containsEntry("dst.identity", wp.identity())
                .containsEntry("bytes_sent", Integer.toString(Meshes.HELLO.length()))
                .containsEntry("bytes_recv", Integer.toString(back.length()))
                .doesNotContainKey("error");
        return line;
    }

    @Test
    void serviceWaypoint_byAddress_getsTrafficToTheService() throws IOException {
        assertThat(goesThrough("wl", BY_ADDRESS_VIP, 80).fields())
                .containsEntry("dst.service", "cart-ip.shop.svc.cluster.local");
    }

    @Test
    void serviceWaypoint_byHostname_getsTrafficToTheService() throws IOException {
        assertThat(goesThrough("wp", BY_NAME_VIP, 80).fields())
                .containsEntry("dst.service", "cart-l7.shop.svc.cluster.local");
    }

    @Test
    void workloadWaypoint_byAddress_getsTrafficToThePod() throws IOException {
        goesThrough("wl", mesh.pod("shop/worker").address(), 8080);
    }

    @Test
    void serviceWaypointHostname_ofAPod_getsTrafficToThePod() throws IOException {
        goesThrough("wp", mesh.pod("shop/named").address(), 8080);
    }

    /// Neither a service nor a pod of the cluster has this name: it is asked for.
    @Test
    void serviceWaypointWorkloadHostname_isResolvedAndGetsTrafficToThePod() throws IOException {
        goesThrough("wx", mesh.pod("shop/abroad").address(), 8080);
    }

    @Test
    void podTraffic_toAPodBehindAServicesWaypoint_goesStraight() {
        var answer = mesh.curl(web(), Meshes.url(mesh.pod("shop/cart"), 8080, "/"));

        assertThat(answer.body()).contains("served-by=shop/cart");
    }

    @Test
    void waypointWithoutAPod_isARefusalAndNeverAWayAround() {
        int before = mesh.ztunnelOf(web()).logPosition();

        var answer = mesh.curl(web(), "http://" + MISSING_VIP + "/");

        assertThat(answer.ok()).isFalse();
        var line = line(mesh.ztunnelOf(web()), before, l -> l.is("dst.addr", MISSING_VIP + ":80"));
        assertThat(line.level()).isEqualTo("warn");
        assertThat(line.field("error").orElse("")).contains("waypoint");
    }
}
