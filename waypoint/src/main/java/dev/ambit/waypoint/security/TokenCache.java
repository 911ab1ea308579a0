package dev.ambit.waypoint.security;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/// Verified tokens, so that a signature is verified once and not with each request: an RSA key
/// takes 75 µs, an elliptic curve 450. Two generations: what was not asked for while one filled up
/// is forgotten with it. Shared by all loops, without locks on the way of a request that finds its
/// token.
final class TokenCache {
    private final int each;
    private final int longest;
    private volatile ConcurrentMap<String, Jwt> young = new ConcurrentHashMap<>();
    private volatile ConcurrentMap<String, Jwt> old = new ConcurrentHashMap<>();

    TokenCache(SecurityLimits limits) {
        each = Math.max(1, limits.tokens() / 2);
        longest = limits.tokenBytes();
    }

    @Nullable Jwt get(String token) {
        var jwt = young.get(token);
        if (jwt == null) {
            jwt = old.get(token);
            if (jwt != null) {
                put(token, jwt);
            }
        }
        return jwt;
    }

    /// Loops that race here may lose some tokens, which costs their verification.
    void put(String token, Jwt jwt) {
        if (token.length() > longest) {
            return;
        }
        var current = young;
        if (current.size() >= each) {
            old = current;
            current = new ConcurrentHashMap<>();
            young = current;
        }
        current.put(token, jwt);
    }

    int size() {
        return young.size() + old.size();
    }
}
