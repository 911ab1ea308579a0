package dev.ambit.e2e.scenario;

import static dev.ambit.e2e.scenario.Meshes.line;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.e2e.mesh.MeshLab;
import dev.ambit.e2e.mesh.MeshPod;
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
import org.junit.jupiter.params.provider.MethodSource;

/// Ztunnels that serve one pod each, from inside the pod (`PROXY_MODE=dedicated`). No agent hands
/// these pods out; they prove themselves by the token of their own account.
@Tag("lab")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ParameterizedClass(name = "{0}")
@MethodSource("dev.ambit.e2e.scenario.Pair#all")
@ExtendWith(MatrixTable.class)
class DedicatedScenario {
    private static final String YAML = pod("client", 1) + "---\n" + pod("server", 2);

    private static String pod(String name, int node) {
        return """
        apiVersion: v1
        kind: Pod
        metadata:
          name: %1$s
          namespace: shop
          labels: {istio.io/dataplane-mode: none, networking.istio.io/tunnel: http}
        spec:
          nodeName: node-%2$d
          serviceAccountName: %1$s
          containers: [{name: app, ports: [{name: echo, containerPort: 9001}]}]
        """
                .formatted(name, node);
    }

    @TempDir private static Path directory;

    @Parameter private Pair pair;
    private MeshLab mesh;

    @BeforeParameterizedClassInvocation
    void up() throws IOException {
        mesh = Meshes.start(directory.resolve(pair.toString()), pair::in);
        mesh.apply("dedicated.yaml", YAML);
        mesh.sync();
        var client = mesh.startDedicated(client());
        var server = mesh.startDedicated(server());
        client.awaitReady();
        server.awaitReady();
        Meshes.await(
                mesh,
                "each knows the other's pod",
                () ->
                        client.configDump().contains("\"server\"")
                                && server.configDump().contains("\"client\""));
    }

    @AfterParameterizedClassInvocation
    void down() {
        if (mesh != null) {
            mesh.close();
        }
    }

    private MeshPod client() {
        return mesh.pod("shop/client");
    }

    private MeshPod server() {
        return mesh.pod("shop/server");
    }

    private static String from(MeshPod pod) {
        return "source_workload=\"" + pod.place().name() + "\"";
    }

    private static String to(MeshPod pod) {
        return "destination_workload=\"" + pod.place().name() + "\"";
    }

    @Test
    void crossNodeCapturedDedicated_goesOverHboneAndIsReportedAtBothEnds() throws IOException {
        var here = mesh.ztunnelOf(client());
        var there = mesh.ztunnelOf(server());
        int sent = here.logPosition();
        int received = there.logPosition();
        var tls = "connection_security_policy=\"mutual_tls\"";
        var atClient =
                Counted.from(mesh, here, "reporter=\"source\"", from(client()), to(server()), tls);
        var atServer =
                Counted.from(
                        mesh, there, "reporter=\"destination\"", from(client()), to(server()), tls);

        Meshes.echoOnce(mesh, client(), server().address(), 9001);

        atClient.isOne(Meshes.HELLO.length(), Meshes.HELLO.length());
        atServer.isOne(Meshes.HELLO.length(), Meshes.HELLO.length());
        var out = line(here, sent, l -> l.is("direction", "outbound"));
        var in = line(there, received, l -> l.is("direction", "inbound"));
        for (var line : new dev.ambit.e2e.mesh.AccessLine[] {out, in}) {
            assertThat(line.message()).isEqualTo("connection complete");
            assertThat(line.fields())
                    .containsEntry("src.workload", "client")
                    .containsEntry("dst.workload", "server")
                    .containsEntry("src.identity", client().identity())
                    .containsEntry("dst.identity", server().identity())
                    .containsEntry("dst.hbone_addr", server().address() + ":9001")
                    .doesNotContainKey("error");
        }
    }

    @Test
    void serverUncapturedDedicated_isReachedInClear() {
        var here = mesh.ztunnelOf(client());
        var batch = mesh.pod("legacy/batch");
        int before = here.logPosition();

        var answer = mesh.curl(client(), Meshes.url(batch, 8080, "/"));

        assertThat(answer.body()).contains("remote=" + client().address());
        var line = line(here, before, l -> l.is("dst.workload", "batch"));
        assertThat(line.fields())
                .containsEntry("direction", "outbound")
                .containsEntry("src.workload", "client")
                .doesNotContainKeys("src.identity", "dst.identity", "error");
    }

    @Test
    void clientUncapturedDedicated_isServedInClear() throws IOException {
        var there = mesh.ztunnelOf(server());
        var batch = mesh.pod("legacy/batch");
        int before = there.logPosition();
        var counted =
                Counted.from(
                        mesh,
                        there,
                        "reporter=\"destination\"",
                        from(batch),
                        to(server()),
                        "connection_security_policy=\"unknown\"");

        Meshes.echoOnce(mesh, batch, server().address(), 9001);

        counted.isOne(Meshes.HELLO.length(), Meshes.HELLO.length());
        var line = line(there, before, l -> l.is("direction", "inbound"));
        assertThat(line.fields())
                .containsEntry("src.workload", "batch")
                .containsEntry("dst.workload", "server")
                .doesNotContainKeys("src.identity", "dst.identity", "error");
    }
}
