package dev.ambit.e2e.scenario;

import static dev.ambit.e2e.scenario.Meshes.line;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.e2e.lab.Running;
import dev.ambit.e2e.mesh.MeshLab;
import dev.ambit.e2e.mesh.MeshPod;
import dev.ambit.identity.SpiffeId;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Services of other networks, behind a gateway that hands the inner tunnel on without a look into
/// it. The gateway and what answers behind it are processes of ours with identities of their own.
@Tag("lab")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ParameterizedClass(name = "{0}")
@MethodSource("dev.ambit.e2e.scenario.Pair#all")
@ExtendWith(MatrixTable.class)
class GatewayScenario {
    private static final String PODS =
            """
            apiVersion: v1
            kind: Pod
            metadata:
              name: gate
              namespace: shop
              labels: {app: gate, istio.io/dataplane-mode: none, networking.istio.io/tunnel: http}
            spec: {nodeName: node-2, serviceAccountName: gate, containers: [{name: app}]}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: far, namespace: shop, labels: {istio.io/dataplane-mode: none}}
            spec: {nodeName: node-2, serviceAccountName: far, containers: [{name: app}]}
            """;

    /// Two networks behind the same gateway, known by its address and by its service's name; one
    /// service in each, and one whose waypoint is in the first.
    ///
    /// @param gate address of the gateway
    private static String networks(String gate) {
        return """
        apiVersion: gateway.networking.k8s.io/v1
        kind: GatewayClass
        metadata: {name: istio-waypoint}
        spec: {controllerName: istio.io/mesh-controller}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: gate, namespace: shop}
        spec:
          clusterIP: 10.96.8.1
          selector: {app: gate}
          ports: [{name: hbone, port: 15009, targetPort: 15008}]
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: Gateway
        metadata: {name: remote-wp, namespace: shop, labels: {istio.io/waypoint-for: service}}
        spec:
          gatewayClassName: istio-waypoint
          listeners: [{name: mesh, port: 15008, protocol: HBONE}]
        status: {addresses: [{type: Hostname, value: remote-wp.example.com}]}
        """
                + gateway("by-address", "net-2", 15008, "IPAddress", gate)
                + gateway("by-name", "net-3", 15009, "Hostname", "gate.shop.svc.cluster.local")
                + service("remote-wp", "240.9.1.9", 15008, "net-2", "")
                + service("far-2", "240.9.1.1", 80, "net-2", "")
                + service("far-3", "240.9.1.2", 80, "net-3", "")
                + service("far-l7", "240.9.1.3", 80, "net-2", "istio.io/use-waypoint: remote-wp");
    }

    private static String gateway(
            String name, String network, int port, String type, String address) {
        return """
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: Gateway
        metadata:
          name: %s
          namespace: shop
          labels: {topology.istio.io/network: %s}
          annotations: {gateway.istio.io/service-account: gate}
        spec:
          gatewayClassName: istio-remote
          listeners:
            - {name: cross, port: %d, protocol: HBONE, tls: {mode: Passthrough}}
        status: {addresses: [{type: %s, value: %s}]}
        """
                .formatted(name, network, port, type, address);
    }

    private static String service(String name, String vip, int port, String network, String label) {
        return """
        ---
        apiVersion: networking.istio.io/v1
        kind: ServiceEntry
        metadata: {name: %1$s, namespace: shop, labels: {%5$s}}
        spec:
          hosts: [%1$s.example.com]
          addresses: [%2$s]
          resolution: STATIC
          ports: [{number: %3$d, name: tcp, protocol: TCP}]
          subjectAltNames: ["spiffe://cluster.local/ns/shop/sa/far"]
          endpoints:
            - {address: 10.99.0.1, network: %4$s, labels: {networking.istio.io/tunnel: http}}
        """
                .formatted(name, vip, port, network, label);
    }

    @TempDir private static Path directory;

    @Parameter private Pair pair;
    private MeshLab mesh;
    private Running gate;
    private Running far;

    @BeforeParameterizedClassInvocation
    void up() throws Exception {
        Path own = directory.resolve(pair.toString());
        mesh = Meshes.start(own, pair::in);
        mesh.apply("pods.yaml", PODS);
        mesh.sync();
        var gatePod = mesh.pod("shop/gate");
        var farPod = mesh.pod("shop/far");
        far = HbonePeer.startIn(mesh, farPod, own);
        gate =
                HbonePeer.startIn(
                        mesh,
                        gatePod,
                        SpiffeId.parse(gatePod.identity()),
                        own,
                        farPod.address() + ":15008");
        mesh.apply("networks.yaml", networks(gatePod.address()));
        mesh.sync();
        Meshes.await(
                mesh,
                "the services of other networks",
                () -> mesh.ztunnelOf(web()).configDump().contains("far-l7.example.com"));
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

    /// Both tunnels ask for the service by name; the far end's proof and word stand in line and
    /// metrics, and the gateway sees nothing but the outer request.
    @ParameterizedTest
    @CsvSource({
        "far-2, 240.9.1.1, gateway known by its address",
        "far-3, 240.9.1.2, gateway known by its service's name and port",
        "far-l7, 240.9.1.3, to the service's waypoint there"
    })
    void doubleHbone_endsBehindTheGateway(String service, String vip, String what)
            throws IOException {
        var web = web();
        var ztunnel = mesh.ztunnelOf(web);
        var host = service + ".example.com";
        var asked = "waypoint for %s:80 from %s".formatted(host, web.identity());
        int before = ztunnel.logPosition();
        var counted =
                Counted.from(
                        mesh,
                        ztunnel,
                        "reporter=\"source\"",
                        "destination_service=\"" + host + "\"",
                        "destination_workload=\"far\"",
                        "destination_principal=\"spiffe://cluster.local/ns/shop/sa/far\"",
                        "connection_security_policy=\"mutual_tls\"");
        String back;
        try (var socket =
                mesh.sockets().connect(web.place().netns(), InetAddress.ofLiteral(vip), 80)) {
            socket.getOutputStream().write(Meshes.HELLO.getBytes(UTF_8));
            socket.shutdownOutput();
            back = new String(socket.getInputStream().readAllBytes(), UTF_8);
        }
        assertThat(back).as(what).isEqualTo(asked + "\n" + Meshes.HELLO);
        assertThat(gate.lines()).contains(asked);
        assertThat(far.lines()).contains(asked + " network ''");
        counted.isOne(Meshes.HELLO.length(), back.length());
        var line = line(ztunnel, before, l -> l.is("dst.hbone_addr", host + ":80"));
        assertThat(line.fields())
                .containsEntry("direction", "outbound")
                .containsEntry("src.identity", web.identity())
                .containsEntry("dst.addr", mesh.pod("shop/gate").address() + ":15008")
                .containsEntry("dst.workload", "far")
                .containsEntry("dst.identity", "spiffe://cluster.local/ns/shop/sa/far")
                .containsEntry("dst.service", host)
                .containsEntry("bytes_sent", Integer.toString(Meshes.HELLO.length()))
                .containsEntry("bytes_recv", Integer.toString(back.length()))
                .doesNotContainKey("error");
    }
}
