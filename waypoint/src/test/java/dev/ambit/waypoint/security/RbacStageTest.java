package dev.ambit.waypoint.security;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.waypoint.match.TextMatch;
import dev.ambit.waypoint.security.AccessRules.Action;
import dev.ambit.waypoint.stage.NetworkStage;
import dev.ambit.waypoint.stage.NetworkStep;
import dev.ambit.waypoint.stage.Step;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RbacStageTest {
    private final SecurityCounters counters = new SecurityCounters();

    private static AccessPolicy path(String name, String path) {
        return new AccessPolicy(
                name,
                List.of(new Condition.Path(new TextMatch.Exact(path))),
                List.of(new Condition.Always()));
    }

    private RbacStage stage(Optional<AccessRules> rules, Optional<AccessRules> shadow) {
        return new RbacStage("rbac", rules, shadow, "", "istio_dry_run_allow_", "http.", counters);
    }

    private NetworkRbac network(Action action, AccessPolicy policy) {
        return new NetworkRbac(
                "rbac", Optional.of(rules(action, policy)), Optional.empty(), "", "tcp.", counters);
    }

    private static AccessRules rules(Action action, AccessPolicy... policies) {
        return new AccessRules(action, List.of(policies));
    }

    @ParameterizedTest
    @CsvSource({
        "ALLOW, /a, true, ''",
        "ALLOW, /x, false, none",
        "DENY, /a, false, ns[shop]-policy[b_c]-rule[0]",
        "DENY, /x, true, ''",
        "LOG, /a, true, ''",
        "LOG, /x, true, ''",
    })
    void onRequest_actionAndMatch_answersAsEnvoy(
            Action action, String path, boolean passes, String policy) {
        var stage =
                stage(
                        Optional.of(rules(action, path("ns[shop]-policy[b c]-rule[0]", "/a"))),
                        Optional.empty());
        var step = stage.onRequest(new TestExchange().path(path));

        if (passes) {
            assertThat(step).isEqualTo(Step.NEXT);
            assertThat(counters.value("http.rbac.allowed")).isEqualTo(1);
            return;
        }
        assertThat(step)
                .isInstanceOfSatisfying(
                        Step.Answer.class,
                        answer -> {
                            assertThat(answer.reply().status()).isEqualTo(403);
                            assertThat(answer.reply().body()).isEqualTo("RBAC: access denied");
                            assertThat(answer.reply().details())
                                    .isEqualTo("rbac_access_denied_matched_policy[" + policy + "]");
                        });
        assertThat(counters.value("http.rbac.denied")).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({
        "ALLOW, /x, nearest, path",
        "DENY, /a, policy, path",
    })
    void onRequest_refused_metadataSayWhichPolicyAndField(
            Action action, String path, String how, String field) {
        var exchange = new TestExchange().path(path);

        stage(Optional.of(rules(action, path("p", "/a"))), Optional.empty()).onRequest(exchange);

        assertThat(exchange.info().dynamicMetadata())
                .containsEntry("ambit.rbac", Map.of(how, "p", "field", field));
    }

    @Test
    void onRequest_noPolicies_allowDeniesAll_denyDeniesNone() {
        assertThat(
                        stage(Optional.of(rules(Action.ALLOW)), Optional.empty())
                                .onRequest(new TestExchange()))
                .isInstanceOf(Step.Answer.class);
        assertThat(
                        stage(Optional.of(rules(Action.DENY)), Optional.empty())
                                .onRequest(new TestExchange()))
                .isEqualTo(Step.NEXT);
    }

    @Test
    void onRequest_shadowRules_areTold_notEnforced() {
        var stage =
                stage(
                        Optional.empty(),
                        Optional.of(rules(Action.DENY, path("b", "/a"), path("a", "/a"))));
        var denied = new TestExchange().path("/a");
        var allowed = new TestExchange().path("/b");

        assertThat(stage.onRequest(denied)).isEqualTo(Step.NEXT);
        assertThat(stage.onRequest(allowed)).isEqualTo(Step.NEXT);
        assertThat(denied.info().dynamicMetadata())
                .containsEntry(
                        RbacStage.NAMESPACE,
                        Map.of(
                                "istio_dry_run_allow_shadow_effective_policy_id", "a",
                                "istio_dry_run_allow_shadow_engine_result", "denied"));
        assertThat(allowed.info().dynamicMetadata())
                .containsEntry(
                        RbacStage.NAMESPACE,
                        Map.of("istio_dry_run_allow_shadow_engine_result", "allowed"));
        assertThat(counters.value("http.rbac.istio_dry_run_allow_shadow_denied")).isEqualTo(1);
        assertThat(counters.value("http.rbac.istio_dry_run_allow_shadow_allowed")).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({"/a, true", "/b, false"})
    void onRequest_log_marksForTheAccessLog(String path, boolean hint) {
        var stage = stage(Optional.of(rules(Action.LOG, path("p", "/a"))), Optional.empty());
        var exchange = new TestExchange().path(path);
        stage.onRequest(exchange);
        assertThat(exchange.info().dynamicMetadata())
                .containsEntry("envoy.common", Map.of("access_log_hint", hint));
    }

    @Test
    void onRequest_routeHasItsOwnRules_theseCount() {
        var stage = stage(Optional.of(rules(Action.DENY, path("p", "/a"))), Optional.empty());
        var open = stage(Optional.empty(), Optional.empty());
        assertThat(stage.onRequest(new TestExchange().path("/a").routeConfig(open)))
                .isEqualTo(Step.NEXT);
    }

    @Test
    void explain_refusedByAllow_namesTheNearestPolicyAndField() {
        var who =
                new AccessPolicy(
                        "who",
                        List.of(new Condition.Path(new TextMatch.Exact("/a"))),
                        List.of(
                                new Condition.FilterState(
                                        FilterStateView.PEER_PRINCIPAL,
                                        new TextMatch.Exact("spiffe://cluster.local/ns/x/sa/y"))));
        var stage = stage(Optional.of(rules(Action.ALLOW, who)), Optional.empty());
        assertThat(stage.explain(new TestExchange().path("/a")))
                .containsExactly(new AccessRules.Verdict(false, false, "who", "source.principal"));

        var open = stage(Optional.of(rules(Action.ALLOW, path("other", "/b"))), Optional.empty());
        assertThat(open.explain(new TestExchange().path("/b")))
                .containsExactly(new AccessRules.Verdict(true, true, "other", "path"));
    }

    @Test
    void network_refused_isClosedWithItsPolicy() {
        var stage =
                network(
                        Action.DENY,
                        new AccessPolicy(
                                "p",
                                List.of(new Condition.Port(80, 81)),
                                List.of(new Condition.Always())));
        var other = new TestExchange().destination("10.96.0.10", 81);
        assertThat(stage.onConnection(new TestConnection(new TestExchange())))
                .isEqualTo(
                        new NetworkStep.Close(
                                Optional.empty(), "rbac_access_denied_matched_policy[p]"));
        assertThat(stage.onConnection(new TestConnection(other))).isEqualTo(NetworkStep.PASS);
        assertThat(counters.value("tcp.rbac.denied")).isEqualTo(1);
    }

    /// What can't be known of bytes does not hold, as with an empty list of headers.
    @Test
    void network_conditionsOnRequests_neverHold() {
        NetworkStage stage = network(Action.ALLOW, path("p", "/"));
        assertThat(stage.onConnection(new TestConnection(new TestExchange())))
                .isInstanceOf(NetworkStep.Close.class);
    }
}
