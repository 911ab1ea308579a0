package dev.ambit.control.xds;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import dev.ambit.control.TestMesh;
import dev.ambit.control.l7.WaypointConfig;
import dev.ambit.control.token.Account;
import dev.ambit.mesh.proto.discovery.Node;
import dev.ambit.mesh.proto.workload.Workload;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.ServerInterceptors;
import io.grpc.Status;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Streams of waypoints: who gets what, and in which order.
class WaypointStreamTest {
    private static final Account WAYPOINT = new Account("shop", "waypoint");
    private static final String WEB = "inbound-vip|80|http|web.shop.svc.cluster.local";
    private static final String CART = "inbound-vip|80|http|cart.shop.svc.cluster.local";

    @TempDir private Path directory = Path.of(".");
    private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
    private final XdsServer xds = new XdsServer(10, executor);
    private @Nullable TestMesh mesh;
    private @Nullable Server server;
    private @Nullable ManagedChannel channel;

    @BeforeEach
    void serve() throws Exception {
        mesh = new TestMesh(directory);
        var name = InProcessServerBuilder.generateName();
        server =
                InProcessServerBuilder.forName(name)
                        .executor(executor)
                        .addService(ServerInterceptors.intercept(xds, mesh.interceptor()))
                        .build()
                        .start();
        channel = InProcessChannelBuilder.forName(name).build();
        publish(1, 1, 1);
    }

    @AfterEach
    void stop() {
        Objects.requireNonNull(channel).shutdownNow();
        Objects.requireNonNull(server).shutdownNow();
        executor.shutdown();
    }

    @Test
    void waypoint_asksForAll_itsOwnPart() throws Exception {
        var client = connect(WAYPOINT);
        client.ask(node("shop", "waypoint"), Snapshot.CLUSTER);
        assertThat(XdsClient.names(client.next())).containsExactly(WEB, CART);
        client.ask(Node.getDefaultInstance(), Snapshot.ENDPOINT, WEB);
        assertThat(XdsClient.names(client.next())).containsExactly(WEB);
        client.ask(Node.getDefaultInstance(), Snapshot.LISTENER);
        assertThat(XdsClient.names(client.next())).containsExactly("connect_terminate");
        client.ask(Node.getDefaultInstance(), Snapshot.SECRET, "kubernetes://cred");
        assertThat(XdsClient.names(client.next())).containsExactly("kubernetes://cred");
        client.ask(Node.getDefaultInstance(), Snapshot.WORKLOAD);
        assertThat(XdsClient.names(client.next())).containsExactly("uid-1");
    }

    @Test
    void waypoint_asksForAddresses_refusedWithWhatItMayHave() throws Exception {
        var client = connect(WAYPOINT);
        client.ask(node("shop", "waypoint"), Snapshot.ADDRESS);

        assertThat(client.end().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(client.end().getDescription()).contains(Snapshot.CLUSTER);
    }

    @Test
    void ztunnel_asksForClusters_refused() throws Exception {
        var client = connect(new Account("istio-system", "ztunnel"));
        client.ask(
                Node.newBuilder().setId("ztunnel~10.0.0.1~z.istio-system~x").build(),
                Snapshot.CLUSTER);

        assertThat(client.end().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    }

    /// Whatever order it subscribed in: what is referred to comes before what refers to it.
    @Test
    void change_everyType_clustersEndpointsListenersSecretsWorkloads() throws Exception {
        var client = connect(WAYPOINT);
        client.ask(node("shop", "waypoint"), Snapshot.WORKLOAD);
        client.next();
        client.ask(Node.getDefaultInstance(), Snapshot.LISTENER);
        client.next();
        client.ask(Node.getDefaultInstance(), Snapshot.ENDPOINT, WEB);
        client.next();
        client.ask(Node.getDefaultInstance(), Snapshot.CLUSTER);
        // Endpoints of the clusters that are new to it follow by themselves.
        assertThat(client.next().getTypeUrl()).isEqualTo(Snapshot.CLUSTER);
        assertThat(client.next().getTypeUrl()).isEqualTo(Snapshot.ENDPOINT);

        publish(2, 2, 2);

        assertThat(client.next().getTypeUrl()).isEqualTo(Snapshot.CLUSTER);
        assertThat(client.next().getTypeUrl()).isEqualTo(Snapshot.ENDPOINT);
        assertThat(client.next().getTypeUrl()).isEqualTo(Snapshot.LISTENER);
        assertThat(client.next().getTypeUrl()).isEqualTo(Snapshot.WORKLOAD);
    }

    /// A proxy that takes in a changed cluster waits for its endpoints, changed or not.
    @Test
    void change_clusterAlone_itsEndpointsAgain() throws Exception {
        var client = connect(WAYPOINT);
        client.ask(node("shop", "waypoint"), Snapshot.CLUSTER);
        client.next();
        client.ask(Node.getDefaultInstance(), Snapshot.ENDPOINT, WEB, CART);
        client.next();

        publish(2, 1, 1);

        assertThat(XdsClient.names(client.next())).containsExactly(WEB);
        var endpoints = client.next();
        assertThat(endpoints.getTypeUrl()).isEqualTo(Snapshot.ENDPOINT);
        assertThat(XdsClient.names(endpoints)).containsExactly(WEB);
        assertThat(client.nothingMore()).isTrue();
    }

    @Test
    void change_endpointsAlone_onlyThese() throws Exception {
        var client = connect(WAYPOINT);
        client.ask(node("shop", "waypoint"), Snapshot.CLUSTER);
        client.next();
        client.ask(Node.getDefaultInstance(), Snapshot.ENDPOINT, WEB, CART);
        client.next();

        publish(1, 2, 1);

        assertThat(XdsClient.names(client.next())).containsExactly(WEB);
        assertThat(client.nothingMore()).isTrue();
    }

    @Test
    void node_anotherNamespaceThanProven_refused() throws Exception {
        var client = connect(WAYPOINT);
        client.ask(node("bank", "waypoint"), Snapshot.CLUSTER);

        assertThat(client.end().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
        assertThat(client.end().getDescription()).contains("NAMESPACE", "bank", "shop/waypoint");
    }

    @Test
    void node_anotherAccountThanProven_refused() throws Exception {
        var client = connect(WAYPOINT);
        client.ask(node("shop", "admin"), Snapshot.CLUSTER);

        assertThat(client.end().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
        assertThat(client.end().getDescription()).contains("SERVICE_ACCOUNT", "admin");
    }

    @Test
    void node_withoutNamespace_refused() throws Exception {
        var client = connect(WAYPOINT);
        client.ask(
                Node.newBuilder().setId("waypoint~10.0.0.1~wp.shop~shop.svc").build(),
                Snapshot.CLUSTER);

        assertThat(client.end().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
        assertThat(client.end().getDescription()).contains("NAMESPACE");
    }

    @Test
    void node_malformedId_refused() throws Exception {
        var client = connect(WAYPOINT);
        client.ask(
                node("shop", "waypoint").toBuilder().setId("waypoint~wp").build(),
                Snapshot.CLUSTER);

        assertThat(client.end().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(client.end().getDescription()).contains("waypoint~wp", "POD.NAMESPACE");
    }

    @Test
    void view_thatCantBeMade_streamEnds() throws Exception {
        xds.publish(
                new Views() {
                    @Override
                    public Snapshot mesh() {
                        return Snapshot.empty();
                    }

                    @Override
                    public Snapshot waypoint(Waypoint waypoint) {
                        throw new IllegalStateException("a fault of this test");
                    }
                });
        var client = connect(WAYPOINT);
        client.ask(node("shop", "waypoint"), Snapshot.CLUSTER);

        assertThat(client.end().getCode()).isEqualTo(Status.Code.INTERNAL);
    }

    /// Else a second message could ask for what the first was refused.
    @Test
    void node_saidAgainDifferently_theFirstCounts() throws Exception {
        var client = connect(WAYPOINT);
        client.ask(node("shop", "waypoint"), Snapshot.CLUSTER);
        client.next();
        client.ask(node("bank", "waypoint"), Snapshot.LISTENER);

        assertThat(XdsClient.names(client.next())).containsExactly("connect_terminate");
    }

    private XdsClient connect(Account account) {
        return XdsClient.connect(
                Objects.requireNonNull(channel),
                Objects.requireNonNull(mesh).token(account, "pod-1", "node-1"),
                false);
    }

    private static Node node(String namespace, String account) {
        return Node.newBuilder()
                .setId("waypoint~10.0.0.1~wp-1." + namespace + "~" + namespace + ".svc")
                .setMetadata(
                        Struct.newBuilder()
                                .putFields("NAMESPACE", text(namespace))
                                .putFields("SERVICE_ACCOUNT", text(account)))
                .build();
    }

    private static Value text(String text) {
        return Value.newBuilder().setStringValue(text).build();
    }

    /// Of `web`, in seconds or weights: another number is another content.
    private void publish(int cluster, int endpoints, int others) {
        var clusters = new LinkedHashMap<String, Cluster>();
        clusters.put(
                WEB,
                Cluster.newBuilder()
                        .setName(WEB)
                        .setConnectTimeout(
                                com.google.protobuf.Duration.newBuilder().setSeconds(cluster))
                        .build());
        clusters.put(CART, Cluster.newBuilder().setName(CART).build());
        var assignments = new LinkedHashMap<String, ClusterLoadAssignment>();
        assignments.put(
                WEB,
                ClusterLoadAssignment.newBuilder()
                        .setClusterName(WEB)
                        .setPolicy(
                                ClusterLoadAssignment.Policy.newBuilder()
                                        .setOverprovisioningFactor(
                                                com.google.protobuf.UInt32Value.of(endpoints)))
                        .build());
        assignments.put(CART, ClusterLoadAssignment.newBuilder().setClusterName(CART).build());
        var listeners = new LinkedHashMap<String, Listener>();
        listeners.put(
                "connect_terminate",
                Listener.newBuilder()
                        .setName("connect_terminate")
                        .setStatPrefix("s" + others)
                        .build());
        var workloads = new LinkedHashMap<String, Workload>();
        workloads.put(
                "uid-1", Workload.newBuilder().setUid("uid-1").setName("web-" + others).build());
        var snapshot =
                Snapshot.of(
                        new WaypointConfig(clusters, assignments, listeners, workloads),
                        Map.of(
                                "kubernetes://cred",
                                Secret.newBuilder().setName("kubernetes://cred").build()));
        xds.publish(
                new Views() {
                    @Override
                    public Snapshot mesh() {
                        return Snapshot.empty();
                    }

                    @Override
                    public Snapshot waypoint(Waypoint waypoint) {
                        return snapshot;
                    }
                });
    }
}
