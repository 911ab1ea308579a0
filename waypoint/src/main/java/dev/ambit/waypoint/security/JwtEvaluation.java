package dev.ambit.waypoint.security;

import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.match.Ascii;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// One request's tokens against a requirement. Changes the head as it goes, as Envoy does: a token
/// that was believed is gone for what is asked next.
final class JwtEvaluation {
    private final RequestHead head;
    private final long nowSeconds;

    /// The provider of an issuer, for tokens that no provider is named for.
    private final Function<String, @Nullable JwtProvider> byIssuer;

    private final Set<JwtProvider> unreachable;
    private final int longest;
    private final LongAdder hits;
    private final LongAdder misses;
    private final Map<String, Object> told = new LinkedHashMap<>();
    private boolean clearRoute;

    /// @param unreachable providers whose keys could not be fetched for this request
    /// @param longest token looked into, characters
    JwtEvaluation(
            RequestHead head,
            long nowSeconds,
            Function<String, @Nullable JwtProvider> byIssuer,
            Set<JwtProvider> unreachable,
            int longest,
            LongAdder hits,
            LongAdder misses) {
        this.head = head;
        this.nowSeconds = nowSeconds;
        this.byIssuer = byIssuer;
        this.unreachable = unreachable;
        this.longest = longest;
        this.hits = hits;
        this.misses = misses;
    }

    /// For dynamic metadata.
    Map<String, Object> told() {
        return told;
    }

    boolean clearRoute() {
        return clearRoute;
    }

    JwtStatus judge(JwtRequirement requirement) {
        return switch (requirement) {
            case JwtRequirement.Nothing _ -> JwtStatus.OK;
            case JwtRequirement.Of of -> ofProvider(of);
            case JwtRequirement.Optionally optionally -> optionally(optionally);
            case JwtRequirement.AllOf(var all) -> allOf(all);
            case JwtRequirement.AnyOf(var any) -> anyOf(any);
        };
    }

    private JwtStatus allOf(List<JwtRequirement> all) {
        for (int i = 0; i < all.size(); i++) {
            var status = judge(all.get(i));
            if (status != JwtStatus.OK) {
                return status;
            }
        }
        return JwtStatus.OK;
    }

    /// Of several failures the one is told that says most: that no token was there, or of somebody
    /// else, is not what a caller with a bad token wants to know.
    private JwtStatus anyOf(List<JwtRequirement> any) {
        var worst = JwtStatus.MISSING;
        for (int i = 0; i < any.size(); i++) {
            var status = judge(any.get(i));
            if (status == JwtStatus.OK) {
                return status;
            }
            boolean says = status != JwtStatus.MISSING && status != JwtStatus.UNKNOWN_ISSUER;
            if (says || worst == JwtStatus.MISSING) {
                worst = status;
            }
        }
        return worst;
    }

    /// Every token must be good: with a bad one beside it, an application might take the bad one
    /// for the one that was verified.
    private JwtStatus ofProvider(JwtRequirement.Of of) {
        of.locations().clean(head);
        var tokens = of.locations().find(head);
        if (tokens.isEmpty()) {
            return failed(of.provider(), JwtStatus.MISSING);
        }
        for (int i = tokens.size() - 1; i >= 0; i--) {
            var status = token(tokens.get(i), of.provider(), of.audiences());
            if (status != JwtStatus.OK) {
                return failed(of.provider(), status);
            }
        }
        return JwtStatus.OK;
    }

    private JwtStatus optionally(JwtRequirement.Optionally optionally) {
        optionally.locations().clean(head);
        var tokens = optionally.locations().find(head);
        for (int i = tokens.size() - 1; i >= 0; i--) {
            var status = token(tokens.get(i), null, Optional.empty());
            if (status != JwtStatus.OK && !optionally.failed()) {
                return status;
            }
        }
        return JwtStatus.OK;
    }

    private JwtStatus failed(JwtProvider provider, JwtStatus status) {
        if (!provider.failureKey().isEmpty()) {
            told.put(
                    provider.failureKey(),
                    Map.of("code", (double) status.code(), "message", status.text()));
        }
        return status;
    }

    /// @param named null for the provider that the token's issuer belongs to
    private JwtStatus token(
            TokenLocations.Found found,
            @Nullable JwtProvider named,
            Optional<Set<String>> audiences) {
        var token = found.token();
        var keys = named == null ? Optional.<JwkSet>empty() : named.keys().current();
        var known = keys.isEmpty() ? null : keys.get().known(token);
        if (named != null) {
            (known == null ? misses : hits).increment();
        }
        Jwt jwt;
        if (known != null) {
            jwt = known;
        } else if (token.length() > longest) {
            return JwtStatus.BAD_FORMAT;
        } else {
            switch (Jwt.parse(token)) {
                case Jwt.Parsed.Bad(var status) -> {
                    return status;
                }
                case Jwt.Parsed.Good(var parsed) -> jwt = parsed;
            }
        }
        var provider = named == null ? byIssuer.apply(jwt.issuer()) : named;
        if (provider == null || !found.mayBeOf(jwt.issuer())) {
            return JwtStatus.UNKNOWN_ISSUER;
        }
        var claims = claims(jwt, provider, audiences);
        if (claims != JwtStatus.OK) {
            return claims;
        }
        if (known == null) {
            var signature = signature(token, jwt, provider);
            if (signature != JwtStatus.OK) {
                return signature;
            }
        }
        believe(found, jwt, provider);
        return JwtStatus.OK;
    }

    private JwtStatus claims(Jwt jwt, JwtProvider provider, Optional<Set<String>> audiences) {
        var timely = jwt.timely(nowSeconds, provider.skewSeconds());
        if (timely != JwtStatus.OK) {
            return timely;
        }
        var allowed = audiences.orElse(provider.audiences());
        if (!JwtProvider.audienceAllowed(allowed, jwt.audiences())) {
            return JwtStatus.AUDIENCE_NOT_ALLOWED;
        }
        boolean subject =
                provider.subjects().isEmpty() || provider.subjects().get().matches(jwt.subject());
        return subject && provider.lifetimeAllowed(jwt, nowSeconds)
                ? JwtStatus.OK
                : JwtStatus.VERIFICATION_FAILED;
    }

    private JwtStatus signature(String token, Jwt jwt, JwtProvider provider) {
        var keys = provider.keys().current();
        if (keys.isEmpty()) {
            return unreachable.contains(provider)
                    ? JwtStatus.FETCH_FAILED
                    : JwtStatus.NO_VALID_KEYS;
        }
        var status = keys.get().verify(jwt);
        if (status == JwtStatus.OK) {
            keys.get().remember(token, jwt);
        }
        return status;
    }

    private void believe(TokenLocations.Found found, Jwt jwt, JwtProvider provider) {
        boolean tells = false;
        if (!provider.payloadHeader().isEmpty()) {
            var text = jwt.payloadText();
            int missing = provider.padPayloadHeader() ? (4 - text.length() % 4) % 4 : 0;
            head.headers().add(provider.payloadHeader(), text + "=".repeat(missing));
        }
        for (var claim : provider.claimHeaders()) {
            var text = jwt.claim(claim.claim()).map(JwtEvaluation::fieldText).orElse("");
            if (!text.isEmpty()) {
                head.headers().add(claim.header(), text);
                tells = true;
            }
        }
        if (!provider.forward()) {
            found.remove(head);
        }
        if (!provider.headerKey().isEmpty()) {
            told.put(provider.headerKey(), jwt.header());
            tells = true;
        }
        if (!provider.payloadKey().isEmpty()) {
            told.put(provider.payloadKey(), normalized(jwt.payload(), provider.spaceDelimited()));
            tells = true;
        }
        clearRoute |= tells && provider.clearRoute();
    }

    private static Map<String, Object> normalized(
            Map<String, Object> payload, List<String> spaceDelimited) {
        Map<String, Object> copy = null;
        for (int i = 0; i < spaceDelimited.size(); i++) {
            var claim = spaceDelimited.get(i);
            if (payload.get(claim) instanceof String text) {
                copy = copy == null ? new LinkedHashMap<>(payload) : copy;
                copy.put(claim, words(text));
            }
        }
        return copy == null ? payload : copy;
    }

    private static List<Object> words(String text) {
        var words = new ArrayList<Object>();
        for (var word : text.split(" ", -1)) {
            if (!word.isEmpty()) {
                words.add(word);
            }
        }
        return words;
    }

    /// A claim as a field's value; empty for one that a field can't carry: whoever signs tokens
    /// writes no header fields of ours.
    private static String fieldText(Object claim) {
        var text =
                switch (claim) {
                    case String string -> string;
                    case Double number -> number(number);
                    case Boolean bool -> bool.toString();
                    default ->
                            Base64.getEncoder()
                                    .encodeToString(
                                            JsonText.of(claim)
                                                    .getBytes(
                                                            java.nio.charset.StandardCharsets
                                                                    .UTF_8));
                };
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < ' ' && text.charAt(i) != '\t' || text.charAt(i) == 0x7f) {
                return "";
            }
        }
        return Ascii.octets(text);
    }

    private static String number(double number) {
        boolean whole = number >= 0 && number < 0x1p64 && number == Math.rint(number);
        return whole
                ? new java.math.BigDecimal(number).toBigInteger().toString()
                : String.format(Locale.ROOT, "%f", number);
    }
}
