package dev.ambit.waypoint.security;

import dev.ambit.waypoint.stage.Exchange;
import dev.ambit.waypoint.stage.HttpStage;
import dev.ambit.waypoint.stage.LocalReply;
import dev.ambit.waypoint.stage.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// `envoy.filters.http.rbac`: 403 `RBAC: access denied` for those who may not.
public final class RbacStage implements HttpStage {
    /// Also where its dynamic metadata is.
    public static final String NAMESPACE = "envoy.filters.http.rbac";

    private final String name;
    private final AccessFilter filter;

    /// @param name of the filter in the configuration
    /// @param rules in force; empty where everybody may
    /// @param shadow rules on trial
    public RbacStage(
            String name,
            Optional<AccessRules> rules,
            Optional<AccessRules> shadow,
            String rulesPrefix,
            String shadowPrefix,
            String statPrefix,
            SecurityCounters counters) {
        this.name = name;
        filter =
                new AccessFilter(
                        NAMESPACE,
                        true,
                        rules,
                        shadow,
                        rulesPrefix,
                        shadowPrefix,
                        statPrefix,
                        counters);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Step onRequest(Exchange exchange) {
        var refusal = filter(exchange).refusal(new Facts(exchange.info(), exchange.request()));
        return refusal == null
                ? Step.NEXT
                : Step.answer(LocalReply.of(403, "RBAC: access denied", refusal));
    }

    /// A route may have its own rules instead (`RBACPerRoute`).
    private AccessFilter filter(Exchange exchange) {
        return exchange.routeConfig(name) instanceof RbacStage own ? own.filter : filter;
    }

    /// What it would say of a request and why, without saying it: the same evaluation.
    public List<AccessRules.Verdict> explain(Exchange exchange) {
        var facts = new Facts(exchange.info(), exchange.request());
        var verdicts = new ArrayList<AccessRules.Verdict>(2);
        var filter = filter(exchange);
        filter.shadow().ifPresent(rules -> verdicts.add(rules.judge(facts)));
        filter.rules().ifPresent(rules -> verdicts.add(rules.explained(facts)));
        return verdicts;
    }
}
