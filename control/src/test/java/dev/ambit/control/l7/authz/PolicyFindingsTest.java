package dev.ambit.control.l7.authz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.control.l7.Finding;
import dev.ambit.control.l7.jwt.Jwks;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PolicyFindingsTest {
    private static final String WEB = "targetRefs: [{kind: Service, name: web}]";
    private static final String CART = "targetRefs: [{kind: Service, name: cart}]";
    private static final String ALLOW_PATH = "rules: [{to: [{operation: {paths: [/a]}}]}]";

    @TempDir private Path directory = Path.of(".");

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                // Attached to services without ports of TCP: all is well.
                "shop | targetRefs: [{kind: Service, name: cart}] | ",
                "shop | targetRefs: [{kind: Service, name: web}] | http-rule-on-tcp",
                "shop | targetRefs: [{kind: Service, name: nosuch}] | policy-target-missing",
                "other | targetRefs: [{kind: Service, name: lonely}] | policy-without-waypoint",
                "shop | targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name:"
                        + " ingress}] | policy-target-missing",
                "shop | targetRefs: [{group: gateway.networking.k8s.io, kind: GatewayClass, name:"
                        + " istio-waypoint}] | policy-target-invalid",
                "istio-system | targetRefs: [{group: gateway.networking.k8s.io, kind:"
                        + " GatewayClass, name: nosuch}] | policy-target-missing",
                "istio-system | targetRefs: [{group: gateway.networking.k8s.io, kind:"
                        + " GatewayClass, name: ambit-waypoint}] | ",
                // Not attached.
                "shop | selector: {matchLabels: {app: web}} | http-rule-at-ztunnel",
                "shop | action: DENY | http-rule-at-ztunnel",
                "shop | action: AUDIT | policy-without-effect",
            })
    void of_policyOnPaths_found(String namespace, String fields, String code) throws IOException {
        var findings = findings(policy(namespace, fields + ", " + ALLOW_PATH));

        assertThat(findings)
                .extracting(Finding::code)
                .isEqualTo(code == null ? List.of() : List.of(code));
    }

    @Test
    void of_denyOfNothingButPathsAtZtunnel_errorBecauseNothingIsDenied() throws IOException {
        var finding = findings(policy("shop", "action: DENY, " + ALLOW_PATH)).getFirst();

        assertThat(finding.level()).isEqualTo(Finding.Level.ERROR);
        assertThat(finding.message()).contains("(paths)").contains("nothing is denied");
    }

    @Test
    void of_denyOfPathsAndPortsAtZtunnel_moreIsDenied() throws IOException {
        var rules = "rules: [{to: [{operation: {paths: [/a], ports: ['80']}}]}]";

        var finding = findings(policy("shop", "action: DENY, " + rules)).getFirst();

        assertThat(finding.level()).isEqualTo(Finding.Level.WARNING);
        assertThat(finding.message()).contains("more is denied");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "grpc | cart | ",
                "grpc | web | ",
                "http | cart | field-without-effect",
                "http | web | custom-not-on-tcp, field-without-effect",
                "nowhere | cart | provider-unusable",
                "unknown | cart | provider-unusable",
                "prometheus | cart | provider-unusable",
                "Upper | cart | provider-unusable"
            })
    void of_custom_found(String provider, String service, String codes) throws IOException {
        var findings = findings(custom("p", service, provider, ""));

        assertThat(findings)
                .extracting(Finding::code)
                .isEqualTo(codes == null ? List.of() : List.of(codes.split(", ")));
    }

    @Test
    void of_customOfAProviderThatIsNotThere_namesWhatThereIs() throws IOException {
        var finding = findings(custom("p", "cart", "unknown", "")).getFirst();

        assertThat(finding.message())
                .contains("no ext_authz provider 'unknown'")
                .contains("Upper, grpc, http, nowhere")
                .endsWith("what it would be asked about is refused");
    }

    @Test
    void of_severalProvidersForOneService_bothRefuse() throws IOException {
        var policies = custom("a", "cart", "grpc", "") + custom("b", "cart", "http", "");

        assertThat(findings(policies))
                .filteredOn(f -> f.code().equals("several-providers"))
                .extracting(f -> f.resource().name())
                .containsExactly("a", "b");
        var allowed = Map.of("PILOT_ENABLE_MULTIPLE_CUSTOM_AUTHZ_PROVIDERS", "true");
        assertThat(findings(policies, allowed))
                .extracting(Finding::code)
                .doesNotContain("several-providers");
    }

    @Test
    void of_customThatRehearses_withoutEffect() throws IOException {
        var dry = ", annotations: {istio.io/dry-run: 'true'}";

        assertThat(findings(custom("p", "cart", "grpc", dry)))
                .extracting(Finding::code)
                .containsExactly("custom-rehearsal-without-effect");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "issuer: i | issuer-keys-pending",
                "issuer: i, jwksUri: 'https://i.example/keys' | issuer-keys-pending",
                "issuer: i, jwks: '{\"keys\":[]}' |",
                "issuer: i, jwks: '{\"keys\":[]}', timeout: 3s | field-without-effect",
                "issuer: i, jwks: '{\"keys\":[{\"kty\":\"oct\",\"k\":\"c2VjcmV0\"}]}' |"
                        + " private-key-in-jwks"
            })
    void of_requestAuthentication_found(String rule, String code) throws IOException {
        var policy = authentication(WEB + ", jwtRules: [{" + rule + "}]");

        assertThat(findings(policy))
                .extracting(Finding::code)
                .isEqualTo(code == null ? List.of() : List.of(code));
    }

    @Test
    void of_requestAuthenticationOfWorkloads_withoutEffect() throws IOException {
        var policy = authentication("selector: {matchLabels: {app: web}}, jwtRules: [{issuer: i}]");

        assertThat(findings(policy))
                .extracting(Finding::code)
                .containsExactly("policy-without-effect");
    }

    @Test
    void of_issuerThatFails_errorOrWarning() throws IOException {
        var model = PolicyMesh.model(directory, authentication(CART + ", jwtRules: [{issuer: i}]"));
        var missing = model.with((i, u) -> new Jwks.Answer.Missing("it is down"));
        var old = model.with((i, u) -> new Jwks.Answer.Known("{\"keys\":[]}", "it is down"));
        var fine = model.with((i, u) -> new Jwks.Answer.Known("{\"keys\":[]}", ""));

        assertThat(PolicyFindings.of(missing, PolicyTargets.of(missing), false))
                .singleElement()
                .satisfies(f -> {
                    assertThat(f.code()).isEqualTo("issuer-keys-missing");
                    assertThat(f.level()).isEqualTo(Finding.Level.ERROR);
                    assertThat(f.field()).isEqualTo("spec.jwtRules[0].issuer");
                    assertThat(f.message()).contains("it is down").contains("are refused");
                });
        assertThat(PolicyFindings.of(old, PolicyTargets.of(old), false))
                .extracting(Finding::code)
                .containsExactly("issuer-keys-not-refreshed");
        assertThat(PolicyFindings.of(fine, PolicyTargets.of(fine), false)).isEmpty();
    }

    private List<Finding> findings(String policies) throws IOException {
        return findings(policies, Map.of());
    }

    private List<Finding> findings(String policies, Map<String, String> flags) throws IOException {
        var model = PolicyMesh.model(directory, policies, flags);
        return PolicyFindings.of(model, PolicyTargets.of(model), false);
    }

    private static String policy(String namespace, String fields) {
        return PolicyMesh.policy("AuthorizationPolicy", namespace, "p", "{" + fields + "}");
    }

    private static String authentication(String fields) {
        return PolicyMesh.policy("RequestAuthentication", "shop", "p", "{" + fields + "}");
    }

    private static String custom(String name, String service, String provider, String meta) {
        return """
        apiVersion: security.istio.io/v1
        kind: AuthorizationPolicy
        metadata: {name: %s, namespace: shop%s}
        spec:
          targetRefs: [{kind: Service, name: %s}]
          action: CUSTOM
          provider: {name: %s}
          rules: [{}]
        ---
        """
                .formatted(name, meta, service, provider);
    }
}
