package dev.ambit.waypoint.security;

import dev.ambit.waypoint.exchange.StreamInfo;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/// What an RBAC filter does with a request or a connection, for both kinds: rules on trial first,
/// then those in force.
final class AccessFilter {
    private static final String COMMON = "envoy.common";

    /// Dynamic metadata about refusals that Envoy does not have: the `policy` that matched, or the
    /// `nearest` one where none did, and the `field` that decided.
    public static final String EXPLAINED = "ambit.rbac";

    private final String namespace;
    private final Optional<AccessRules> rules;
    private final Optional<AccessRules> shadow;
    private final boolean tellsEnforced;
    private final String enforcedPolicyKey;
    private final String enforcedResultKey;
    private final String shadowPolicyKey;
    private final String shadowResultKey;
    private final LongAdder allowed;
    private final LongAdder denied;
    private final LongAdder shadowAllowed;
    private final LongAdder shadowDenied;
    private final LongAdder logged;
    private final LongAdder notLogged;

    /// @param namespace of dynamic metadata: the filter's name
    /// @param tellsEnforced whether the rules in force tell there what they decided; Envoy's do for
    ///   requests alone
    /// @param statPrefix with its dot, as `http.inbound_0.0.0.0_80;.`
    AccessFilter(
            String namespace,
            boolean tellsEnforced,
            Optional<AccessRules> rules,
            Optional<AccessRules> shadow,
            String rulesPrefix,
            String shadowPrefix,
            String statPrefix,
            SecurityCounters counters) {
        this.namespace = namespace;
        this.rules = rules;
        this.shadow = shadow;
        this.tellsEnforced = tellsEnforced;
        enforcedPolicyKey = rulesPrefix + "enforced_effective_policy_id";
        enforcedResultKey = rulesPrefix + "enforced_engine_result";
        shadowPolicyKey = shadowPrefix + "shadow_effective_policy_id";
        shadowResultKey = shadowPrefix + "shadow_engine_result";
        var enforcing = statPrefix + "rbac." + rulesPrefix;
        var trying = statPrefix + "rbac." + shadowPrefix;
        allowed = counters.counter(enforcing + "allowed");
        denied = counters.counter(enforcing + "denied");
        logged = counters.counter(enforcing + "logged");
        notLogged = counters.counter(enforcing + "not_logged");
        shadowAllowed = counters.counter(trying + "shadow_allowed");
        shadowDenied = counters.counter(trying + "shadow_denied");
    }

    Optional<AccessRules> rules() {
        return rules;
    }

    Optional<AccessRules> shadow() {
        return shadow;
    }

    /// @return `%RESPONSE_CODE_DETAILS%` of a refusal; null where it may pass
    @Nullable String refusal(Facts facts) {
        if (shadow.isPresent()) {
            tryOut(shadow.get(), facts);
        }
        return rules.isPresent() ? enforced(rules.get(), facts) : null;
    }

    private void tryOut(AccessRules onTrial, Facts facts) {
        var match = onTrial.match(facts);
        boolean would = onTrial.allows(match);
        (would ? shadowAllowed : shadowDenied).increment();
        var info = facts.info();
        if (match != null) {
            info.dynamicMetadata(namespace, shadowPolicyKey, match.name());
        }
        info.dynamicMetadata(namespace, shadowResultKey, would ? "allowed" : "denied");
    }

    private @Nullable String enforced(AccessRules inForce, Facts facts) {
        var match = inForce.match(facts);
        boolean may = inForce.allows(match);
        var info = facts.info();
        if (inForce.action() == AccessRules.Action.LOG) {
            (match != null ? logged : notLogged).increment();
            info.dynamicMetadata(COMMON, "access_log_hint", match != null);
        }
        if (may) {
            allowed.increment();
        } else {
            denied.increment();
        }
        if (tellsEnforced) {
            remember(info, match, may);
        }
        if (may) {
            return null;
        }
        explain(inForce, facts);
        var policy = match == null ? "none" : match.name();
        return "rbac_access_denied_matched_policy[" + withoutBlanks(policy) + "]";
    }

    /// Why not, for the log: Envoy says no more than the policy that matched.
    private static void explain(AccessRules inForce, Facts facts) {
        var verdict = inForce.explained(facts);
        var info = facts.info();
        if (!verdict.policy().isEmpty()) {
            var how = verdict.matched() ? "policy" : "nearest";
            info.dynamicMetadata(EXPLAINED, how, verdict.policy());
        }
        if (!verdict.field().isEmpty()) {
            info.dynamicMetadata(EXPLAINED, "field", verdict.field());
        }
    }

    private void remember(StreamInfo info, @Nullable AccessPolicy match, boolean may) {
        if (match != null) {
            info.dynamicMetadata(namespace, enforcedPolicyKey, match.name());
        }
        info.dynamicMetadata(namespace, enforcedResultKey, may ? "allowed" : "denied");
    }

    /// Fields of a log line are parted by blanks.
    static String withoutBlanks(String text) {
        var clean = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            clean.append(c == ' ' || c >= '\t' && c <= '\r' ? '_' : c);
        }
        return clean.toString();
    }
}
