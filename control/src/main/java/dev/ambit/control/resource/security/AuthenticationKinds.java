package dev.ambit.control.resource.security;

import com.nimbusds.jose.jwk.JWKSet;
import dev.ambit.control.resource.BadInput;
import dev.ambit.control.resource.Fields;
import dev.ambit.control.resource.Meta;
import dev.ambit.control.resource.PolicyScopes;
import dev.ambit.control.resource.security.RequestAuthentication.ClaimHeader;
import dev.ambit.control.resource.security.RequestAuthentication.Header;
import dev.ambit.control.resource.security.RequestAuthentication.JwtRule;
import dev.ambit.control.resource.security.RequestAuthentication.Locations;
import java.net.URI;
import java.text.ParseException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/// Reads RequestAuthentication.
public final class AuthenticationKinds {
    /// RFC 9110's token, which header names are.
    private static final String HEADER_NAME = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";

    private static final Duration TIMEOUT_LEAST = Duration.ofMillis(1);
    private static final int PORT_MAX = 65_535;

    private AuthenticationKinds() {}

    public static RequestAuthentication requestAuthentication(Fields top, Meta meta) {
        var spec = top.child("spec");
        if (spec.isEmpty()) {
            return new RequestAuthentication(meta, Optional.empty(), List.of(), List.of(), false);
        }
        var fields = spec.get();
        var selector = PolicyScopes.selector(fields);
        var targets = PolicyScopes.targets(fields);
        if (selector.isPresent() && !targets.isEmpty()) {
            throw fields.bad("selector", "set with targetRefs (expected: one of the two)");
        }
        var rules = fields.children("jwtRules").stream().map(AuthenticationKinds::rule).toList();
        fields.noOthers();
        return new RequestAuthentication(meta, selector, targets, rules, false);
    }

    /// Believes no token, wherever the unusable one would have looked for tokens.
    ///
    /// @param spec as far as there is one
    public static RequestAuthentication refusing(Meta meta, Optional<Fields> spec) {
        var locations = new ArrayList<Locations>();
        spec.map(s -> attempt(() -> s.children("jwtRules"), List.<Fields>of()))
                .orElse(List.of())
                .forEach(r -> locations.add(attempt(() -> locations(r), Locations.USUAL)));
        locations.add(Locations.USUAL);
        return new RequestAuthentication(
                meta,
                spec.flatMap(s -> attempt(() -> PolicyScopes.selector(s), Optional.empty())),
                spec.map(s ->
                                attempt(
                                        () -> PolicyScopes.targets(s),
                                        List.<dev.ambit.control.resource.TargetRef>of()))
                        .orElse(List.of()),
                locations.stream().distinct().map(AuthenticationKinds::refusingAll).toList(),
                true);
    }

    private static JwtRule refusingAll(Locations locations) {
        return new JwtRule(
                "",
                List.of(),
                "",
                RefusedKeys.JWKS,
                locations,
                false,
                "",
                List.of(),
                Optional.empty(),
                List.of());
    }

    private static JwtRule rule(Fields rule) {
        var issuer = rule.text("issuer");
        var written = rule.text("jwksUri");
        var other = rule.text("jwks_uri");
        var jwks = rule.text("jwks");
        if ((written.isEmpty() ? 0 : 1) + (other.isEmpty() ? 0 : 1) + (jwks.isEmpty() ? 0 : 1)
                > 1) {
            throw rule.bad("jwks", "set with jwksUri (expected: one of the two)");
        }
        var uri = written.isEmpty() ? other : written;
        if (issuer.isEmpty() && uri.isEmpty()) {
            throw rule.bad("issuer", "missing (expected: issuer or jwksUri)");
        }
        if (!uri.isEmpty()) {
            requireHttp(rule, written.isEmpty() ? "jwks_uri" : "jwksUri", uri);
        }
        if (!jwks.isEmpty()) {
            requireKeys(rule, jwks);
        }
        var read =
                new JwtRule(
                        issuer,
                        named(rule, "audiences"),
                        uri,
                        jwks,
                        locations(rule),
                        rule.bool("forwardOriginalToken"),
                        rule.text("outputPayloadToHeader"),
                        rule.children("outputClaimToHeaders").stream()
                                .map(AuthenticationKinds::claim)
                                .toList(),
                        timeout(rule),
                        named(rule, "spaceDelimitedClaims"));
        rule.noOthers();
        return read;
    }

    private static Locations locations(Fields rule) {
        var headers = new ArrayList<Header>();
        for (var header : rule.children("fromHeaders")) {
            headers.add(new Header(header.required("name"), header.text("prefix")));
            header.noOthers();
        }
        return new Locations(headers, named(rule, "fromParams"), named(rule, "fromCookies"));
    }

    private static ClaimHeader claim(Fields entry) {
        var claim = new ClaimHeader(entry.required("header"), entry.required("claim"));
        if (!claim.header().matches(HEADER_NAME)) {
            throw entry.bad(
                    "header", "'" + claim.header() + "' (expected: a header name such as x-sub)");
        }
        entry.noOthers();
        return claim;
    }

    private static Optional<Duration> timeout(Fields rule) {
        var timeout = rule.duration("timeout");
        if (timeout.isPresent() && timeout.get().compareTo(TIMEOUT_LEAST) < 0) {
            throw rule.bad(
                    "timeout", "'" + rule.text("timeout") + "' (expected: a millisecond or more)");
        }
        return timeout;
    }

    private static List<String> named(Fields rule, String name) {
        var values = rule.texts(name);
        if (values.contains("")) {
            throw rule.bad(name, "an empty text in the list (expected: none)");
        }
        return values;
    }

    private static void requireHttp(Fields rule, String name, String uri) {
        try {
            var read = URI.create(uri);
            boolean http = "http".equals(read.getScheme()) || "https".equals(read.getScheme());
            if (http && read.getHost() != null && read.getPort() <= PORT_MAX) {
                return;
            }
        } catch (IllegalArgumentException notAnUri) {
            // Falls through to the refusal.
        }
        throw rule.bad(name, "'" + uri + "' (expected: like https://issuer.example/keys)");
    }

    private static void requireKeys(Fields rule, String jwks) {
        try {
            JWKSet.parse(jwks);
        } catch (ParseException e) {
            throw rule.bad(
                    "jwks",
                    "not a set of keys: "
                            + e.getMessage()
                            + " (expected: JSON like {\"keys\":[{\"kty\":\"RSA\",...}]})");
        }
    }

    private static <T> T attempt(Supplier<T> reading, T otherwise) {
        try {
            return reading.get();
        } catch (BadInput unreadable) {
            return otherwise;
        }
    }
}
