package dev.ambit.control.resource;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;

/// Readings of label and annotation values.
public final class Texts {
    private static final Pattern SPAN =
            Pattern.compile("([0-9]+(?:\\.[0-9]*)?|\\.[0-9]+)(ns|us|µs|ms|s|m|h)");

    /// What Go can hold: some 292 years.
    private static final BigDecimal LONGEST = BigDecimal.valueOf(Long.MAX_VALUE);

    private Texts() {}

    /// As Go's `time.ParseDuration`, which istiod uses: `1.5s`, `1h30m`, `-2ms`, `0`.
    public static Optional<Duration> duration(String text) {
        boolean negative = text.startsWith("-");
        var rest = negative || text.startsWith("+") ? text.substring(1) : text;
        if (rest.equals("0")) {
            return Optional.of(Duration.ZERO);
        }
        var total = BigDecimal.ZERO;
        var matcher = SPAN.matcher(rest);
        int at = 0;
        while (matcher.find() && matcher.start() == at) {
            at = matcher.end();
            var digits = matcher.group(1);
            var amount = new BigDecimal(digits.endsWith(".") ? digits + "0" : digits);
            total = total.add(amount.multiply(nanos(matcher.group(2))));
        }
        if (at == 0 || at != rest.length() || total.compareTo(LONGEST) > 0) {
            return Optional.empty();
        }
        long nanos = total.setScale(0, RoundingMode.DOWN).longValueExact();
        return Optional.of(Duration.ofNanos(negative ? -nanos : nanos));
    }

    private static BigDecimal nanos(String unit) {
        return switch (unit) {
            case "ns" -> BigDecimal.ONE;
            case "us", "µs" -> BigDecimal.valueOf(1_000);
            case "ms" -> BigDecimal.valueOf(1_000_000);
            case "s" -> BigDecimal.valueOf(1_000_000_000);
            case "m" -> BigDecimal.valueOf(60_000_000_000L);
            default -> BigDecimal.valueOf(3_600_000_000_000L);
        };
    }

    /// As Go's `strconv.ParseBool`, which istiod uses; anything else is false.
    public static boolean isTrue(String text) {
        return switch (text) {
            case "1", "t", "T", "true", "TRUE", "True" -> true;
            default -> false;
        };
    }
}
