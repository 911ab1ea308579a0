package dev.ambit.process.log;

import java.math.BigDecimal;
import java.time.Duration;

/// Durations as the reference prints them: `4.638378ms`, `1.5s`, `12µs`.
public final class RustDuration {
    private RustDuration() {}

    public static String text(Duration duration) {
        long nanos = duration.toNanos();
        if (nanos >= 1_000_000_000L) {
            return scaled(nanos, 9) + "s";
        }
        if (nanos >= 1_000_000L) {
            return scaled(nanos, 6) + "ms";
        }
        if (nanos >= 1_000L) {
            return scaled(nanos, 3) + "µs";
        }
        return nanos + "ns";
    }

    private static String scaled(long nanos, int digits) {
        return BigDecimal.valueOf(nanos, digits).stripTrailingZeros().toPlainString();
    }
}
