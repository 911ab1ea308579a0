package dev.ambit.mesh.policy;

import java.util.Optional;

/// The answer to "may this connection pass", with what decided it.
public sealed interface Verdict {

    /// @param by the ALLOW rule that matched; empty when no ALLOW policy applies
    record Allowed(Permit permit, Optional<MatchedRule> by) implements Verdict {}

    record Denied(Denial why) implements Verdict {}

    /// Where in a policy a match was found.
    ///
    /// @param rule index in the policy, from 0
    /// @param field the field that decided, by its wire name, or `any` for a rule without clauses
    record MatchedRule(String policy, int rule, String field) {}

    sealed interface Denial {
        /// A DENY policy matched.
        record ByDenyPolicy(MatchedRule rule) implements Denial {}

        /// ALLOW policies apply and none matched.
        ///
        /// @param nearest the rule that got furthest and the field that failed, for the log
        record ByNoAllowPolicy(Optional<MatchedRule> nearest) implements Denial {}

        /// The workload lists a policy that the control plane has not sent.
        record ByMissingPolicy(String policy) implements Denial {}

        /// A policy that covers it could not be understood.
        record ByRefusedPolicy(RefusedPolicy policy) implements Denial {}

        /// The text after `connection closed due to policy rejection: `; the reference's words.
        default String text() {
            return switch (this) {
                case ByDenyPolicy(var rule) -> "explicitly denied by: " + rule.policy();
                case ByNoAllowPolicy _ -> "allow policies exist, but none allowed";
                case ByMissingPolicy(var policy) ->
                        "policy " + policy + " applies and is not known yet";
                case ByRefusedPolicy(var policy) ->
                        "policy %s applies and was not understood: %s"
                                .formatted(policy.key(), policy.cause());
            };
        }
    }
}
