package dev.ambit.mesh.policy;

import dev.ambit.identity.SpiffeId;
import dev.ambit.mesh.policy.Verdict.Allowed;
import dev.ambit.mesh.policy.Verdict.Denial;
import dev.ambit.mesh.policy.Verdict.Denied;
import dev.ambit.mesh.policy.Verdict.MatchedRule;
import java.util.ArrayList;
import java.util.Optional;

/// Judges a connection. Pure: the same facts and policies give the same verdict.
///
/// Order: a DENY that matches denies; a policy that was refused or is missing denies; without ALLOW
/// policies it may pass; an ALLOW that matches lets it pass; else it is denied.
public final class Authorizer {
    private Authorizer() {}

    public static Verdict authorize(PolicySet policies, ConnectionFacts facts) {
        var principal = principal(facts);
        for (var tier : policies.tiers()) {
            var deny = tier.deny.firstMatch(facts, principal);
            if (deny.isPresent()) {
                return new Denied(new Denial.ByDenyPolicy(deny.get()));
            }
        }
        if (!policies.refused().isEmpty()) {
            return new Denied(new Denial.ByRefusedPolicy(policies.refused().getFirst()));
        }
        if (!policies.missing().isEmpty()) {
            return new Denied(new Denial.ByMissingPolicy(policies.missing().getFirst()));
        }
        boolean restricted = false;
        for (var tier : policies.tiers()) {
            restricted |= !tier.allow.isEmpty();
            var allow = tier.allow.firstMatch(facts, principal);
            if (allow.isPresent()) {
                return new Allowed(new Permit(facts), allow);
            }
        }
        return restricted
                ? new Denied(new Denial.ByNoAllowPolicy(nearest(policies, facts, principal)))
                : new Allowed(new Permit(facts), Optional.empty());
    }

    private static String principal(ConnectionFacts facts) {
        return facts.peer().map(SpiffeId::principal).orElse("");
    }

    private static Optional<MatchedRule> nearest(
            PolicySet policies, ConnectionFacts facts, String principal) {
        RuleIndex.NearMiss best = null;
        for (var tier : policies.tiers()) {
            var near = tier.allow.nearest(facts, principal).orElse(null);
            if (near != null && (best == null || near.clausesHeld() > best.clausesHeld())) {
                best = near;
            }
        }
        return Optional.ofNullable(best).map(RuleIndex.NearMiss::rule);
    }

    /// What the policies in dry run would have done; empty where there are none.
    ///
    /// @param enforced what `authorize` said
    public static Optional<Rehearsal> rehearse(
            PolicySet policies, ConnectionFacts facts, Verdict enforced) {
        if (!policies.rehearses()) {
            return Optional.empty();
        }
        var principal = principal(facts);
        var denies = new ArrayList<MatchedRule>();
        var allows = new ArrayList<MatchedRule>();
        boolean dryAllows = false;
        for (var tier : policies.tiers()) {
            denies.addAll(tier.dryDeny.matches(facts, principal));
            allows.addAll(tier.dryAllow.matches(facts, principal));
            dryAllows |= !tier.dryAllow.isEmpty();
        }
        boolean unmatched = dryAllows && allows.isEmpty();
        boolean passes =
                switch (enforced) {
                    case Allowed(_, var by) -> by.isPresent() || !unmatched;
                    case Denied(Denial.ByNoAllowPolicy _) -> !allows.isEmpty();
                    case Denied _ -> false;
                };
        boolean unrestricted = enforced instanceof Allowed(_, var by) && by.isEmpty();
        return Optional.of(
                new Rehearsal(
                        denies, allows, unrestricted && unmatched, passes && denies.isEmpty()));
    }
}
