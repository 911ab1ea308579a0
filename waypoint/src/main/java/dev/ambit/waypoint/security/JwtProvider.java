package dev.ambit.waypoint.security;

import dev.ambit.waypoint.match.TextMatch;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// `JwtProvider`: whose tokens are believed, where they are looked for, and what is told of them.
///
/// @param issuer empty for any
/// @param audiences of which a token must have one; empty for any
/// @param maxLifetime of a token from now on; empty for any, also for none
/// @param forward whether the token stays in the request
/// @param payloadHeader that gets the payload, base64url; empty for none
/// @param payloadKey, headerKey of dynamic metadata, for the payload and the token's header; empty
///   for none
/// @param failureKey of dynamic metadata, for the status of a token that was refused
/// @param spaceDelimited claims that become lists in dynamic metadata
/// @param clearRoute whether the route is looked up again after something was told
public record JwtProvider(
        String name,
        String issuer,
        Set<String> audiences,
        Optional<TextMatch> subjects,
        Optional<Duration> maxLifetime,
        long skewSeconds,
        JwtKeys keys,
        List<FromHeader> fromHeaders,
        List<String> fromParams,
        List<String> fromCookies,
        boolean forward,
        String payloadHeader,
        boolean padPayloadHeader,
        List<ClaimHeader> claimHeaders,
        String payloadKey,
        String headerKey,
        String failureKey,
        List<String> spaceDelimited,
        boolean clearRoute) {

    /// Longer than every token lives.
    public static final Duration ANY_LIFETIME = Duration.ofSeconds(Long.MAX_VALUE / 4);

    public static final long DEFAULT_SKEW_SECONDS = 60;

    /// @param name lower-case
    /// @param prefix before the token, as `Bearer `; empty for none
    public record FromHeader(String name, String prefix) {}

    /// @param header lower-case
    /// @param claim a path, as `realm.role`
    public record ClaimHeader(String header, String claim) {}

    public JwtProvider {
        audiences = bare(audiences);
    }

    /// An audience without scheme and slash is the same one.
    static Set<String> bare(Iterable<String> audiences) {
        var bare = new HashSet<String>();
        audiences.forEach(audience -> bare.add(bare(audience)));
        return Set.copyOf(bare);
    }

    private static String bare(String audience) {
        int from = audience.startsWith("https://") ? 8 : audience.startsWith("http://") ? 7 : 0;
        int to = audience.endsWith("/") ? audience.length() - 1 : audience.length();
        return audience.substring(from, Math.max(from, to));
    }

    static boolean audienceAllowed(Set<String> allowed, List<String> audiences) {
        if (allowed.isEmpty()) {
            return true;
        }
        for (int i = 0; i < audiences.size(); i++) {
            if (allowed.contains(bare(audiences.get(i)))) {
                return true;
            }
        }
        return false;
    }

    /// Without an expiry a token lives too long.
    boolean lifetimeAllowed(Jwt jwt, long nowSeconds) {
        return maxLifetime.isEmpty()
                || jwt.expires() != 0 && jwt.expires() - nowSeconds < maxLifetime.get().toSeconds();
    }
}
