package dev.ambit.mesh.policy;

import dev.ambit.identity.SpiffeId;
import dev.ambit.mesh.policy.Verdict.Allowed;
import dev.ambit.mesh.policy.Verdict.Denial;
import dev.ambit.mesh.policy.Verdict.Denied;
import dev.ambit.mesh.policy.Verdict.MatchedRule;
import java.util.Optional;

/// Judges a connection. Pure: the same facts and policies give the same verdict.
///
/// Order: a missing policy denies; a DENY that matches denies; without ALLOW policies it may pass;
/// an ALLOW that matches lets it pass; else it is denied.
public final class Authorizer {
    private Authorizer() {}

    public static Verdict authorize(PolicySet policies, ConnectionFacts facts) {
        if (!policies.missing().isEmpty()) {
            return new Denied(new Denial.ByMissingPolicy(policies.missing().getFirst()));
        }
        var principal = facts.peer().map(SpiffeId::principal).orElse("");
        for (var deny : policies.deny()) {
            int rule = deny.firstMatch(facts, principal);
            if (rule >= 0) {
                return new Denied(new Denial.ByDenyPolicy(matched(deny, rule, facts, principal)));
            }
        }
        if (policies.allow().isEmpty()) {
            return new Allowed(new Permit(facts), Optional.empty());
        }
        for (var allow : policies.allow()) {
            int rule = allow.firstMatch(facts, principal);
            if (rule >= 0) {
                var by = matched(allow, rule, facts, principal);
                return new Allowed(new Permit(facts), Optional.of(by));
            }
        }
        return new Denied(new Denial.ByNoAllowPolicy(nearest(policies, facts, principal)));
    }

    private static MatchedRule matched(
            CompiledPolicy policy, int rule, ConnectionFacts facts, String principal) {
        return new MatchedRule(
                policy.policy().key(), rule, policy.matchedField(rule, facts, principal));
    }

    private static Optional<MatchedRule> nearest(
            PolicySet policies, ConnectionFacts facts, String principal) {
        MatchedRule best = null;
        int held = -1;
        for (var allow : policies.allow()) {
            var near = allow.nearest(facts, principal);
            if (near.isPresent() && near.get().clausesHeld() > held) {
                held = near.get().clausesHeld();
                best = new MatchedRule(allow.policy().key(), near.get().rule(), near.get().field());
            }
        }
        return Optional.ofNullable(best);
    }
}
