package dev.ambit.control.l7.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.control.Yaml;
import dev.ambit.control.compile.CompileSettings;
import dev.ambit.control.compile.MeshCompiler;
import dev.ambit.control.l7.L7Model;
import dev.ambit.control.l7.L7Settings;
import dev.ambit.control.resource.DirectorySource;
import dev.ambit.control.resource.YamlLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Conditions of policies, with istiod's types and reasons.
class PolicyReportTest {
    private static final String GATEWAY =
            """
            apiVersion: gateway.networking.k8s.io/v1
            kind: Gateway
            metadata: {name: wp, namespace: shop}
            spec:
              gatewayClassName: istio-waypoint
              listeners: [{name: mesh, port: 15008, protocol: HBONE}]
            status: {addresses: [{value: 10.0.0.9}]}
            """;

    @TempDir private Path directory = Path.of(".");

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "targetRefs: [{kind: Service, name: web}] | WaypointAccepted TRUE Accepted",
                "targetRefs: [{kind: Service, name: plain}] |"
                        + " WaypointAccepted FALSE AncestorNotBound",
                "targetRefs: [{kind: Service, name: nosuch}] |"
                        + " WaypointAccepted FALSE TargetNotFound",
                "targetRefs: [{kind: Service, name: web}, {kind: Service, name: nosuch}] |"
                        + " WaypointAccepted TRUE PartiallyInvalid",
                "targetRefs: [{kind: Service, name: plain}, {kind: Service, name: nosuch}] |"
                        + " WaypointAccepted FALSE Invalid",
                "targetRefs: [{group: gateway.networking.k8s.io, kind: GatewayClass, name:"
                        + " istio-waypoint}] | WaypointAccepted FALSE Invalid",
                "action: DENY, rules: [{from: [{source: {namespaces: [a]}}]}] |"
                        + " ZtunnelAccepted TRUE Accepted",
                "action: DENY, rules: [{to: [{operation: {paths: [/a]}}]}] |"
                        + " ZtunnelAccepted TRUE UnsupportedValue",
                "action: AUDIT, rules: [{}] | ZtunnelAccepted FALSE UnsupportedValue"
            })
    void of_policy_condition(String spec, String condition) throws IOException {
        var policy =
                """
                apiVersion: security.istio.io/v1
                kind: AuthorizationPolicy
                metadata: {name: p, namespace: shop}
                spec: {%s}
                """
                        .formatted(spec);
        Files.writeString(
                directory.resolve("a.yaml"),
                Yaml.documents(
                        Yaml.NAMESPACE,
                        GATEWAY,
                        Yaml.service("web", "10.96.0.1")
                                .replace(
                                        "namespace: shop}",
                                        "namespace: shop, labels: {istio.io/use-waypoint: wp}}"),
                        Yaml.service("plain", "10.96.0.2"),
                        policy));
        var input = DirectorySource.readOnce(directory, new YamlLimits(100_000, 1_000, 50, 64), 10);
        var model =
                L7Model.of(
                        input,
                        MeshCompiler.compile(input, CompileSettings.defaults()),
                        L7Settings.defaults());

        assertThat(PolicyReport.of(model, false).statuses())
                .singleElement()
                .satisfies(s -> {
                    assertThat(s.key().name()).isEqualTo("p");
                    assertThat(s.conditions())
                            .extracting(c -> c.type() + " " + c.state() + " " + c.reason())
                            .containsExactly(condition);
                });
    }
}
