package dev.ambit.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.control.compile.CompileSettings;
import dev.ambit.control.l7.L7Settings;
import dev.ambit.control.l7.WaypointRenderer;
import dev.ambit.control.l7.WaypointScopes;
import dev.ambit.control.l7.registry.MeshService;
import dev.ambit.control.l7.report.ConfigText;
import dev.ambit.control.l7.report.Output;
import dev.ambit.control.l7.secret.Secrets;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsCertificate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OfflineMeshTest {
    private static final Path SAMPLE = Path.of("..", "samples", "shop");

    @TempDir private Path directory = Path.of(".");

    @Test
    void read_writtenByHand_waypointAsItsControllerWouldMakeIt() throws IOException {
        var mesh = read(SAMPLE);

        assertThat(mesh.planned()).isTrue();
        assertThat(mesh.waypoints()).hasSize(1);
        var node = mesh.node(mesh.waypoints().getFirst());
        assertThat(node.waypoint()).isEqualTo("shop/waypoint");
        assertThat(node.serviceAccount()).isEqualTo("waypoint");
        assertThat(node.ips()).hasSize(1).allSatisfy(ip -> assertThat(ip).startsWith("10.42."));
        assertThat(WaypointScopes.of(mesh.model(), node).services())
                .extracting(MeshService::name)
                .containsExactlyInAnyOrder("cart", "catalog", "db", "payments", "web");
    }

    @Test
    void read_exported_nothingMadeUp() throws IOException {
        Files.writeString(
                directory.resolve("mesh.yaml"),
                Yaml.documents(
                        Yaml.pod("web-1", "web", "node-1", "10.1.1.1"),
                        """
                        apiVersion: gateway.networking.k8s.io/v1
                        kind: Gateway
                        metadata: {name: wp, namespace: shop}
                        spec: {gatewayClassName: istio-waypoint}
                        """));

        var mesh = read(directory);

        assertThat(mesh.planned()).isFalse();
        assertThat(mesh.written()).isEqualTo(2);
        assertThat(mesh.input().resources()).hasSize(2);
        assertThat(mesh.waypoints().getFirst().addresses()).isEmpty();
    }

    @Test
    void text_ofTheSample_everyTypeReadable() throws IOException {
        var mesh = read(SAMPLE);
        var node = mesh.node(mesh.waypoints().getFirst());
        var config = WaypointRenderer.of(WaypointScopes.of(mesh.model(), node));

        var tree =
                ConfigText.of(
                        config,
                        name -> new Secrets.Answer.None("none here"),
                        List.of(ConfigText.Type.values()),
                        "");

        assertThat(tree.keySet()).containsExactly("cds", "eds", "lds", "sds", "wds");
        assertThat(Output.yaml(tree)).contains("catalog-v1-0", "serviceAccount: catalog");
        assertThat(Output.json(tree)).contains("\"catalog-v1-0\"");
    }

    @Test
    void text_key_leftOut() {
        var secret =
                Secret.newBuilder()
                        .setTlsCertificate(
                                TlsCertificate.newBuilder()
                                        .setPrivateKey(
                                                DataSource.newBuilder().setInlineString("private")))
                        .build();

        assertThat(Output.json(ConfigText.tree(secret))).doesNotContain("private\"");
    }

    private static OfflineMesh read(Path directory) throws IOException {
        return OfflineMesh.read(directory, CompileSettings.defaults(), L7Settings.defaults());
    }
}
