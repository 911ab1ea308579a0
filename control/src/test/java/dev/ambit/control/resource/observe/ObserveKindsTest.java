package dev.ambit.control.resource.observe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.control.resource.DirectorySource;
import dev.ambit.control.resource.Problem;
import dev.ambit.control.resource.ResourceSet;
import dev.ambit.control.resource.YamlLimits;
import dev.ambit.control.resource.observe.Telemetry.Mode;
import dev.ambit.control.resource.observe.Telemetry.TagChange;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ObserveKindsTest {
    private static final String TELEMETRY =
            """
            apiVersion: telemetry.istio.io/v1
            kind: Telemetry
            metadata: {name: t, namespace: shop}
            spec:
            """;

    @TempDir Path directory;

    private ResourceSet read(String file, String text) throws IOException {
        Files.writeString(directory.resolve(file), text);
        return DirectorySource.readOnce(
                directory, new YamlLimits(100_000, 100, 50, 64, 10_000), 10);
    }

    @Test
    void telemetry_allFields_areRead() throws IOException {
        var read =
                read(
                        "mesh.yaml",
                        TELEMETRY
                                + """
                                  targetRefs: [{kind: Service, name: web}]
                                  tracing:
                                  - match: {mode: SERVER}
                                    providers: [{name: otel}]
                                    randomSamplingPercentage: 12.5
                                    disableSpanReporting: false
                                    useRequestIdForTraceSampling: false
                                    enableIstioTags: true
                                    disableContextPropagation: true
                                    customTags:
                                      a: {literal: {value: x}}
                                      b: {environment: {name: E, defaultValue: d}}
                                      c: {header: {name: h}}
                                      d: {formatter: {value: '%REQ(x)%'}}
                                  metrics:
                                  - providers: [{name: prometheus}]
                                    reportingInterval: 10s
                                    overrides:
                                    - match: {metric: REQUEST_COUNT, mode: CLIENT}
                                      disabled: true
                                      tagOverrides:
                                        host: {value: request.host}
                                        gone: {operation: REMOVE}
                                    - match: {customMetric: mine}
                                  accessLogging:
                                  - match: {mode: CLIENT}
                                    providers: [{name: envoy}]
                                    disabled: true
                                    filter: {expression: 'response.code >= 400'}
                                """);

        assertThat(read.problems()).isEmpty();
        var telemetry = read.all(Telemetry.class).getFirst();
        var tracing = telemetry.tracing().getFirst();
        assertThat(tracing.sampling()).contains(12.5);
        assertThat(tracing.mode()).isEqualTo(Mode.SERVER);
        assertThat(tracing.customTags())
                .containsEntry("a", new ProxyDefaults.Literal("x"))
                .containsEntry("b", new ProxyDefaults.Environment("E", "d"))
                .containsEntry("c", new ProxyDefaults.RequestHeader("h", ""))
                .containsEntry("d", new ProxyDefaults.Formatter("%REQ(x)%"));
        var metrics = telemetry.metrics().getFirst();
        assertThat(metrics.reportingInterval()).contains(Duration.ofSeconds(10));
        assertThat(metrics.overrides().getFirst().tags())
                .containsEntry("host", new TagChange.Set("request.host"))
                .containsEntry("gone", new TagChange.Remove());
        assertThat(metrics.overrides().get(1).metric()).contains("mine");
        var logging = telemetry.accessLogging().getFirst();
        assertThat(logging.filter()).contains("response.code >= 400");
        assertThat(logging.mode().server()).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "tracing: [{randomSamplingPercentage: 101}]|randomSamplingPercentage|from 0.0 to 100.0",
                "tracing: [{customTags: {a: {}}}]|customTags.a|one of literal",
                "tracing: [{customTags: {a: {literal: {value: x}, header: {name: y}}}}]|customTags.a|one of literal",
                "tracing: [{providers: [{nam: x}]}]|providers[0].name|missing",
                "tracing: [{match: {mode: BOTH}}]|match.mode|'BOTH' (expected: one of",
                "metrics: [{overrides: [{match: {metric: REQUESTS}}]}]|match.metric|'REQUESTS' (expected: one of ALL_METRICS",
                "metrics: [{overrides: [{tagOverrides: {a: {operation: UPSERT}}}]}]|tagOverrides.a.value|missing",
                "metrics: [{overrides: [{tagOverrides: {a: {operation: REMOVE, value: x}}}]}]|tagOverrides.a.value|none with REMOVE",
                "metrics: [{overrides: [{tagOverrides: {a: {value: 'request.host +'}}}]}]|tagOverrides.a.value|is not CEL",
                "metrics: [{reportingInterval: soon}]|reportingInterval|'soon' (expected: a time",
                "accessLogging: [{filter: {expression: 'response.code >='}}]|filter.expression|is not CEL",
                "accesLogging: []|accesLogging|unknown field",
            })
    void telemetry_bad_isLeftOutWithFieldAndExpectation(String spec, String field, String message)
            throws IOException {
        var read = read("mesh.yaml", TELEMETRY + "  " + spec + "\n");

        assertThat(read.all(Telemetry.class)).isEmpty();
        assertThat(read.problems()).hasSize(1);
        var problem = read.problems().getFirst();
        assertThat(problem.severity()).isEqualTo(Problem.Severity.ERROR);
        assertThat(problem.field()).endsWith(field);
        assertThat(problem.message()).contains(message);
    }

    @Test
    void providers_everyKind_areRead() throws IOException {
        var read =
                read(
                        "meshconfig.yaml",
                        """
                        extensionProviders:
                        - {name: a, envoyExtAuthzHttp: {service: ns/ext.example, port: 80, pathPrefix: /p,
                            includeHeadersInCheck: [x-old], failOpen: true, statusOnError: '503'}}
                        - {name: b, envoyExtAuthzGrpc: {service: ext.example, port: 81, timeout: 250ms,
                            includeRequestBodyInCheck: {maxRequestBytes: 10}}}
                        - {name: c, zipkin: {service: z.example, port: 9411, traceContextOption: USE_B3_WITH_W3C_PROPAGATION}}
                        - {name: d, datadog: {service: d.example, port: 8126, maxTagLength: 3}}
                        - {name: e, skywalking: {service: s.example, port: 11800}}
                        - name: f
                          opentelemetry:
                            service: o.example
                            port: 4318
                            http: {path: /v1, timeout: 1s, headers: [{name: k, envName: E}]}
                            resourceDetectors: {environment: {}, dynatrace: {}}
                            dynatraceSampler: {tenant: t, clusterId: -5}
                        - {name: g, prometheus: {}}
                        - {name: h, envoyFileAccessLog: {path: /x, logFormat: {labels: {a: b, n: {m: 1}}}}}
                        - {name: i, envoyHttpAls: {service: l.example, port: 1}}
                        - {name: j, envoyTcpAls: {service: l.example, port: 1}}
                        - {name: k, envoyOtelAls: {service: l.example, port: 1, logFormat: {text: t, labels: {a: b}}}}
                        - {name: l, sds: {name: n, service: l.example, port: 1}}
                        - {name: m, lightstep: {service: l.example, port: 1, accessToken: x}}
                        - {name: n, stackdriver: {debug: true}}
                        - {name: o, opencensus: {service: l.example, port: 1, context: [B3]}}
                        """);

        assertThat(read.problems()).isEmpty();
        var providers = read.mesh().providers();
        assertThat(providers.keySet())
                .containsExactly(
                        "prometheus",
                        "stackdriver",
                        "envoy",
                        "a",
                        "b",
                        "c",
                        "d",
                        "e",
                        "f",
                        "g",
                        "h",
                        "i",
                        "j",
                        "k",
                        "l",
                        "m",
                        "n",
                        "o");
        var http = (ExtensionProvider.EnvoyExtAuthzHttp) Objects.requireNonNull(providers.get("a"));
        assertThat(http.service())
                .isEqualTo(new ExtensionProvider.Backend("ns", "ext.example", 80));
        assertThat(http.includeRequestHeaders()).containsExactly("x-old");
        assertThat(read.mesh().observe().provider("PROMETHEUS")).isPresent();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "{name: a}|extensionProviders[0]|0 kinds of provider in 'a' (expected: exactly one of envoyExtAuthzHttp",
                "{name: a, prometheus: {}, datadog: {}}|extensionProviders[0]|2 kinds",
                "{prometheus: {}}|extensionProviders[0].name|missing",
                "{name: a, carrier: {}}|extensionProviders[0].carrier|unknown field",
                "{name: a, zipkin: {service: z, port: 0}}|zipkin.port|from 1 to 65535",
                "{name: a, zipkin: {service: 'z y', port: 1}}|zipkin.service|'z y' (expected: a host name",
                "{name: a, zipkin: {port: 1}}|zipkin.service|missing",
                "{name: a, envoyExtAuthzGrpc: {service: z, port: 1, failopen: true}}|envoyExtAuthzGrpc.failopen|unknown field",
                "{name: a, envoyExtAuthzGrpc: {service: z, port: 1, statusOnError: '999'}}|statusOnError|'999' (expected: an HTTP status",
                "{name: a, envoyExtAuthzGrpc: {service: z, port: 1, timeout: -1s}}|timeout|not negative",
                "{name: a, envoyExtAuthzHttp: {service: z, port: 1, pathPrefix: p}}|pathPrefix|begins with /",
                "{name: a, opentelemetry: {service: z, port: 1, http: {}, grpc: {}}}|opentelemetry.grpc|one of the two",
                "{name: a, envoyFileAccessLog: {logFormat: {text: a, labels: {}}}}|logFormat.text|one of the two",
            })
    void providers_bad_areRefusedWithFieldAndExpectation(
            String provider, String field, String message) throws IOException {
        var read = read("meshconfig.yaml", "extensionProviders: [" + provider + "]\n");

        assertThat(read.problems()).hasSize(1);
        var problem = read.problems().getFirst();
        assertThat(problem.field()).endsWith(field);
        assertThat(problem.message()).contains(message);
    }

    @Test
    void providers_sameNameTwice_areRefused() throws IOException {
        var read =
                read(
                        "meshconfig.yaml",
                        "extensionProviders: [{name: a, prometheus: {}}, {name: a, stackdriver:"
                                + " {}}]\n");

        assertThat(read.problems().getFirst().message()).contains("'a' twice");
    }
}
