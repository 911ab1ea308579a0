package dev.ambit.control.resource.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.control.resource.DirectorySource;
import dev.ambit.control.resource.Problem;
import dev.ambit.control.resource.YamlLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What is refused of rules and limits: with the field, and what was expected.
class TrafficKindsTest {
    private static final String RULE =
            """
            apiVersion: networking.istio.io/v1
            kind: DestinationRule
            metadata: {name: r, namespace: shop}
            spec:
              host: web
              %s
            """;
    private static final String LIMITS =
            """
            apiVersion: ambit.dev/v1alpha1
            kind: TrafficLimits
            metadata: {name: l, namespace: shop}
            spec:
              targetRefs: [{kind: Service, name: web}]
              %s
            """;

    @TempDir private Path directory;

    private List<Problem> problems(String yaml) throws IOException {
        Files.writeString(directory.resolve("a.yaml"), yaml);
        return DirectorySource.readOnce(directory, new YamlLimits(1 << 20, 100, 50, 64, 10_000), 10)
                .problems();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    trafficPolicy: {}|trafficPolicy|empty
                    trafficPolicy: {loadBalancer: {simple: FASTEST}}|loadBalancer.simple|one of
                    trafficPolicy: {loadBalancer: {consistentHash: {maglev: {tableSize: 100}}}}|tableSize|prime
                    trafficPolicy: {loadBalancer: {consistentHash: {httpHeaderName: a, useSourceIp: true}}}|useSourceIp|one kind
                    trafficPolicy: {loadBalancer: {warmup: {minimumPercent: 10}}}|warmup.duration|missing
                    trafficPolicy: {loadBalancer: {localityLbSetting: {distribute: [{from: a, to: {b: 99}}]}}}|to|100
                    trafficPolicy: {loadBalancer: {localityLbSetting: {failover: [{from: a, to: a}]}}}|to|other than
                    trafficPolicy: {connectionPool: {}}|connectionPool|tcp or http
                    trafficPolicy: {connectionPool: {tcp: {connectTimeout: 10}}}|connectTimeout|in quotes
                    trafficPolicy: {connectionPool: {tcp: {connectTimeout: soon}}}|connectTimeout|expected
                    trafficPolicy: {connectionPool: {tcp: {maxConnections: -1}}}|maxConnections|from 0
                    trafficPolicy: {connectionPool: {http: {useClientProtocol: true, h2UpgradePolicy: UPGRADE}}}|useClientProtocol|one of the two
                    trafficPolicy: {outlierDetection: {consecutiveLocalOriginFailures: 3}}|consecutiveLocalOriginFailures|split
                    trafficPolicy: {outlierDetection: {maxEjectionPercent: 101}}|maxEjectionPercent|100
                    trafficPolicy: {tls: {mode: MUTUAL}}|clientCertificate|missing
                    trafficPolicy: {tls: {mode: SIMPLE, credentialName: a, caCertificates: b}}|caCertificates|credentialName
                    trafficPolicy: {tls: {mode: SIMPLE, credentialName: 'configmap://other/ca'}}|credentialName|shop
                    trafficPolicy: {tunnel: {protocol: CONNECT, targetHost: a.example}}|targetPort|missing
                    trafficPolicy: {tunnel: {targetHost: a.example, targetPort: 1}, proxyProtocol: {}}|tunnel|proxyProtocol
                    trafficPolicy: {lodBalancer: {}}|lodBalancer|unknown field
                    subsets: [{name: a}, {name: a}]|name|twice
                    subsets: [{name: a_b}]|name|letters
                    exportTo: ['*', shop]|exportTo|alone
                    exportTo: ['.', shop]|exportTo|once
                    """)
    void badRule_isRefusedWithFieldAndExpectation(String spec, String field, String message)
            throws IOException {
        var problems = problems(RULE.formatted(spec));
        assertThat(problems).hasSize(1);
        assertThat(problems.getFirst().field()).endsWith(field);
        assertThat(problems.getFirst().message()).contains(message);
        assertThat(problems.getFirst().origin().line()).isPositive();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    local: []|spec|without limits
                    local: [{name: A, requests: 1, per: 1s}]|name|small letters
                    local: [{name: a, per: 1s}]|requests|missing
                    local: [{name: a, requests: 1}]|per|missing
                    local: [{name: a, requests: 1, per: 10ms}]|per|50ms
                    local: [{name: a, requests: 9, per: 1s, burst: 2}]|burst|or more
                    local: [{name: a, requests: 1, per: 1s, by: [color]}]|by|identity
                    local: [{name: a, requests: 1, per: 1s, status: 200}]|status|400
                    local: [{name: a, requests: 1, per: 1s, match: {}}]|match|empty
                    local: [{name: a, requests: 1, per: 1s, match: {paths: ['/*/x']}}]|paths|below
                    local: [{name: a, requests: 1, per: 1s, match: {identities: ['spiffe://a']}}]|identities|identity
                    global: {service: a.b, port: 1, domain: d, limits: []}|limits|missing
                    global: {service: short, port: 1, domain: d, limits: [{name: a}]}|service|full host
                    retryBudget: {percent: 120}|percent|100
                    """)
    void badLimits_areRefusedWithFieldAndExpectation(String spec, String field, String message)
            throws IOException {
        var problems = problems(LIMITS.formatted(spec));
        assertThat(problems).hasSize(1);
        assertThat(problems.getFirst().field()).endsWith(field);
        assertThat(problems.getFirst().message()).contains(message);
    }

    @Test
    void sidecar_isSaidToHaveNoEffect() throws IOException {
        var problems =
                problems(
                        """
                        apiVersion: networking.istio.io/v1
                        kind: Sidecar
                        metadata: {name: s, namespace: shop}
                        """);
        assertThat(problems).hasSize(1);
        assertThat(problems.getFirst().severity()).isEqualTo(Problem.Severity.NOTICE);
        assertThat(problems.getFirst().message()).contains("a Sidecar is for sidecars");
    }
}
