package dev.ambit.ztunnel.telemetry;

import dev.ambit.mesh.policy.Authorizer;
import dev.ambit.mesh.policy.ConnectionFacts;
import dev.ambit.mesh.policy.PolicySet;
import dev.ambit.mesh.policy.Rehearsal;
import dev.ambit.mesh.policy.Verdict;
import dev.ambit.mesh.policy.Verdict.Denial;
import dev.ambit.mesh.policy.Verdict.MatchedRule;
import dev.ambit.process.log.FieldLog;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.Optional;

/// Tells which policies decided about connections, in the reference's words, and what policies in
/// dry run would have done.
final class PolicyAudit {
    private static final FieldLog LOG = FieldLog.of(PolicyAudit.class);

    /// The label of what is no single policy's doing: ALLOW policies exist and none matches.
    private static final String NONE = "-";

    private final boolean atInfo;
    private final Counter dryRuns;

    /// @param atInfo whether its lines are of level info, else debug
    PolicyAudit(PrometheusRegistry registry, boolean atInfo) {
        this.atInfo = atInfo;
        this.dryRuns =
                Counter.builder()
                        .name("ambit_policy_dry_run")
                        .help("What policies in dry run would have done to connections")
                        .labelNames("policy", "would")
                        .register(registry);
    }

    /// @return what the policies in dry run would have done; empty where there are none
    Optional<Rehearsal> judged(PolicySet policies, ConnectionFacts facts, Verdict verdict) {
        var rehearsal = Authorizer.rehearse(policies, facts, verdict);
        rehearsal.ifPresent(this::count);
        if (atInfo ? LOG.isInfoEnabled() : LOG.isDebugEnabled()) {
            tell(rehearsal, verdict);
        }
        return rehearsal;
    }

    private void count(Rehearsal rehearsal) {
        rehearsal.denies().forEach(by -> dryRuns.labelValues(by.policy(), "deny").inc());
        rehearsal.allows().forEach(by -> dryRuns.labelValues(by.policy(), "allow").inc());
        if (rehearsal.nothingAllows()) {
            dryRuns.labelValues(NONE, "deny").inc();
        }
    }

    /// In the reference's order. It does not ask for an ALLOW in dry run once a DENY has decided.
    private void tell(Optional<Rehearsal> rehearsal, Verdict verdict) {
        rehearsal.ifPresent(
                dry -> dry.denies().forEach(by -> line("dry-run: deny policy match", by)));
        if (verdict instanceof Verdict.Denied(Denial.ByDenyPolicy(var by))) {
            line("deny policy match", by);
            return;
        }
        rehearsal.ifPresent(dry -> {
            dry.allows().forEach(by -> line("dry-run: allow policy match", by));
            if (dry.nothingAllows()) {
                line("dry-run: no allow policies match");
            }
        });
        switch (verdict) {
            case Verdict.Allowed(_, var by) ->
                    by.ifPresentOrElse(
                            rule -> line("allow policy match", rule),
                            () -> line("no allow policies, allow"));
            case Verdict.Denied(Denial.ByNoAllowPolicy _) -> line("no allow policies matched");
            case Verdict.Denied(var why) -> line(why.text());
        }
    }

    private void line(String message, MatchedRule by) {
        if (atInfo) {
            LOG.info(message, "policy", by.policy());
        } else {
            LOG.debug(message, "policy", by.policy());
        }
    }

    private void line(String message) {
        if (atInfo) {
            LOG.info(message);
        } else {
            LOG.debug(message);
        }
    }
}
