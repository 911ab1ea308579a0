package dev.ambit.waypoint.telemetry.trace;

import dev.ambit.waypoint.http.Headers;
import org.jspecify.annotations.Nullable;

/// Why a request is traced, as `x-request-id` carries it in its fifteenth character, so that every
/// proxy on the way decides the same.
enum TraceReason {
    NONE('4'),
    SAMPLED('9'),
    FORCED('a'),
    CLIENT('b');

    private static final int POSITION = 14;
    private static final int LENGTH = 36;
    private static final int LEADING = 8;
    private static final int HEX = 16;

    private final char letter;

    TraceReason(char letter) {
        this.letter = letter;
    }

    /// Of an id; `NONE` for one that is no UUID.
    static TraceReason of(String id) {
        if (id.length() != LENGTH) {
            return NONE;
        }
        return switch (id.charAt(POSITION)) {
            case '9' -> SAMPLED;
            case 'a' -> FORCED;
            case 'b' -> CLIENT;
            default -> NONE;
        };
    }

    /// The same id with this reason; null where it has it already, or is no UUID.
    @Nullable String packed(String id) {
        if (id.length() != LENGTH || id.charAt(POSITION) == letter) {
            return null;
        }
        return id.substring(0, POSITION) + letter + id.substring(POSITION + 1);
    }

    /// Its leading digits as a number; negative for an id without.
    static long number(String id) {
        return id.length() >= LEADING && Hex.is(id, 0, LEADING)
                ? Long.parseLong(id, 0, LEADING, HEX)
                : -1;
    }

    /// What a request is to have. What the caller decided stays.
    ///
    /// @param random any number, for the client's share
    static TraceReason decide(Sampling sampling, Headers headers, String id, long random) {
        if (!sampling.byRequestId()) {
            return id.isEmpty() ? NONE : SAMPLED;
        }
        long number = number(id);
        if (number < 0) {
            return NONE;
        }
        var reason = of(id);
        if (reason == NONE) {
            if (headers.contains("x-client-trace-id") && sampling.client().takes(random)) {
                reason = CLIENT;
            } else if (headers.contains("x-envoy-force-trace")) {
                reason = FORCED;
            } else if (sampling.random().takes(number)) {
                reason = SAMPLED;
            }
        }
        return reason != NONE && !sampling.overall().takes(number) ? NONE : reason;
    }
}
