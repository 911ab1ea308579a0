package dev.ambit.ztunnel.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.mesh.policy.Authorizer;
import dev.ambit.mesh.policy.ConnectionFacts;
import dev.ambit.mesh.policy.Policy;
import dev.ambit.mesh.policy.Policy.Action;
import dev.ambit.mesh.policy.PolicySet;
import dev.ambit.ztunnel.log.LogLines;
import io.prometheus.metrics.expositionformats.OpenMetricsTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.logging.Level;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PolicyAuditTest {
    private static final ConnectionFacts FACTS =
            new ConnectionFacts(
                    Optional.empty(),
                    InetAddress.ofLiteral("10.0.0.1"),
                    InetAddress.ofLiteral("10.0.0.2"),
                    80);

    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final LogLines lines = new LogLines(PolicyAudit.class, Level.FINE);

    @AfterEach
    void release() {
        lines.close();
    }

    private static Policy policy(String name, Action action, boolean matches, boolean dryRun) {
        List<Policy.Rule> rules = matches ? List.of(new Policy.Rule(List.of())) : List.of();
        return new Policy("ns1", name, Policy.Scope.NAMESPACE, action, rules, dryRun);
    }

    private void judge(boolean atInfo, Policy... policies) {
        var set = PolicySet.of(List.of(policies), List.of());
        new PolicyAudit(registry, atInfo).judged(set, FACTS, Authorizer.authorize(set, FACTS));
    }

    private List<String> counted() throws IOException {
        var out = new ByteArrayOutputStream();
        new OpenMetricsTextFormatWriter(false, false).write(out, registry.scrape());
        return out.toString(StandardCharsets.UTF_8)
                .lines()
                .filter(line -> line.startsWith("ambit_policy_dry_run_total"))
                .toList();
    }

    @Test
    void dryRun_isToldInTheReferencesWords_andCounted() throws Exception {
        judge(
                false,
                policy("dry-run-deny", Action.DENY, true, true),
                policy("dry-run-allow", Action.ALLOW, true, true));

        assertThat(lines.texts())
                .containsExactly(
                        "FINE dry-run: deny policy match policy=ns1/dry-run-deny",
                        "FINE dry-run: allow policy match policy=ns1/dry-run-allow",
                        "FINE no allow policies, allow");
        assertThat(counted())
                .containsExactlyInAnyOrder(
                        "ambit_policy_dry_run_total{policy=\"ns1/dry-run-deny\",would=\"deny\"} 1.0",
                        "ambit_policy_dry_run_total{policy=\"ns1/dry-run-allow\",would=\"allow\"} 1.0");
    }

    @Test
    void noAllowInDryRunMatches_isToldAndCountedWithoutAPolicy() throws Exception {
        judge(true, policy("a", Action.ALLOW, false, true));

        assertThat(lines.texts())
                .containsExactly(
                        "INFO dry-run: no allow policies match", "INFO no allow policies, allow");
        assertThat(counted())
                .containsExactly("ambit_policy_dry_run_total{policy=\"-\",would=\"deny\"} 1.0");
    }

    @Test
    void enforcedPolicies_areToldToo() throws Exception {
        judge(true, policy("d", Action.DENY, true, false), policy("a", Action.ALLOW, true, true));

        assertThat(lines.texts()).containsExactly("INFO deny policy match policy=ns1/d");
    }

    @Test
    void enforcedAllow_isTold_whetherItMatchesOrNot() throws Exception {
        judge(true, policy("a", Action.ALLOW, true, false));
        assertThat(lines.texts()).containsExactly("INFO allow policy match policy=ns1/a");
        assertThat(counted()).isEmpty();
    }

    @Test
    void noEnforcedAllowMatches_isTold() {
        judge(true, policy("a", Action.ALLOW, false, false));
        assertThat(lines.texts()).containsExactly("INFO no allow policies matched");
    }
}
