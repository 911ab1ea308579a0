package dev.ambit.control.resource;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Security resources for waypoints that istiod's validation would refuse: each names the field,
/// the value and what was expected.
class SecurityBadInputTest {
    private static final YamlLimits LIMITS = new YamlLimits(100_000, 20, 5, 12);

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                // spec | field | part of the message
                "targetRefs: [{kind: Pod, name: a}] | targetRefs[0].kind | 'Pod' of group ''",
                "targetRefs: [{group: x, kind: Service, name: a}] | targetRefs[0].kind | group 'x'",
                "targetRefs: [{kind: Service, name: a, namespace: b}] | targetRefs[0].namespace |"
                        + " 'b'",
                "targetRefs: [{kind: Service}] | targetRefs[0].name | missing",
                "targetRef: {kind: Service, name: a}, targetRefs: [{kind: Service, name: b}] |"
                        + " targetRef | one of the two",
                "selector: {}, targetRefs: [{kind: Service, name: b}] | selector | one of the two",
                "action: CUSTOM, rules: [{}] | provider | missing",
                "action: CUSTOM, provider: {name: a} | rules | never asks",
                "action: CUSTOM, provider: {name: a}, rules: [{from: [{source: {principals:"
                        + " [a]}}]}] | rules | 'principals'",
                "action: CUSTOM, provider: {name: a}, rules: [{when: [{key: 'request.auth.claims[a]',"
                        + " values: [b]}]}] | rules | 'request.auth.claims[a]'",
                "action: DENY, provider: {name: a}, rules: [{}] | provider | none for DENY",
                "rules: [{to: [{operation: {paths: ['/a/{b}']}}]}] | rules[0].to[0].operation.paths"
                        + " | '/a/{b}': braces",
                "rules: [{to: [{operation: {paths: ['/{**}/a/{*}']}}]}] |"
                        + " rules[0].to[0].operation.paths | nothing can be matched after",
                "rules: [{to: [{operation: {notPaths: ['/{*}/a b']}}]}] |"
                        + " rules[0].to[0].operation.notPaths | segment 'a b'",
                "rules: [{from: [{source: {trustDomains: ['a*b']}}]}] |"
                        + " rules[0].from[0].source.trustDomains | 'a*b'",
                "rules: [{from: [{source: {trustDomains: [a/b]}}]}] |"
                        + " rules[0].from[0].source.trustDomains | 'a/b'",
                "rules: [{when: [{key: source.serviceAccount, values: ['*']}]}] |"
                        + " rules[0].when[0].values | '*'",
                "rules: [{when: [{key: source.trustDomain, values: ['*a*']}]}] |"
                        + " rules[0].when[0].values | '*a*'",
                "rules: [{when: [{key: 'request.headers[]', values: [a]}]}] |"
                        + " rules[0].when[0].key | 'request.headers[]'",
                "rules: [{when: [{key: request.header, values: [a]}]}] | rules[0].when[0].key |"
                        + " expected: one of",
                "rules: [{from: [{source: {remoteIpBlocks: [300.1.1.1]}}]}] |"
                        + " rules[0].from[0].source.remoteIpBlocks | '300.1.1.1'"
            })
    void read_authorizationPolicy_refused(String spec, String field, String message) {
        refused("AuthorizationPolicy", spec, field, message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "jwtRules: [{audiences: [a]}] | jwtRules[0].issuer | missing",
                "jwtRules: [{issuer: a, jwks: 'no json'}] | jwtRules[0].jwks | not a set of keys",
                "jwtRules: [{issuer: a, jwks: '[]'}] | jwtRules[0].jwks | not a set of keys",
                "jwtRules: [{issuer: a, jwks: '{}'}] | jwtRules[0].jwks | not a set of keys",
                "jwtRules: [{issuer: a, jwks: '{\"keys\":[{\"kty\":\"RSA\"}]}'}] |"
                        + " jwtRules[0].jwks | not a set of keys",
                "jwtRules: [{issuer: a, jwks: '{\"keys\":[]}', jwksUri: 'https://a/'}] |"
                        + " jwtRules[0].jwks | one of the two",
                "jwtRules: [{issuer: a, jwksUri: 'ftp://a/keys'}] | jwtRules[0].jwksUri |"
                        + " 'ftp://a/keys'",
                "jwtRules: [{issuer: a, jwksUri: 'a b'}] | jwtRules[0].jwksUri | 'a b'",
                "jwtRules: [{issuer: a, jwksUri: 'https://a:99999/'}] | jwtRules[0].jwksUri |"
                        + " 99999",
                "jwtRules: [{issuer: a, audiences: ['']}] | jwtRules[0].audiences | empty text",
                "jwtRules: [{issuer: a, fromHeaders: [{prefix: b}]}] |"
                        + " jwtRules[0].fromHeaders[0].name | missing",
                "jwtRules: [{issuer: a, fromCookies: ['']}] | jwtRules[0].fromCookies | empty",
                "jwtRules: [{issuer: a, outputClaimToHeaders: [{header: 'x y', claim: sub}]}] |"
                        + " jwtRules[0].outputClaimToHeaders[0].header | 'x y'",
                "jwtRules: [{issuer: a, timeout: 0s}] | jwtRules[0].timeout | '0s'",
                "jwtRules: [{issuer: a, timeout: soon}] | jwtRules[0].timeout | 'soon'",
                "jwtRules: [{issuer: a, forwardToken: true}] | jwtRules[0].forwardToken |"
                        + " unknown field",
                "jwtRule: [{issuer: a}] | jwtRule | unknown field"
            })
    void read_requestAuthentication_refused(String spec, String field, String message) {
        refused("RequestAuthentication", spec, field, message);
    }

    private static void refused(String kind, String spec, String field, String message) {
        var text =
                """
                apiVersion: security.istio.io/v1
                kind: %s
                metadata: {name: p, namespace: shop}
                spec: {%s}
                """
                        .formatted(kind, spec);
        var read = FileReader.read("a.yaml", text, LIMITS);
        var problems = DirectoryState.empty().with("a.yaml", read).assemble().problems();

        assertThat(problems)
                .singleElement()
                .satisfies(p -> {
                    assertThat(p.severity()).isEqualTo(Problem.Severity.ERROR);
                    assertThat(p.field()).isEqualTo("spec." + field);
                    assertThat(p.message()).contains(message).contains("expected");
                    assertThat(p.resource()).isEqualTo(kind + " shop/p");
                });
    }
}
