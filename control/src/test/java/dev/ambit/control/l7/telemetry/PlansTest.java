package dev.ambit.control.l7.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.control.l7.TestWaypoint;
import dev.ambit.control.l7.telemetry.MetricsPlan.Change;
import dev.ambit.control.resource.observe.MeshObserve;
import dev.ambit.control.resource.observe.Telemetry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Which of several Telemetries counts: the mesh's, the namespace's, what is attached.
class PlansTest {
    private static final String MESH =
            """
            defaultProviders: {metrics: [prometheus], accessLogging: [envoy], tracing: [otel]}
            extensionProviders:
            - {name: otel, opentelemetry: {service: otel.backend.svc.cluster.local, port: 4317}}
            - {name: other, zipkin: {service: otel.backend.svc.cluster.local, port: 4317}}
            - {name: json, envoyFileAccessLog: {path: /dev/stderr, logFormat: {labels: {a: b}}}}
            """;

    @TempDir Path directory;

    private static String telemetry(String name, String namespace, String spec) {
        return """
        apiVersion: telemetry.istio.io/v1
        kind: Telemetry
        metadata: {name: %s, namespace: %s}
        spec: {%s}
        """
                .formatted(name, namespace, spec);
    }

    private static final String ATTACHED = "targetRefs: [{kind: Service, name: web, group: ''}], ";

    private List<Telemetry> levels(String... telemetries) throws IOException {
        var waypoint = TestWaypoint.of(directory, MESH, telemetries);
        mesh = waypoint.model().input().mesh().observe();
        return waypoint.model()
                .telemetry()
                .of(waypoint.scope(), Optional.of(waypoint.service("web")));
    }

    private MeshObserve mesh = MeshObserve.defaults();

    @Test
    void levels_fromWidestToNarrowest_andOnlyWhatIsAttached() throws IOException {
        var levels =
                levels(
                        telemetry("svc", "shop", ATTACHED + "metrics: []"),
                        telemetry("other", "shop", "targetRefs: [{kind: Service, name: store}]"),
                        telemetry("pods", "shop", "selector: {matchLabels: {app: web}}"),
                        telemetry(
                                "wp",
                                "shop",
                                "targetRefs: [{kind: Gateway, name: wp,"
                                        + " group: gateway.networking.k8s.io}]"),
                        telemetry("first", "shop", ""),
                        telemetry("second", "shop", ""),
                        telemetry("root", "istio-system", ""));

        assertThat(levels)
                .extracting(l -> l.meta().name())
                .containsExactly("root", "first", "svc", "wp");
    }

    private SortedMap<String, LogPlan> logs(String... telemetries) throws IOException {
        return LogPlan.of(levels(telemetries), mesh).orElseThrow();
    }

    @Test
    void logs_nobodySaysAnything_defaultProviders() throws IOException {
        assertThat(logs()).containsOnlyKeys("envoy");
    }

    @Test
    void logs_innerNamesProviders_outerOnesGo() throws IOException {
        var plans =
                logs(
                        telemetry(
                                "root",
                                "istio-system",
                                "accessLogging: [{providers: [{name: envoy}]}]"),
                        telemetry("ns", "shop", "accessLogging: [{providers: [{name: json}]}]"));

        assertThat(plans).containsOnlyKeys("json");
    }

    @Test
    void logs_innerSaysOnlyDisabled_inheritedProvidersAreOff() throws IOException {
        var plans =
                logs(
                        telemetry(
                                "root",
                                "istio-system",
                                "accessLogging: [{providers: [{name: json}],"
                                        + " filter: {expression: 'true'}}]"),
                        telemetry("ns", "shop", "accessLogging: [{disabled: true}]"));

        assertThat(plans).containsExactly(java.util.Map.entry("json", off()));
    }

    private static LogPlan off() {
        return new LogPlan(true, Optional.empty());
    }

    @Test
    void logs_forClientsAlone_haveNoEffect() throws IOException {
        var plans =
                logs(
                        telemetry(
                                "ns",
                                "shop",
                                "accessLogging: [{match: {mode: CLIENT}, providers: [{name:"
                                        + " json}]}]"));

        assertThat(plans).isEmpty();
    }

    private SortedMap<String, MetricsPlan> metrics(String... telemetries) throws IOException {
        return MetricsPlan.of(levels(telemetries), mesh);
    }

    @Test
    void metrics_overridesOfTwoLevels_addUpAndTheInnerWins() throws IOException {
        var plan =
                metrics(
                                telemetry(
                                        "root",
                                        "istio-system",
                                        "metrics: [{overrides: [{match: {metric: REQUEST_SIZE},"
                                                + " disabled: true, tagOverrides: {a: {value:"
                                                + " \"'1'\"}, b: {operation: REMOVE}}}]}]"),
                                telemetry(
                                        "ns",
                                        "shop",
                                        "metrics: [{overrides: [{match: {metric: REQUEST_SIZE},"
                                                + " tagOverrides: {a: {value: \"'2'\"}}}]}]"))
                        .get("prometheus");

        var change =
                Objects.requireNonNull(Objects.requireNonNull(plan).changes().get("REQUEST_SIZE"));
        assertThat(change).extracting(Change::drop).isEqualTo(true);
        assertThat(change.tags())
                .containsEntry("a", new Telemetry.TagChange.Set("'2'"))
                .containsEntry("b", new Telemetry.TagChange.Remove());
    }

    @Test
    void metrics_allDisabled_nothingIsReportedUntilSomethingIsWanted() throws IOException {
        var off = "metrics: [{overrides: [{disabled: true}]}]";
        var on = "metrics: [{overrides: [{match: {metric: REQUEST_COUNT}, disabled: false}]}]";

        assertThat(metrics(telemetry("ns", "shop", off)).get("prometheus"))
                .isNotNull()
                .extracting(MetricsPlan::disabled)
                .isEqualTo(true);
        assertThat(
                        metrics(telemetry("root", "istio-system", off), telemetry("ns", "shop", on))
                                .get("prometheus"))
                .isNotNull()
                .extracting(MetricsPlan::disabled)
                .isEqualTo(false);
    }

    @Test
    void metrics_withoutMatch_concernsEveryMetric() throws IOException {
        var plan =
                metrics(
                                telemetry(
                                        "ns",
                                        "shop",
                                        "metrics: [{overrides: [{tagOverrides: {a: {value:"
                                                + " \"'1'\"}}}]}]"))
                        .get("prometheus");

        assertThat(Objects.requireNonNull(plan).changes())
                .containsOnlyKeys(Telemetry.METRICS.keySet());
    }

    private TracePlan traces(String... telemetries) throws IOException {
        return TracePlan.of(levels(telemetries), mesh).orElseThrow();
    }

    @Test
    void traces_innerSaysPart_theRestIsInherited() throws IOException {
        var plan =
                traces(
                        telemetry(
                                "root",
                                "istio-system",
                                "tracing: [{providers: [{name: other}, {name: otel}],"
                                        + " randomSamplingPercentage: 5, customTags: {a: {literal:"
                                        + " {value: x}}}}]"),
                        telemetry("ns", "shop", "tracing: [{randomSamplingPercentage: 50}]"));

        assertThat(plan.provider()).isEqualTo(mesh.provider("other"));
        assertThat(plan.sampling()).contains(50.0);
        assertThat(plan.tags()).containsOnlyKeys("a");
        assertThat(plan.disabled()).isFalse();
    }

    @Test
    void traces_providerThatIsNotThere_traceNothing() throws IOException {
        var plan = traces(telemetry("ns", "shop", "tracing: [{providers: [{name: nobody}]}]"));

        assertThat(plan.provider()).isEmpty();
    }
}
