package dev.ambit.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/// `analyze`, `status` and `xds`: what they print, and how they end.
@Execution(ExecutionMode.SAME_THREAD)
class LookingCommandsTest {
    private static final String SAMPLE = Path.of("..", "samples", "shop").toString();

    @TempDir private Path directory = Path.of(".");

    private record Ended(int code, String out, String err) {}

    @Test
    void analyze_sample_nothingWrong() {
        var ended = run("analyze", "--strict", SAMPLE);

        assertThat(ended.out()).contains("resources, 0 errors, 0 warnings");
        assertThat(ended.code()).isZero();
    }

    @Test
    void analyze_missingWaypoint_errorAndFix() throws IOException {
        mesh("istio.io/use-waypoint: nosuch");

        var ended = run("analyze", directory.toString());

        assertThat(ended.code()).isEqualTo(1);
        assertThat(ended.out())
                .startsWith(
                        "error waypoint-missing: mesh.yaml:1: Service shop/web: metadata.labels")
                .contains("fix: ", "1 error, 0 warnings");
    }

    @Test
    void analyze_warning_strictMakesItAnError() throws IOException {
        mesh("a: b");
        Files.writeString(
                directory.resolve("other.yaml"),
                """
                apiVersion: v1
                kind: Service
                metadata: {name: cart, namespace: shop}
                spec: {clusterIP: 10.1.0.1, ports: [{port: 80}]}
                """);

        assertThat(run("analyze", directory.toString()).code()).isZero();
        assertThat(run("analyze", "--strict", directory.toString()).code()).isEqualTo(1);
    }

    @Test
    void analyze_json_forTools() throws IOException {
        mesh("istio.io/use-waypoint: nosuch");

        var ended = run("analyze", "-o", "json", directory.toString());

        assertThat(ended.code()).isEqualTo(1);
        // JSON is YAML.
        assertThat(new Load(LoadSettings.builder().build()).loadFromString(ended.out()))
                .asInstanceOf(InstanceOfAssertFactories.MAP)
                .containsEntry(
                        "summary", Map.of("resources", 1, "errors", 1, "warnings", 0, "notes", 0))
                .extractingByKey("findings", InstanceOfAssertFactories.LIST)
                .first(InstanceOfAssertFactories.MAP)
                .containsEntry("code", "waypoint-missing")
                .containsEntry("file", "mesh.yaml")
                .containsEntry("line", 1);
    }

    @Test
    void analyze_noDirectory_unusable() {
        var ended = run("analyze", directory.resolve("nosuch").toString());

        assertThat(ended.code()).isEqualTo(2);
        assertThat(ended.err()).contains("nosuch");
    }

    @Test
    void status_sample_boundServices() {
        assertThat(run("status", SAMPLE).out())
                .contains("Service shop/cart", "Successfully attached to waypoint shop/waypoint");
        assertThat(run("status", "-o", "yaml", SAMPLE).out())
                .contains("---\napiVersion: v1\nkind: Service\n", "observedGeneration: 1");
    }

    @Test
    void xds_unknownProxy_saysWhichThereAre() {
        var ended = run("xds", SAMPLE, "--proxy", "waypoint/nosuch");

        assertThat(ended.code()).isEqualTo(2);
        assertThat(ended.err()).contains("'waypoint/nosuch'", "waypoint/shop/waypoint");
    }

    @Test
    void xds_oneType_onlyThat() {
        var ended = run("xds", SAMPLE, "--proxy", "waypoint/waypoint", "--type", "wds");

        assertThat(ended.code()).isZero();
        assertThat(ended.out()).startsWith("wds:").doesNotContain("cds:");
    }

    private void mesh(String label) throws IOException {
        Files.writeString(
                directory.resolve("mesh.yaml"),
                """
                apiVersion: v1
                kind: Service
                metadata: {name: web, namespace: shop, labels: {%s}}
                spec: {clusterIP: 10.1.0.1, ports: [{port: 80}]}
                """
                        .formatted(label));
    }

    private static Ended run(String... args) {
        var out = System.out;
        var err = System.err;
        var printed = new ByteArrayOutputStream();
        var complained = new ByteArrayOutputStream();
        try {
            System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
            System.setErr(new PrintStream(complained, true, StandardCharsets.UTF_8));
            int code = Main.line().execute(args);
            return new Ended(
                    code,
                    printed.toString(StandardCharsets.UTF_8),
                    complained.toString(StandardCharsets.UTF_8));
        } finally {
            System.setOut(out);
            System.setErr(err);
        }
    }
}
