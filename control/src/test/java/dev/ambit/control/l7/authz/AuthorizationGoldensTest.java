package dev.ambit.control.l7.authz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Message;
import com.google.protobuf.Struct;
import dev.ambit.control.Recordings;
import dev.ambit.control.compile.CompileSettings;
import dev.ambit.control.compile.MeshCompiler;
import dev.ambit.control.l7.WaypointNode;
import dev.ambit.control.l7.WaypointRecordings;
import dev.ambit.control.l7.registry.Registry;
import dev.ambit.control.resource.AuthorizationPolicy;
import dev.ambit.control.resource.DirectorySource;
import dev.ambit.control.resource.Problem;
import dev.ambit.control.resource.ResourceSet;
import dev.ambit.control.resource.YamlLimits;
import dev.ambit.envoy.EnvoyTypes;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/// Istio's own test data for making filters of policies. They are of sidecars, so policies are
/// chosen by labels, and the peer's identity is that of the connection's certificate: as where
/// tunnels end ({@link TerminateAuthorization}), but with rules on requests too. Everything else is
/// what chains of services get.
class AuthorizationGoldensTest {
    private static final YamlLimits LIMITS = new YamlLimits(1_000_000, 1_000, 50, 64);

    private static final WaypointNode SIDECAR =
            new WaypointNode(
                    "test-node",
                    "foo",
                    "",
                    false,
                    "",
                    List.of("10.0.0.1"),
                    "Kubernetes",
                    "",
                    "",
                    "",
                    "",
                    Map.of("app", "httpbin", "version", "v1"),
                    Map.of(),
                    Struct.getDefaultInstance());

    /// No data for waypoints: hosts of a time when they were matched otherwise. istiod's tests do
    /// not use it any more.
    private static final List<String> UNUSED = List.of("allow-host-before-111");

    private static final String SERVICE =
            """
            apiVersion: v1
            kind: Service
            metadata: {name: my-custom-ext-authz, namespace: foo}
            spec:
              clusterIP: 10.96.0.9
              ports: [{name: http, port: 9000, protocol: TCP, targetPort: 9000}]
            """;

    private static final String GRPC_ANYWHERE =
            """
            - name: default
              envoyExtAuthzGrpc:
                service: my-custom-ext-authz.foo.svc.cluster.local
                port: 9000
                failOpen: true
                statusOnError: '403'
            """;

    private static final String GRPC =
            """
            - name: default
              envoyExtAuthzGrpc:
                service: foo/my-custom-ext-authz.foo.svc.cluster.local
                port: 9000
                timeout: 2ms
                failOpen: true
                statusOnError: '403'
                includeRequestBodyInCheck: {maxRequestBytes: 4096, allowPartialMessage: true}
            """;

    private static final String HTTP =
            """
            - name: default
              envoyExtAuthzHttp:
                service: foo/my-custom-ext-authz.foo.svc.cluster.local
                port: 9000
                timeout: 10s
                failOpen: true
                statusOnError: '403'
                pathPrefix: /check
                includeRequestHeadersInCheck: [x-custom-id, x-prefix-*, '*-suffix']
                includeHeadersInCheck: [should-not-include-when-the-new-field-is-set]
                includeAdditionalHeadersInCheck: {x-header-1: value-1, x-header-2: value-2}
                includeRequestBodyInCheck:
                  maxRequestBytes: 2048
                  allowPartialMessage: true
                  packAsBytes: true
                headersToUpstreamOnAllow: [Authorization, x-prefix-*, '*-suffix']
                headersToDownstreamOnDeny: [Set-cookie, x-prefix-*, '*-suffix']
                headersToDownstreamOnAllow: [Set-cookie, x-prefix-*, '*-suffix']
            """;

    @TempDir private Path directory = Path.of(".");

    /// Input, outputs, trust domains, providers (none: rules instead of CUSTOM).
    static Stream<Arguments> http() {
        var none = List.<String>of();
        return Stream.of(
                of("allow-empty-rule", 0, none, ""),
                of("allow-full-rule", 0, none, ""),
                of("allow-path", 0, none, ""),
                of("audit-full-rule", 0, none, ""),
                custom("custom-simple-http", "custom-grpc-provider-no-namespace", GRPC_ANYWHERE),
                // Of the second filter there is no data in the collection.
                Arguments.of(
                        "custom-simple-http",
                        List.of("custom-grpc-provider-out1", ""),
                        List.<String>of(),
                        GRPC),
                custom("custom-simple-http", "custom-http-provider", HTTP),
                custom("custom-bad-multiple-providers", "custom-bad-multiple-providers", HTTP),
                of("deny-empty-rule", 0, none, ""),
                of("dry-run-allow-and-deny", 2, none, ""),
                of("dry-run-allow", 0, none, ""),
                of("multiple-policies", 0, none, ""),
                of("single-policy", 0, none, ""),
                of(
                        "simple-policy-multiple-td-aliases",
                        0,
                        List.of("td1", "cluster.local", "some-td"),
                        ""),
                of("simple-policy-principal-with-wildcard", 0, List.of("td1", "foobar"), ""),
                of(
                        "td-aliases-source-principal",
                        0,
                        List.of("new-td", "old-td", "some-trustdomain"),
                        ""),
                of("trust-domains", 0, none, ""));
    }

    static Stream<Arguments> tcp() {
        return Stream.of(
                Arguments.of("allow-both-http-tcp", List.of("allow-both-http-tcp-out"), ""),
                Arguments.of("allow-only-http", List.of("allow-only-http-out"), ""),
                Arguments.of("audit-both-http-tcp", List.of("audit-both-http-tcp-out"), ""),
                Arguments.of("custom-only-http", List.of(), HTTP),
                Arguments.of("deny-both-http-tcp", List.of("deny-both-http-tcp-out"), ""),
                Arguments.of("dry-run-mix", List.of("dry-run-mix-out"), ""));
    }

    private static Arguments of(String stem, int outputs, List<String> trust, String providers) {
        var out = outputs == 0 ? List.of(stem + "-out") : List.of(stem + "-out1", stem + "-out2");
        return Arguments.of(stem, out, trust, providers);
    }

    private static Arguments custom(String stem, String out, String providers) {
        return Arguments.of(
                stem, List.of(out + "-out1", out + "-out2"), List.<String>of(), providers);
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("http")
    void http_golden_sameFilters(
            String stem, List<String> outputs, List<String> trust, String providers)
            throws IOException {
        assumeThat(Recordings.directory()).as("recordings").isPresent();

        var made =
                filters(
                        "http",
                        stem,
                        providers,
                        new PolicyFilters<>(
                                Filters.HTTP,
                                new Form(true, Form.PeerFrom.CERTIFICATE),
                                new TrustDomains(trust)));

        var golden = golden("http", outputs, HttpFilter.getDescriptor());
        assertThat(made).hasSameSizeAs(outputs);
        assertThat(trees(made).subList(0, golden.size())).isEqualTo(golden);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("tcp")
    void tcp_golden_sameFilters(String stem, List<String> outputs, String providers)
            throws IOException {
        assumeThat(Recordings.directory()).as("recordings").isPresent();

        var made =
                filters(
                        "tcp",
                        stem,
                        providers,
                        new PolicyFilters<>(
                                Filters.TCP,
                                new Form(false, Form.PeerFrom.CERTIFICATE),
                                new TrustDomains(List.of())));

        assertThat(trees(made)).isEqualTo(golden("tcp", outputs, Filter.getDescriptor()));
    }

    @Test
    void goldens_all_areTested() throws IOException {
        assumeThat(Recordings.directory()).as("recordings").isPresent();
        var tested = new TreeSet<>(UNUSED);
        http().forEach(a -> tested.add(String.valueOf(a.get()[0])));
        tcp().forEach(a -> tested.add(String.valueOf(a.get()[0])));

        var all = new TreeSet<String>();
        for (var folder : List.of("http", "tcp")) {
            try (var files = Files.list(goldens(folder))) {
                files.map(f -> String.valueOf(f.getFileName()))
                        .filter(n -> n.endsWith("-in.yaml"))
                        .forEach(n -> all.add(n.substring(0, n.length() - "-in.yaml".length())));
            }
        }

        assertThat(tested).isEqualTo(all);
    }

    private <F extends Message> List<F> filters(
            String folder, String stem, String providers, PolicyFilters<F> filters)
            throws IOException {
        Files.copy(goldens(folder).resolve(stem + "-in.yaml"), directory.resolve("in.yaml"));
        Files.writeString(directory.resolve("service.yaml"), SERVICE);
        Files.writeString(
                directory.resolve("meshconfig.yaml"),
                providers.isEmpty() ? "" : "extensionProviders:\n" + providers);
        var input = DirectorySource.readOnce(directory, LIMITS, 10);
        assertThat(input.problems())
                .filteredOn(p -> p.severity() == Problem.Severity.ERROR)
                .isEmpty();
        var policies = selecting(input);
        if (providers.isEmpty()) {
            return filters.rules(policies);
        }
        var mesh = MeshCompiler.compile(input, CompileSettings.defaults());
        var known = ExtAuthz.of(input.mesh().providers().values(), Registry.of(input, mesh));
        return filters.custom(policies, known, false);
    }

    private static List<AuthorizationPolicy> selecting(ResourceSet input) {
        return new Attachments<>(
                        input.all(AuthorizationPolicy.class),
                        "istio-system",
                        AuthorizationPolicy::targets,
                        AuthorizationPolicy::selector,
                        p -> false)
                .selecting(SIDECAR);
    }

    private static List<JsonElement> trees(List<? extends Message> messages) {
        return messages.stream().map(WaypointRecordings::tree).toList();
    }

    private static List<JsonElement> golden(String folder, List<String> names, Descriptor type)
            throws IOException {
        var all = new ArrayList<JsonElement>();
        for (var name : names.stream().filter(n -> !n.isEmpty()).toList()) {
            var yaml = Files.readString(goldens(folder).resolve(name + ".yaml"));
            var tree = new Load(LoadSettings.builder().build()).loadFromString(yaml);
            all.add(
                    JsonParser.parseString(
                            EnvoyTypes.print(EnvoyTypes.parse(new Gson().toJson(tree), type))));
        }
        return all;
    }

    private static Path goldens(String folder) {
        return Recordings.directory().orElseThrow().resolve("goldens/authz").resolve(folder);
    }
}
