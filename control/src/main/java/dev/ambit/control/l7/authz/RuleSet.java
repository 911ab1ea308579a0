package dev.ambit.control.l7.authz;

import dev.ambit.control.resource.AuthorizationPolicy;
import dev.ambit.control.resource.AuthorizationPolicy.Rule;
import dev.ambit.control.resource.Names;
import dev.ambit.control.resource.Texts;
import io.envoyproxy.envoy.config.rbac.v3.Permission;
import io.envoyproxy.envoy.config.rbac.v3.Policy;
import io.envoyproxy.envoy.config.rbac.v3.Principal;
import io.envoyproxy.envoy.config.rbac.v3.RBAC;
import io.envoyproxy.envoy.config.rbac.v3.RBAC.Action;
import java.util.List;
import java.util.Optional;

/// Policies of one action as Envoy's rules: those in force, and those that only rehearse.
///
/// @param rules absent when no policy is in force
/// @param shadow absent when none rehearses
record RuleSet(Optional<RBAC> rules, Optional<RBAC> shadow) {
    private static final Policy NEVER =
            Policy.newBuilder()
                    .addPermissions(Permission.newBuilder().setNotRule(Permissions.ANY))
                    .addPrincipals(
                            Principal.newBuilder().setNotId(Principal.newBuilder().setAny(true)))
                    .build();

    /// @param prefix of the names of rules
    static RuleSet of(
            List<AuthorizationPolicy> policies,
            Action action,
            Form form,
            TrustDomains trust,
            String prefix) {
        var rules = RBAC.newBuilder().setAction(action);
        var shadow = RBAC.newBuilder().setAction(action);
        boolean enforced = false;
        boolean rehearsed = false;
        for (var policy : policies) {
            boolean rehearsal = rehearsal(policy);
            enforced |= !rehearsal;
            rehearsed |= rehearsal;
            add(rehearsal ? shadow : rules, policy, action, form, trust, prefix);
        }
        return new RuleSet(
                enforced ? Optional.of(rules.build()) : Optional.empty(),
                rehearsed ? Optional.of(shadow.build()) : Optional.empty());
    }

    static boolean rehearsal(AuthorizationPolicy policy) {
        return Texts.isTrue(policy.meta().annotation(Names.DRY_RUN));
    }

    private static void add(
            RBAC.Builder into,
            AuthorizationPolicy policy,
            Action action,
            Form form,
            TrustDomains trust,
            String prefix) {
        var meta = policy.meta();
        if (policy.rules().isEmpty()) {
            into.putPolicies(name(prefix, policy, 0), NEVER);
        }
        for (int i = 0; i < policy.rules().size(); i++) {
            var name = name(prefix, policy, i);
            policy(policy.rules().get(i), meta.namespace(), action, form, trust)
                    .ifPresent(p -> into.putPolicies(name, p));
        }
    }

    private static String name(String prefix, AuthorizationPolicy policy, int rule) {
        return prefix
                + "ns["
                + policy.meta().namespace()
                + "]-policy["
                + policy.meta().name()
                + "]-rule["
                + rule
                + "]";
    }

    /// What can't be compared here makes an ALLOW narrower (the rule is left out: empty), and every
    /// other action wider (the value is left out).
    static Optional<Policy> policy(
            Rule rule, String namespace, Action action, Form form, TrustDomains trust) {
        boolean strict = action == Action.ALLOW;
        var model = RuleModel.of(rule, namespace, trust);
        var policy = Policy.newBuilder();
        var permissions = new Permissions(form.http(), strict);
        for (var clauses : model.permissions()) {
            var permission = permissions.all(clauses);
            if (permission.isEmpty()) {
                return Optional.empty();
            }
            policy.addPermissions(permission.get());
        }
        var principals = new Principals(form, strict);
        for (var clauses : model.principals()) {
            var principal = principals.all(clauses);
            if (principal.isEmpty()) {
                return Optional.empty();
            }
            policy.addPrincipals(principal.get());
        }
        return Optional.of(policy.build());
    }

    /// Which of the two kinds of rehearsal the results are filed under.
    String shadowPrefix() {
        return shadow.filter(s -> s.getAction() == Action.DENY).isPresent()
                ? "istio_dry_run_deny_"
                : shadow.filter(s -> s.getAction() == Action.LOG).isPresent()
                        ? ""
                        : "istio_dry_run_allow_";
    }
}
