package dev.ambit.e2e.scenario;

import static dev.ambit.e2e.scenario.Meshes.line;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.e2e.mesh.MeshLab;
import dev.ambit.e2e.mesh.MeshPod;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
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
    private static final String SERVICE_VIP = "10.96.7.1";
    private static final String MISSING_VIP = "10.96.7.2";

    /// Two waypoints, one for services and one for workloads; what is attached to them, and a
    /// service whose waypoint has no pod.
    private static final String YAML =
            """
            apiVersion: gateway.networking.k8s.io/v1
            kind: GatewayClass
            metadata: {name: istio-waypoint}
            spec: {controllerName: istio.io/mesh-controller}
            ---
            apiVersion: gateway.networking.k8s.io/v1
            kind: Gateway
            metadata: {name: wp, namespace: shop, labels: {istio.io/waypoint-for: service}}
            spec:
              gatewayClassName: istio-waypoint
              listeners: [{name: mesh, port: 15008, protocol: HBONE}]
            status: {addresses: [{type: Hostname, value: wp.shop.svc.cluster.local}]}
            ---
            apiVersion: v1
            kind: Service
            metadata:
              name: wp
              namespace: shop
              labels: {gateway.networking.k8s.io/gateway-name: wp}
            spec:
              clusterIP: 10.96.7.10
              ports: [{name: mesh, port: 15008}]
              selector: {gateway.networking.k8s.io/gateway-name: wp}
            ---
            apiVersion: v1
            kind: Pod
            metadata:
              name: wp
              namespace: shop
              labels:
                istio.io/dataplane-mode: none
                gateway.networking.k8s.io/gateway-name: wp
            spec: {nodeName: node-2, serviceAccountName: wp, containers: [{name: app}]}
            ---
            apiVersion: gateway.networking.k8s.io/v1
            kind: Gateway
            metadata: {name: wl, namespace: shop, labels: {istio.io/waypoint-for: workload}}
            spec:
              gatewayClassName: istio-waypoint
              listeners: [{name: mesh, port: 15008, protocol: HBONE}]
            status: {addresses: [{type: IPAddress, value: 10.96.7.11}]}
            ---
            apiVersion: v1
            kind: Service
            metadata:
              name: wl
              namespace: shop
              labels: {gateway.networking.k8s.io/gateway-name: wl}
            spec:
              clusterIP: 10.96.7.11
              ports: [{name: mesh, port: 15008}]
              selector: {gateway.networking.k8s.io/gateway-name: wl}
            ---
            apiVersion: v1
            kind: Pod
            metadata:
              name: wl
              namespace: shop
              labels:
                istio.io/dataplane-mode: none
                gateway.networking.k8s.io/gateway-name: wl
            spec: {nodeName: node-1, serviceAccountName: wl, containers: [{name: app}]}
            ---
            apiVersion: gateway.networking.k8s.io/v1
            kind: Gateway
            metadata: {name: empty, namespace: shop, labels: {istio.io/waypoint-for: service}}
            spec:
              gatewayClassName: istio-waypoint
              listeners: [{name: mesh, port: 15008, protocol: HBONE}]
            status: {addresses: [{type: IPAddress, value: 10.96.7.12}]}
            ---
            apiVersion: v1
            kind: Service
            metadata:
              name: empty
              namespace: shop
              labels: {gateway.networking.k8s.io/gateway-name: empty}
            spec:
              clusterIP: 10.96.7.12
              ports: [{name: mesh, port: 15008}]
              selector: {gateway.networking.k8s.io/gateway-name: empty}
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: cart-l7, namespace: shop, labels: {istio.io/use-waypoint: wp}}
            spec:
              clusterIP: 10.96.7.1
              ports: [{name: tcp, port: 80, targetPort: 8080}]
              selector: {app: cart}
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: cart-lost, namespace: shop, labels: {istio.io/use-waypoint: empty}}
            spec:
              clusterIP: 10.96.7.2
              ports: [{name: tcp, port: 80, targetPort: 8080}]
              selector: {app: cart}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: worker, namespace: shop, labels: {istio.io/use-waypoint: wl}}
            spec:
              nodeName: node-2
              serviceAccountName: worker
              containers: [{name: app, ports: [{name: http, containerPort: 8080}]}]
            """;

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
        Meshes.await(
                mesh,
                "ztunnel of web knows the new service",
                () -> mesh.ztunnelOf(web()).configDump().contains("cart-lost.shop"));
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

    /// The first line that comes back, and that what is sent afterwards comes back too.
    private String say(String address, int port) throws IOException {
        try (var socket =
                mesh.sockets()
                        .connect(web().place().netns(), InetAddress.ofLiteral(address), port)) {
            var in = new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8));
            String first = in.readLine();
            socket.getOutputStream().write("and back\n".getBytes(UTF_8));
            assertThat(in.readLine()).isEqualTo("and back");
            return String.valueOf(first);
        }
    }

    @Test
    void serviceTraffic_goesToTheServicesWaypoint() throws IOException {
        var web = web();
        int before = mesh.ztunnelOf(web).logPosition();

        String told = say(SERVICE_VIP, 80);

        assertThat(told).isEqualTo("waypoint for " + SERVICE_VIP + ":80 from " + web.identity());
        var wp = mesh.pod("shop/wp");
        var line =
                line(mesh.ztunnelOf(web), before, l -> l.is("dst.addr", wp.address() + ":15008"));
        assertThat(line.fields())
                .containsEntry("dst.hbone_addr", SERVICE_VIP + ":80")
                .containsEntry("dst.service", "cart-l7.shop.svc.cluster.local")
                .containsEntry("dst.workload", "wp")
                .containsEntry("dst.identity", wp.identity())
                .doesNotContainKey("error");
    }

    @Test
    void podTraffic_toAPodBehindAServicesWaypoint_goesStraight() {
        var answer = mesh.curl(web(), Meshes.url(mesh.pod("shop/cart"), 8080, "/"));

        assertThat(answer.body()).contains("served-by=shop/cart");
    }

    @Test
    void podTraffic_goesToTheWorkloadsWaypoint() throws IOException {
        var worker = mesh.pod("shop/worker");

        String told = say(worker.address(), 8080);

        assertThat(told)
                .isEqualTo("waypoint for %s:8080 from %s", worker.address(), web().identity());
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
