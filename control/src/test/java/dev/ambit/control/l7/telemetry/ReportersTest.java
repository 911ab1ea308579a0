package dev.ambit.control.l7.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.control.l7.Finding;
import dev.ambit.control.l7.ProxySettings;
import dev.ambit.control.l7.TestWaypoint;
import dev.ambit.control.l7.telemetry.AccessLogs.Place;
import dev.ambit.envoy.EnvoyTypes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Tracers and loggers that no recording shows.
class ReportersTest {
    private static final String OTEL = "service: otel.backend.svc.cluster.local, port: 4317";

    @TempDir Path directory;

    private Observer.Observed observed(TestWaypoint waypoint) throws IOException {
        var scope = waypoint.scope();
        return new Observer(scope, ProxySettings.of(scope)).of(Optional.empty());
    }

    private String tracing(String provider) throws IOException {
        var waypoint =
                TestWaypoint.of(
                        directory,
                        Map.of("SECRET", "s3"),
                        "defaultProviders: {tracing: [t]}\nextensionProviders: [{name: t, "
                                + provider
                                + "}]\n");
        return observed(waypoint)
                .traces()
                .tracing()
                .map(t -> t.toBuilder().clearCustomTags().build())
                .map(EnvoyTypes::json)
                .orElse("none");
    }

    @Test
    void datadog_serviceThere_sendsAsTheProxysCluster() throws IOException {
        assertThat(tracing("datadog: {" + OTEL + ", maxTagLength: 9}"))
                .contains(
                        "\"collectorCluster\":\"outbound|4317||otel.backend.svc.cluster.local\"",
                        "\"serviceName\":\"wp.shop\"",
                        "\"maxPathTagLength\":9");
    }

    @Test
    void skyWalking_serviceThere_hasASpanPerAttempt() throws IOException {
        assertThat(tracing("skywalking: {" + OTEL + "}"))
                .contains("SkyWalkingConfig", "\"spawnUpstreamSpan\":true");
    }

    @Test
    void zipkin_w3cAndHeaders_areInFieldsThatTheLibraryDoesNotKnow() throws IOException {
        assertThat(
                        tracing(
                                "zipkin: {"
                                        + OTEL
                                        + ", traceContextOption: USE_B3_WITH_W3C_PROPAGATION,"
                                        + " headers: [{name: k, envName: SECRET}]}"))
                .contains(
                        "\"traceContextOption\":\"USE_B3_WITH_W3C_PROPAGATION\"",
                        "\"collectorService\"",
                        "\"key\":\"k\",\"value\":\"s3\"");
    }

    @Test
    void openTelemetry_dynatraceSampler_decidesItselfWhatIsKept() throws IOException {
        assertThat(
                        tracing(
                                "opentelemetry: {"
                                        + OTEL
                                        + ", http: {path: /v1, timeout: 1s}, dynatraceSampler:"
                                        + " {tenant: t, clusterId: 1}}"))
                .contains(
                        "DynatraceSamplerConfig",
                        "otel.backend.svc.cluster.local/api/v2/samplingConfiguration",
                        "\"randomSampling\":{\"value\":100.0}");
    }

    @Test
    void openTelemetry_samplerWithoutAWayToAsk_tracesNothing() throws IOException {
        assertThat(
                        tracing(
                                "opentelemetry: {"
                                        + OTEL
                                        + ", dynatraceSampler: {tenant: t, clusterId: 1}}"))
                .isEqualTo("none");
    }

    @Test
    void openTelemetry_conventions_nameTheWorkload() throws IOException {
        assertThat(
                        tracing(
                                "opentelemetry: {"
                                        + OTEL
                                        + ", serviceAttributeEnrichment:"
                                        + " OTEL_SEMANTIC_CONVENTIONS}"))
                .contains("\"serviceName\":\"wp\"", "resource_detectors.environment");
    }

    @ParameterizedTest
    @CsvSource({
        "'zipkin: {service: nobody.example, port: 1}'",
        "'lightstep: {service: otel.backend.svc.cluster.local, port: 4317}'",
        "'prometheus: {}'",
    })
    void provider_thatTakesNoSpans_tracesNothing(String provider) throws IOException {
        assertThat(tracing(provider)).isEqualTo("none");
    }

    @Test
    void tracing_offInTheMesh_isOff() throws IOException {
        assertThat(
                        observed(TestWaypoint.of(directory, "enableTracing: false\n"))
                                .traces()
                                .tracing())
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "HTTP, 2, ''",
        "TCP, 2, ''",
        "LISTENER, 2, NR",
        "TERMINATE, 1, 400",
        "ORIGINATE, 1, UF",
        "FORWARD, 2, ''",
    })
    void logs_ofTheMesh_differByPlace(Place place, int count, String filter) throws IOException {
        var logs =
                observed(
                                TestWaypoint.of(
                                        directory,
                                        "accessLogFile: /dev/stdout\n"
                                                + "enableEnvoyAccessLogService: true\n"))
                        .logs()
                        .at(place);

        assertThat(logs).hasSize(count);
        if (filter.isEmpty()) {
            assertThat(logs.getFirst().hasFilter()).isFalse();
        } else {
            assertThat(EnvoyTypes.json(logs.getFirst().getFilter())).contains(filter);
        }
    }

    @Test
    void logs_ofListenersOff_onlyThoseAreOff() throws IOException {
        var logs =
                observed(
                                TestWaypoint.of(
                                        directory,
                                        "accessLogFile: /dev/stdout\ndisableEnvoyListenerLog:"
                                                + " true\n"))
                        .logs();

        assertThat(logs.at(Place.LISTENER)).isEmpty();
        assertThat(logs.at(Place.HTTP)).hasSize(1);
    }

    @Test
    void logs_operatorThatIsAnExtension_bringsIt() throws IOException {
        var log =
                observed(
                                TestWaypoint.of(
                                        directory,
                                        "accessLogFile: /x\naccessLogFormat:"
                                                + " '%REQ_WITHOUT_QUERY(:PATH)%'\n"))
                        .logs()
                        .at(Place.HTTP)
                        .getFirst();

        assertThat(EnvoyTypes.json(log))
                .contains("envoy.formatter.req_without_query", "(:PATH)%\\n");
    }

    @Test
    void findings_ofWhatHasNoEffect_nameFieldAndFix() throws IOException {
        var waypoint =
                TestWaypoint.of(
                        directory,
                        """
                        accessLogEncoding: JSON
                        accessLogFormat: no json
                        defaultProviders: {metrics: [nobody]}
                        extensionProviders:
                        - {name: lost, zipkin: {service: nobody.example, port: 1}}
                        """,
                        """
                        apiVersion: telemetry.istio.io/v1
                        kind: Telemetry
                        metadata: {name: a, namespace: shop}
                        spec:
                          tracing: [{providers: [{name: lost}, {name: prometheus}]}]
                          accessLogging: [{match: {mode: CLIENT}}]
                        ---
                        apiVersion: telemetry.istio.io/v1
                        kind: Telemetry
                        metadata: {name: b, namespace: shop}
                        ---
                        apiVersion: telemetry.istio.io/v1
                        kind: Telemetry
                        metadata: {name: c, namespace: shop}
                        spec: {selector: {matchLabels: {app: web}}}
                        ---
                        apiVersion: networking.istio.io/v1beta1
                        kind: ProxyConfig
                        metadata: {name: d, namespace: shop}
                        spec: {concurrency: 0}
                        """);

        assertThat(TelemetryFindings.of(waypoint.model()))
                .extracting(Finding::code)
                .containsExactlyInAnyOrder(
                        "telemetry-unknown-provider",
                        "access-log-format-not-json",
                        "provider-without-service",
                        "telemetry-unfit-provider",
                        "telemetry-several-tracers",
                        "telemetry-for-clients",
                        "telemetry-shadowed",
                        "telemetry-selector",
                        "proxyconfig-not-sent");
    }
}
