package dev.ambit.control.compile;

import dev.ambit.control.resource.AuthorizationPolicy;
import dev.ambit.control.resource.AuthorizationPolicy.Action;
import dev.ambit.control.resource.Names;
import dev.ambit.control.resource.Texts;
import java.util.SortedSet;
import java.util.TreeSet;

/// What ztunnels make of a policy that is not attached to a waypoint.
public sealed interface L4Fit {
    /// All of it is enforced.
    record Whole() implements L4Fit {}

    /// @param attributes that need HTTP, by the names that they have in YAML
    /// @param effect on the rules that have them
    record Partly(SortedSet<String> attributes, Effect effect) implements L4Fit {}

    /// It is not sent to ztunnels.
    record Nowhere(Why why) implements L4Fit {}

    /// What becomes of rules with attributes that need HTTP.
    enum Effect {
        /// Rules that allow are left out: less is allowed.
        ALLOWS_LESS,
        /// The attributes are left out: more is denied.
        DENIES_MORE,
        /// Nothing is left that could match: nothing is denied.
        DENIES_NOTHING
    }

    enum Why {
        /// AUDIT and CUSTOM are for waypoints.
        ACTION,
        /// It only rehearses, and rehearsals are not sent.
        REHEARSAL
    }

    /// @param dryRun whether rehearsals are sent
    static L4Fit of(AuthorizationPolicy policy, boolean dryRun) {
        if (Texts.isTrue(policy.meta().annotation(Names.DRY_RUN)) && !dryRun) {
            return new Nowhere(Why.REHEARSAL);
        }
        if (policy.action() == Action.AUDIT || policy.action() == Action.CUSTOM) {
            return new Nowhere(Why.ACTION);
        }
        var attributes = new TreeSet<String>();
        boolean effective = false;
        for (var rule : policy.rules()) {
            var found = PolicyCompiler.httpAttributes(rule);
            attributes.addAll(found);
            effective |= PolicyCompiler.matchesSomething(rule, policy.meta().namespace());
        }
        if (attributes.isEmpty()) {
            return new Whole();
        }
        if (policy.action() == Action.ALLOW) {
            return new Partly(attributes, Effect.ALLOWS_LESS);
        }
        return new Partly(attributes, effective ? Effect.DENIES_MORE : Effect.DENIES_NOTHING);
    }
}
