package dev.ambit.waypoint.telemetry.cel;

import com.google.common.primitives.UnsignedLong;
import dev.ambit.waypoint.exchange.StreamInfo;
import dev.cel.common.values.NullValue;
import java.math.BigDecimal;
import java.math.MathContext;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A compiled expression over an exchange. Immutable, for any thread.
public final class Expression {
    private static final int DIGITS = 6;
    private static final DateTimeFormatter SECONDS =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss", Locale.ROOT);

    private final Evaluation evaluation;

    interface Evaluation {
        /// Its value; null for an error, most often something that is not there.
        @Nullable Object of(StreamInfo info);
    }

    Expression(Evaluation evaluation) {
        this.evaluation = evaluation;
    }

    /// Whether it says `true`: an error, or anything else, does not.
    public boolean matches(StreamInfo info) {
        return Boolean.TRUE.equals(evaluation.of(info));
    }

    /// As Envoy prints a value; null for an error.
    public @Nullable String print(StreamInfo info) {
        var value = evaluation.of(info);
        return switch (value) {
            case null -> null;
            case String text -> text;
            case Boolean flag -> flag.toString();
            case Long number -> number.toString();
            case Double number -> print(number);
            case UnsignedLong number -> number.toString();
            case Instant time -> print(time);
            case Duration duration -> print(duration);
            case Map<?, ?> _ -> "CelMap value";
            case List<?> _ -> "CelList value";
            case NullValue _ -> "NULL";
            default -> value.toString();
        };
    }

    /// As typed formats take it: numbers and flags stay what they are, the rest is printed.
    public @Nullable Object typed(StreamInfo info) {
        var value = evaluation.of(info);
        return switch (value) {
            case Boolean flag -> flag;
            case Long number -> number;
            case Double number -> number;
            case null -> null;
            default -> print(info);
        };
    }

    /// Six significant digits.
    private static String print(double number) {
        if (number == Math.rint(number) && Math.abs(number) < 1_000_000) {
            return Long.toString((long) number);
        }
        if (Double.isNaN(number) || Double.isInfinite(number)) {
            return Double.isNaN(number) ? "nan" : number > 0 ? "inf" : "-inf";
        }
        return new BigDecimal(number)
                .round(new MathContext(DIGITS))
                .stripTrailingZeros()
                .toPlainString();
    }

    private static String print(Instant time) {
        var text = SECONDS.format(time.atOffset(ZoneOffset.UTC));
        if (time.getNano() == 0) {
            return text + "+00:00";
        }
        var fraction = String.format(Locale.ROOT, "%09d", time.getNano());
        int end = fraction.length();
        while (fraction.charAt(end - 1) == '0') {
            end--;
        }
        return text + "." + fraction.substring(0, end) + "+00:00";
    }

    /// `1h2m3.5s`; below a second the largest unit that fits.
    private static String print(Duration duration) {
        if (duration.isZero()) {
            return "0";
        }
        if (duration.isNegative()) {
            return "-" + print(duration.negated());
        }
        long nanos = duration.toNanos();
        if (nanos < 1_000) {
            return nanos + "ns";
        }
        if (nanos < 1_000_000) {
            return fraction(nanos, 3) + "us";
        }
        if (nanos < 1_000_000_000) {
            return fraction(nanos, 6) + "ms";
        }
        var text = new StringBuilder();
        long hours = duration.toHours();
        if (hours > 0) {
            text.append(hours).append('h');
        }
        if (duration.toMinutesPart() > 0) {
            text.append(duration.toMinutesPart()).append('m');
        }
        long rest = duration.toSecondsPart() * 1_000_000_000L + duration.toNanosPart();
        if (rest > 0) {
            text.append(fraction(rest, 9)).append('s');
        }
        return text.toString();
    }

    private static String fraction(long number, int scale) {
        return BigDecimal.valueOf(number, scale).stripTrailingZeros().toPlainString();
    }
}
