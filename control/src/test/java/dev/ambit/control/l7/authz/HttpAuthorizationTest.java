package dev.ambit.control.l7.authz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.control.Yaml;
import dev.ambit.control.l7.L7Model;
import dev.ambit.control.l7.jwt.Jwks;
import dev.ambit.control.l7.jwt.JwksSource;
import dev.ambit.control.resource.DirectorySource;
import dev.ambit.control.resource.YamlLimits;
import dev.ambit.control.resource.security.RefusedKeys;
import dev.ambit.control.resource.security.RequestAuthentication;
import io.envoyproxy.envoy.config.rbac.v3.RBAC;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtProvider;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What no recording shows: failing closed, keys, order.
class HttpAuthorizationTest {
    private static final String CART = "cart.shop.svc.cluster.local";
    private static final String URI = "https://lonely.other.svc.cluster.local:80/keys";

    @TempDir private Path directory = Path.of(".");

    @Test
    void of_providerThatIsNotThere_ruleThatRefuses() throws Exception {
        var custom =
                PolicyMesh.policy(
                        "AuthorizationPolicy",
                        "shop",
                        "p",
                        "{targetRefs: [{kind: Service, name: cart}], action: CUSTOM, provider:"
                                + " {name: nosuch}, rules: [{}]}");

        var filters = at(PolicyMesh.model(directory, custom)).custom();

        assertThat(filters).hasSize(1);
        var rules = rbac(filters.getFirst()).getRules();
        assertThat(rules.getAction()).isEqualTo(RBAC.Action.DENY);
        assertThat(rules.getPoliciesMap().keySet())
                .containsExactly(
                        "istio-ext-authz-nosuch-ns[shop]-policy[p]-rule[0]"
                                + "-deny-due-to-bad-CUSTOM-action");
    }

    /// istiod would refuse what such a policy matches.
    @Test
    void of_customThatRehearses_nothing() throws Exception {
        var custom =
                PolicyMesh.policy(
                                "AuthorizationPolicy",
                                "shop",
                                "p",
                                "{targetRefs: [{kind: Service, name: cart}], action: CUSTOM,"
                                        + " provider: {name: grpc}, rules: [{}]}")
                        .replace("shop}", "shop, annotations: {istio.io/dry-run: 'true'}}");

        assertThat(at(PolicyMesh.model(directory, custom)).custom()).isEmpty();
    }

    @Test
    void of_keysAsFetched_inline() throws Exception {
        var model = PolicyMesh.model(directory, authentication("issuer: https://i.example"));
        var known = model.with((i, u) -> new Jwks.Answer.Known("{\"keys\":[]}", ""));

        assertThat(WantedKeys.byControl(model))
                .containsExactly(new JwksSource("https://i.example", "", Optional.empty()));
        assertThat(provider(known).getLocalJwks().getInlineString()).isEqualTo("{\"keys\":[]}");
    }

    @Test
    void of_keysThatAreNotThere_tokensRefused() throws Exception {
        var model = PolicyMesh.model(directory, authentication("issuer: https://i.example"));
        var missing = model.with((i, u) -> new Jwks.Answer.Missing("down"));

        assertThat(provider(model).getLocalJwks().getInlineString()).isEqualTo(RefusedKeys.JWKS);
        assertThat(provider(missing)).isEqualTo(provider(model));
    }

    @Test
    void of_keysByTheProxy_remoteThroughTheServicesCluster() throws Exception {
        var rule = "issuer: i, jwksUri: '" + URI + "', timeout: 2s";
        for (var mode : List.of("envoy", "hybrid")) {
            var model = model(authentication(rule), mode);

            var remote = provider(model).getRemoteJwks();
            assertThat(remote.getHttpUri().getUri()).isEqualTo(URI);
            assertThat(remote.getHttpUri().getCluster())
                    .isEqualTo("outbound|80||lonely.other.svc.cluster.local");
            assertThat(remote.getHttpUri().getTimeout().getSeconds()).isEqualTo(2);
            assertThat(remote.getCacheDuration().getSeconds()).isEqualTo(300);
            assertThat(WantedKeys.byControl(model)).isEmpty();
            assertThat(WantedKeys.byProxy(PolicyMesh.scope(model)))
                    .containsExactly("lonely.other.svc.cluster.local");
        }
    }

    @Test
    void of_hostThatIsNoService_hybridFetchesHereTheProxyCantAtAll() throws Exception {
        var policy = authentication("issuer: i, jwksUri: 'https://keys.example/k'");

        assertThat(provider(model(policy, "hybrid")).hasLocalJwks()).isTrue();
        assertThat(WantedKeys.byControl(model(policy, "hybrid"))).hasSize(1);
        assertThat(provider(model(policy, "envoy")).getRemoteJwks().getHttpUri().getCluster())
                .isEqualTo("outbound|443||keys.example");
    }

    @Test
    void of_unusableRequestAuthentication_noTokenBelieved() throws Exception {
        var bad =
                authentication(
                        "issuer: i, jwks: 'no json', fromHeaders: [{name: x-token, prefix: 'T '}]");
        Files.writeString(directory.resolve("base.yaml"), PolicyMesh.BASE);
        Files.writeString(directory.resolve("policies.yaml"), bad);
        var input = DirectorySource.readOnce(directory, new YamlLimits(100_000, 1_000, 50, 64), 10);
        assertThat(input.problems())
                .singleElement()
                .satisfies(p -> {
                    assertThat(p.message()).contains("not a set of keys").contains("no token");
                    assertThat(p.field()).isEqualTo("spec.jwtRules[0].jwks");
                });

        var policy = input.all(RequestAuthentication.class).getFirst();

        assertThat(policy.standIn()).isTrue();
        assertThat(policy.rules())
                .extracting(RequestAuthentication.JwtRule::jwks)
                .containsOnly(RefusedKeys.JWKS);
        assertThat(policy.rules())
                .extracting(r -> r.locations().headers())
                .containsExactly(
                        List.of(new RequestAuthentication.Header("x-token", "T ")), List.of());
    }

    /// Neither the order of files nor that of documents decides; only creation times, for issuers
    /// that are named twice.
    @Property(tries = 20)
    void of_anyOrder_sameFilters(@ForAll @IntRange(max = 100_000) int seed) throws Exception {
        var policies = new ArrayList<String>();
        for (int i = 0; i < 6; i++) {
            policies.add(
                    PolicyMesh.policy(
                            "AuthorizationPolicy",
                            "shop",
                            "p" + i,
                            "{targetRefs: [{kind: Service, name: cart}], action: "
                                    + (i % 2 == 0 ? "DENY" : "ALLOW")
                                    + ", rules: [{to: [{operation: {paths: [/"
                                    + i
                                    + "]}}]}]}"));
            policies.add(
                    PolicyMesh.policy(
                                    "RequestAuthentication",
                                    "shop",
                                    "r" + i,
                                    "{targetRefs: [{kind: Service, name: cart}], jwtRules: [{issuer:"
                                            + " same, audiences: [a"
                                            + i
                                            + "]}]}")
                            .replace(
                                    "shop}",
                                    "shop, creationTimestamp: 2026-01-01T00:00:0" + i + "Z}"));
        }
        var folder = Files.createTempDirectory("order");
        var expected = at(PolicyMesh.model(folder, String.join("", policies)));

        Collections.shuffle(policies, new java.util.Random(seed));

        assertThat(at(PolicyMesh.model(folder, String.join("", policies)))).isEqualTo(expected);
    }

    @Test
    void of_policyRemoved_noTrace() throws Exception {
        var policy = authentication("issuer: https://i.example");
        var without = at(PolicyMesh.model(directory, Yaml.NAMESPACE.replace("shop", "third")));

        at(PolicyMesh.model(directory, policy));

        assertThat(at(PolicyMesh.model(directory, Yaml.NAMESPACE.replace("shop", "third"))))
                .isEqualTo(without);
        assertThat(without.jwt()).isEmpty();
    }

    private L7Model model(String policies, String mode) throws IOException {
        return PolicyMesh.model(directory, policies, Map.of("PILOT_JWT_ENABLE_REMOTE_JWKS", mode));
    }

    private static HttpAuthorization at(L7Model model) {
        var scope = PolicyMesh.scope(model);
        var cart = PolicyMesh.service(scope, CART);
        assertThat(cart).isPresent();
        return HttpAuthorization.of(scope, cart);
    }

    private static JwtProvider provider(L7Model model) throws IOException {
        var jwt = at(model).jwt().getFirst().getTypedConfig().unpack(JwtAuthentication.class);
        return Objects.requireNonNull(jwt.getProvidersMap().get("origins-0"));
    }

    private static io.envoyproxy.envoy.extensions.filters.http.rbac.v3.RBAC rbac(HttpFilter filter)
            throws IOException {
        return filter.getTypedConfig()
                .unpack(io.envoyproxy.envoy.extensions.filters.http.rbac.v3.RBAC.class);
    }

    private static String authentication(String rule) {
        return PolicyMesh.policy(
                "RequestAuthentication",
                "shop",
                "p",
                "{targetRefs: [{kind: Service, name: cart}], jwtRules: [{" + rule + "}]}");
    }
}
