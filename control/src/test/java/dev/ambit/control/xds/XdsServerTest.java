package dev.ambit.control.xds;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.control.TestMesh;
import dev.ambit.control.Yaml;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.ServerInterceptors;
import io.grpc.Status;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class XdsServerTest {
    private static final String POD = "Kubernetes//Pod/shop/web-1";
    private static final String OTHER = "Kubernetes//Pod/shop/web-2";

    @TempDir private Path directory = Path.of(".");
    private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
    private final XdsServer xds = new XdsServer(2, executor);
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
        publish("10.1.1.1");
    }

    @AfterEach
    void stop() {
        Objects.requireNonNull(channel).shutdownNow();
        Objects.requireNonNull(server).shutdownNow();
        executor.shutdown();
    }

    @Test
    void stream_withoutToken_unauthenticated() throws Exception {
        var client = XdsClient.connect(Objects.requireNonNull(channel), null, false);

        assertThat(client.end().getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
        assertThat(client.end().getDescription()).contains("no bearer token");
    }

    @Test
    void stream_wildcard_stateThenOnlyChanges() throws Exception {
        var client = connect(false);
        client.subscribe(Snapshot.ADDRESS);
        var first = client.next();
        client.acknowledge(first, "");
        client.subscribe(Snapshot.AUTHORIZATION);
        assertThat(XdsClient.names(first)).containsExactly(POD);
        assertThat(client.next().getTypeUrl()).isEqualTo(Snapshot.AUTHORIZATION);

        publish("10.1.1.1", "10.1.1.2");

        assertThat(XdsClient.names(client.next())).containsExactly(OTHER);
        publish("10.1.1.1");
        assertThat(client.next().getRemovedResourcesList()).containsExactly(OTHER);
        assertThat(client.nothingMore()).isTrue();
    }

    @Test
    void stream_refusedResponse_countedAndNotSentAgain() throws Exception {
        var client = connect(false);
        client.subscribe(Snapshot.ADDRESS);
        client.acknowledge(client.next(), POD + ": can't be understood");

        publish("10.1.1.1", "10.1.1.2");

        assertThat(XdsClient.names(client.next())).containsExactly(OTHER);
        assertThat(xds.metrics().values()).containsEntry("ambit_control_xds_nacks_total", 1L);
    }

    @Test
    void streams_twoClients_eachItsOwnDifference() throws Exception {
        var one = connect(false);
        one.subscribe(Snapshot.ADDRESS);
        one.acknowledge(one.next(), "");
        publish("10.1.1.1", "10.1.1.2");
        assertThat(XdsClient.names(one.next())).containsExactly(OTHER);

        var two = connect(false);
        two.subscribe(Snapshot.ADDRESS);
        assertThat(XdsClient.names(two.next())).containsExactly(POD, OTHER);

        publish("10.1.1.9", "10.1.1.2");
        assertThat(XdsClient.names(one.next())).containsExactly(POD);
        assertThat(XdsClient.names(two.next())).containsExactly(POD);
        assertThat(one.nothingMore() && two.nothingMore()).isTrue();
    }

    @Test
    void streams_oneClientRefuses_otherIsServed() throws Exception {
        var one = connect(false);
        var two = connect(false);
        one.subscribe(Snapshot.ADDRESS);
        two.subscribe(Snapshot.ADDRESS);
        one.acknowledge(one.next(), POD + ": can't be understood");
        two.acknowledge(two.next(), "");

        publish("10.1.1.7");

        assertThat(XdsClient.names(one.next())).containsExactly(POD);
        assertThat(XdsClient.names(two.next())).containsExactly(POD);
    }

    @Test
    void stream_resumed_removalsWhileAwayAndNothingThatIsKept() throws Exception {
        publish("10.1.1.1", "10.1.1.2");
        var before = connect(false);
        before.subscribe(Snapshot.ADDRESS);
        var kept = new HashMap<String, String>();
        before.next().getResourcesList().forEach(r -> kept.put(r.getName(), r.getVersion()));
        before.hangUp();
        assertThat(before.end()).isEqualTo(Status.OK);
        publish("10.1.1.1");

        var after = connect(false);
        after.resume(Snapshot.ADDRESS, kept);

        var response = after.next();
        assertThat(response.getResourcesList()).isEmpty();
        assertThat(response.getRemovedResourcesList()).containsExactly(OTHER);
        assertThat(after.nothingMore()).isTrue();
    }

    @Test
    void stream_slowClient_newestStateAndNoBacklog() throws Exception {
        var client = connect(true);
        client.subscribe(Snapshot.ADDRESS);
        client.next();
        for (int i = 2; i < 50; i++) {
            publish("10.1.1." + i);
        }

        client.takeOne();
        client.takeOne();
        client.takeOne();

        // One message may have been on its way when the client stopped taking any.
        var version = client.next().getResources(0).getVersion();
        var newest = xds.newest().mesh().of(Snapshot.ADDRESS);
        var wanted = Objects.requireNonNull(newest.get(POD)).version();
        if (!version.equals(wanted)) {
            version = client.next().getResources(0).getVersion();
        }
        assertThat(version).isEqualTo(wanted);
        assertThat(client.nothingMore()).isTrue();
    }

    @Test
    void stream_unknownType_refusedWithTheKnownOnes() throws Exception {
        var client = connect(false);
        client.subscribe("type.googleapis.com/envoy.config.cluster.v3.Cluster");

        assertThat(client.end().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(client.end().getDescription()).contains(Snapshot.ADDRESS);
    }

    @Test
    void streams_overTheLimit_refused() throws Exception {
        var one = connect(false);
        var two = connect(false);
        one.subscribe(Snapshot.ADDRESS);
        one.next();
        two.subscribe(Snapshot.ADDRESS);
        two.next();

        assertThat(connect(false).end().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);

        one.hangUp();
        assertThat(one.end()).isEqualTo(Status.OK);
        var again = connect(false);
        again.subscribe(Snapshot.ADDRESS);
        assertThat(XdsClient.names(again.next())).containsExactly(POD);
    }

    private XdsClient connect(boolean slow) {
        return XdsClient.connect(
                Objects.requireNonNull(channel),
                Objects.requireNonNull(mesh).ztunnel("node-1"),
                slow);
    }

    private void publish(String... ips) throws Exception {
        var pods = new String[ips.length];
        for (int i = 0; i < ips.length; i++) {
            pods[i] = Yaml.pod("web-" + (i + 1), "web", "node-1", ips[i]);
        }
        xds.publish(Views.of(Snapshot.of(Objects.requireNonNull(mesh).compile(pods))));
    }

    @Test
    void metrics_streams_counted() throws Exception {
        var client = connect(false);
        client.subscribe(Snapshot.ADDRESS);
        client.next();

        assertThat(xds.metrics().values())
                .containsAllEntriesOf(
                        Map.of(
                                "ambit_control_xds_streams", 1L,
                                "ambit_control_xds_pushes_total", 1L,
                                "ambit_control_xds_resources_sent_total", 1L));
    }
}
