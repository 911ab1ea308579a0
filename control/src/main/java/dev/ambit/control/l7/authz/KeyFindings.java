package dev.ambit.control.l7.authz;

import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import dev.ambit.control.l7.Finding;
import dev.ambit.control.l7.Finding.Level;
import dev.ambit.control.l7.L7Model;
import dev.ambit.control.l7.jwt.Jwks;
import dev.ambit.control.resource.security.RequestAuthentication;
import dev.ambit.control.resource.security.RequestAuthentication.JwtRule;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.List;

/// Issuers whose keys are not as they should be.
final class KeyFindings {
    private KeyFindings() {}

    static List<Finding> of(RequestAuthentication policy, L7Model model) {
        var findings = new ArrayList<Finding>();
        if (policy.targets().isEmpty()) {
            return findings;
        }
        for (int i = 0; i < policy.rules().size(); i++) {
            var rule = policy.rules().get(i);
            var field = "spec.jwtRules[" + i + "]";
            switch (KeySource.of(rule, model)) {
                case KeySource.Inline(var json) -> inline(policy, rule, field, findings);
                case KeySource.Fetched(var answer) ->
                        fetched(policy, rule, field, answer, findings);
                case KeySource.ByProxy(var cluster) ->
                        byProxy(policy, rule, field, model, findings);
            }
        }
        return findings;
    }

    private static void inline(
            RequestAuthentication policy, JwtRule rule, String field, List<Finding> findings) {
        if (hasPrivate(rule.jwks())) {
            findings.add(
                    finding(
                            Level.WARNING,
                            "private-key-in-jwks",
                            policy,
                            field + ".jwks",
                            "a private key of issuer '"
                                    + rule.issuer()
                                    + "': everybody who may read this, and every waypoint, has it",
                            "leave the public part only, and use other keys from now on"));
        }
        if (rule.timeout().isPresent()) {
            findings.add(
                    finding(
                            Level.INFO,
                            "field-without-effect",
                            policy,
                            field + ".timeout",
                            "timeout has no effect: the keys are written here, nothing is fetched",
                            "remove it"));
        }
    }

    private static boolean hasPrivate(String jwks) {
        try {
            return JWKSet.parse(jwks).getKeys().stream().anyMatch(JWK::isPrivate);
        } catch (ParseException refusedWhenRead) {
            return false;
        }
    }

    private static void fetched(
            RequestAuthentication policy,
            JwtRule rule,
            String field,
            Jwks.Answer answer,
            List<Finding> findings) {
        var of = rule.issuer().isEmpty() ? rule.jwksUri() : rule.issuer();
        var at = rule.jwksUri().isEmpty() ? field + ".issuer" : field + ".jwksUri";
        switch (answer) {
            case Jwks.Answer.Missing(var why) ->
                    findings.add(
                            finding(
                                    Level.ERROR,
                                    "issuer-keys-missing",
                                    policy,
                                    at,
                                    "no keys of '" + of + "' (" + why + "): its tokens are refused",
                                    "make the address reachable for the control plane, or write the"
                                            + " keys in jwks"));
            case Jwks.Answer.Pending() ->
                    findings.add(
                            finding(
                                    Level.INFO,
                                    "issuer-keys-pending",
                                    policy,
                                    at,
                                    "keys of '"
                                            + of
                                            + "' are not fetched yet: until then its tokens are"
                                            + " refused",
                                    "nothing, if the control plane can reach the address"));
            case Jwks.Answer.Known(var json, var failure) -> {
                if (!failure.isEmpty()) {
                    findings.add(
                            finding(
                                    Level.WARNING,
                                    "issuer-keys-not-refreshed",
                                    policy,
                                    at,
                                    "keys of '"
                                            + of
                                            + "' could not be fetched again ("
                                            + failure
                                            + "): the last ones stay in effect",
                                    "make the address reachable for the control plane"));
                }
            }
        }
    }

    private static void byProxy(
            RequestAuthentication policy,
            JwtRule rule,
            String field,
            L7Model model,
            List<Finding> findings) {
        var host = KeySource.Host.of(rule.jwksUri());
        if (model.registry().named(host.name()).size() != 1) {
            findings.add(
                    finding(
                            Level.ERROR,
                            "issuer-keys-missing",
                            policy,
                            field + ".jwksUri",
                            "waypoints fetch keys themselves, and '"
                                    + host.name()
                                    + "' is no service of the mesh: its tokens are refused",
                            "make a ServiceEntry for the host, or have control fetch the keys"
                                    + " (PILOT_JWT_ENABLE_REMOTE_JWKS=hybrid)"));
        }
    }

    private static Finding finding(
            Level level,
            String code,
            RequestAuthentication policy,
            String field,
            String message,
            String fix) {
        return new Finding(level, code, policy.key(), policy.meta(), field, message, fix);
    }
}
