package dev.ambit.e2e.scenario;

import static dev.ambit.e2e.scenario.Meshes.line;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.e2e.mesh.MeshLab;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
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

/// Endpoints that the mesh knows by name only.
@Tag("lab")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ParameterizedClass(name = "{0}")
@MethodSource("dev.ambit.e2e.scenario.Pair#all")
@ExtendWith(MatrixTable.class)
class NamesScenario {
    private static final String FILE = "external.yaml";
    private static final String VIP = "240.9.0.1";
    @TempDir private static Path directory;

    @Parameter private Pair pair;
    private MeshLab mesh;

    @BeforeParameterizedClassInvocation
    void up() throws IOException {
        mesh = Meshes.start(directory.resolve(pair.toString()), pair::in);
    }

    @AfterParameterizedClassInvocation
    void down() {
        if (mesh != null) {
            mesh.close();
        }
    }

    @AfterEach
    void takeBack() {
        mesh.delete(FILE);
    }

    /// One endpoint behind `VIP`, port 80 to 8080.
    private void external(String host, String endpoint) {
        mesh.apply(
                FILE,
                """
                apiVersion: networking.istio.io/v1
                kind: ServiceEntry
                metadata: {name: external, namespace: shop}
                spec:
                  hosts: [%s]
                  addresses: [%s]
                  resolution: DNS
                  ports: [{number: 80, name: http, protocol: HTTP, targetPort: 8080}]
                  endpoints: [{address: %s}]
                """
                        .formatted(host, VIP, endpoint));
    }

    /// The node's ztunnel resolves the name as itself and dials from inside the pod, where this
    /// name stands for the pod.
    @Test
    void endpointWithAHostnameOnly_isResolvedAndDialled() {
        var web = mesh.pod("shop/web");
        int before = mesh.ztunnelOf(web).logPosition();
        external("ext.example.com", "localhost");

        Meshes.await(
                mesh,
                "the external service",
                () -> mesh.curl(web, "http://" + VIP + "/").body().contains("served-by=shop/web"));

        var line =
                line(
                        mesh.ztunnelOf(web),
                        before,
                        l ->
                                l.is("dst.service", "ext.example.com")
                                        && l.is("dst.addr", "127.0.0.1:8080"));
        assertThat(line.fields())
                .containsEntry("direction", "outbound")
                .containsEntry("src.workload", "web")
                .doesNotContainKey("error");
        var labels = List.of("hostname=\"localhost\"", "source_workload=\"web\"");
        var metrics = mesh.ztunnelOf(web).metrics();
        assertThat(Counted.sum(metrics, "istio_on_demand_dns_total", labels)).isPositive();
    }

    @Test
    void endpointWhoseNameNobodyKnows_isRefusedNamingIt() {
        var web = mesh.pod("shop/web");
        external("gone.example.com", "gone.invalid");
        Meshes.await(
                mesh,
                "the external service",
                () -> mesh.ztunnelOf(web).configDump().contains("gone.invalid"));

        assertThat(mesh.curl(web, Duration.ofSeconds(20), "http://" + VIP + "/").ok()).isFalse();

        var said =
                Meshes.logged(
                        mesh,
                        mesh.ztunnelOf(web),
                        "no ip addresses were resolved for workload: "
                                + "Kubernetes/networking.istio.io/ServiceEntry/shop/external/"
                                + "gone.invalid");
        if (mesh.ambitServes(web)) {
            // And what became of asking.
            assertThat(said).contains("gone.invalid (gone.invalid: ");
        }
    }
}
