package dev.ambit.control.l7.authz;

import dev.ambit.control.resource.AuthorizationPolicy;
import io.envoyproxy.envoy.config.rbac.v3.RBAC;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/// Policies that concern one chain as its filters.
final class PolicyFilters<F> {
    private static final String ASKED = "istio-ext-authz-";
    private static final String ASKED_SHADOW = "istio_ext_authz_";
    private static final String BAD = "-deny-due-to-bad-CUSTOM-action";

    private final Filters<F> filters;
    private final Form form;
    private final TrustDomains trust;

    PolicyFilters(Filters<F> filters, Form form, TrustDomains trust) {
        this.filters = filters;
        this.form = form;
        this.trust = trust;
    }

    /// AUDIT, DENY, ALLOW; none of an action without policies.
    List<F> rules(List<AuthorizationPolicy> policies) {
        var byAction = byAction(policies);
        var all = new ArrayList<F>();
        add(all, byAction, AuthorizationPolicy.Action.AUDIT, RBAC.Action.LOG);
        add(all, byAction, AuthorizationPolicy.Action.DENY, RBAC.Action.DENY);
        add(all, byAction, AuthorizationPolicy.Action.ALLOW, RBAC.Action.ALLOW);
        return all;
    }

    private static Map<AuthorizationPolicy.Action, List<AuthorizationPolicy>> byAction(
            List<AuthorizationPolicy> policies) {
        var by =
                new EnumMap<AuthorizationPolicy.Action, List<AuthorizationPolicy>>(
                        AuthorizationPolicy.Action.class);
        for (var policy : policies) {
            by.computeIfAbsent(policy.action(), a -> new ArrayList<>()).add(policy);
        }
        return by;
    }

    private void add(
            List<F> into,
            Map<AuthorizationPolicy.Action, List<AuthorizationPolicy>> byAction,
            AuthorizationPolicy.Action action,
            RBAC.Action enforced) {
        var policies = byAction.getOrDefault(action, List.of());
        if (!policies.isEmpty()) {
            var set = RuleSet.of(policies, enforced, form, trust, "");
            into.add(filters.rbac(set.rules(), set.shadow(), set.shadowPrefix()));
        }
    }

    /// For each provider, by name: rules that tell whether it is to be asked, and the asking. One
    /// that can't be asked refuses instead.
    ///
    /// A CUSTOM policy that only rehearses is left out. istiod makes a rule of it that refuses.
    List<F> custom(
            List<AuthorizationPolicy> policies, ExtAuthz.Providers providers, boolean several) {
        var byProvider = byProvider(policies);
        var all = new ArrayList<F>();
        byProvider.forEach((name, ofProvider) -> {
            var rules =
                    RuleSet.of(ofProvider, RBAC.Action.DENY, form, trust, ASKED + name + "-")
                            .rules();
            boolean tooMany = byProvider.size() > 1 && !several;
            var provider = tooMany ? ExtAuthz.tooMany(byProvider.keySet()) : providers.of(name);
            switch (provider) {
                case ExtAuthz.Unusable unusable ->
                        all.add(filters.rbac(rules.map(PolicyFilters::bad), Optional.empty(), ""));
                case ExtAuthz.Usable usable ->
                        filters.ask(usable)
                                .ifPresent(ask -> {
                                    all.add(filters.rbac(Optional.empty(), rules, ASKED_SHADOW));
                                    all.add(ask);
                                });
            }
        });
        return all;
    }

    static SortedMap<String, List<AuthorizationPolicy>> byProvider(
            List<AuthorizationPolicy> policies) {
        var by = new TreeMap<String, List<AuthorizationPolicy>>();
        for (var policy : policies) {
            if (policy.action() == AuthorizationPolicy.Action.CUSTOM
                    && !RuleSet.rehearsal(policy)) {
                by.computeIfAbsent(policy.provider(), p -> new ArrayList<>()).add(policy);
            }
        }
        return by;
    }

    private static RBAC bad(RBAC rules) {
        var bad = RBAC.newBuilder().setAction(RBAC.Action.DENY);
        rules.getPoliciesMap().forEach((name, policy) -> bad.putPolicies(name + BAD, policy));
        return bad.build();
    }
}
