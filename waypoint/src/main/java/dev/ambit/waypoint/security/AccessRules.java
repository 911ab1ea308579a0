package dev.ambit.waypoint.security;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// `envoy.config.rbac.v3.RBAC`: policies with one action. The first that matches counts, in the
/// order of their names, as Envoy keeps them.
public final class AccessRules {
    private final Action action;
    private final PolicyIndex index;

    public enum Action {
        /// Who matches may; nobody else.
        ALLOW,
        /// Who matches may not.
        DENY,
        /// Everybody may; who matches is marked for the log.
        LOG
    }

    /// What was decided and why.
    ///
    /// @param policy name of the policy that matched; empty for none
    /// @param field that decided; empty where no policy matched
    public record Verdict(boolean allowed, boolean matched, String policy, String field) {}

    public AccessRules(Action action, List<AccessPolicy> policies) {
        this.action = action;
        index =
                new PolicyIndex(
                        policies.stream()
                                .sorted(Comparator.comparing(AccessPolicy::name))
                                .toList());
    }

    public Action action() {
        return action;
    }

    public int size() {
        return index.size();
    }

    /// The policy that matches first; null for none. Cheaper than a verdict.
    @Nullable AccessPolicy match(Facts facts) {
        return index.firstMatch(facts);
    }

    boolean allows(@Nullable AccessPolicy match) {
        return switch (action) {
            case ALLOW -> match != null;
            case DENY -> match == null;
            case LOG -> true;
        };
    }

    Verdict judge(Facts facts) {
        var match = match(facts);
        return new Verdict(
                allows(match),
                match != null,
                match == null ? "" : match.name(),
                match == null ? "" : match.decidingField(facts));
    }

    /// The same with the policy that came nearest where none matched.
    Verdict explained(Facts facts) {
        var verdict = judge(facts);
        return verdict.allowed() || verdict.matched() ? verdict : nearest(facts).orElse(verdict);
    }

    /// For an explanation of a refusal: the policy of those that allow which came nearest, and the
    /// field that it failed on.
    Optional<Verdict> nearest(Facts facts) {
        if (action != Action.ALLOW) {
            return Optional.empty();
        }
        for (int i = 0; i < Math.min(index.size(), SecurityLimits.EXPLAINED_POLICIES); i++) {
            var policy = index.get(i);
            if (policy.permissions().holds(facts) != policy.principals().holds(facts)) {
                return Optional.of(
                        new Verdict(false, false, policy.name(), policy.decidingField(facts)));
            }
        }
        return index.size() == 0
                ? Optional.empty()
                : Optional.of(
                        new Verdict(
                                false,
                                false,
                                index.get(0).name(),
                                index.get(0).decidingField(facts)));
    }
}
