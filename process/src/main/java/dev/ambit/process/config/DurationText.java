package dev.ambit.process.config;

import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/// Durations as the reference's settings are written: `5m`, `180s`, `1h30m`, `90` (seconds),
/// `250ms`. Its sums without a sign are read too; its arithmetic (`1m*10`) is not.
public final class DurationText {
    public static final String EXPECTED = "a duration such as 250ms, 30s, 5m, 1h30m or 24h";

    /// More would only be a typing error, and could overflow nanoseconds.
    private static final Duration MOST = Duration.ofDays(36_500);

    private static final Pattern PART = Pattern.compile("\\s*\\+?\\s*([0-9]{1,18})\\s*([a-zµ]*)");
    private static final Map<String, Duration> UNITS =
            Map.ofEntries(
                    Map.entry("y", Duration.ofDays(365)),
                    Map.entry("year", Duration.ofDays(365)),
                    Map.entry("mon", Duration.ofDays(30)),
                    Map.entry("month", Duration.ofDays(30)),
                    Map.entry("w", Duration.ofDays(7)),
                    Map.entry("week", Duration.ofDays(7)),
                    Map.entry("d", Duration.ofDays(1)),
                    Map.entry("day", Duration.ofDays(1)),
                    Map.entry("h", Duration.ofHours(1)),
                    Map.entry("hr", Duration.ofHours(1)),
                    Map.entry("hour", Duration.ofHours(1)),
                    Map.entry("m", Duration.ofMinutes(1)),
                    Map.entry("min", Duration.ofMinutes(1)),
                    Map.entry("minute", Duration.ofMinutes(1)),
                    Map.entry("", Duration.ofSeconds(1)),
                    Map.entry("s", Duration.ofSeconds(1)),
                    Map.entry("sec", Duration.ofSeconds(1)),
                    Map.entry("second", Duration.ofSeconds(1)),
                    Map.entry("ms", Duration.ofMillis(1)),
                    Map.entry("msec", Duration.ofMillis(1)),
                    Map.entry("millisecond", Duration.ofMillis(1)),
                    Map.entry("us", Duration.ofNanos(1_000)),
                    Map.entry("µs", Duration.ofNanos(1_000)),
                    Map.entry("usec", Duration.ofNanos(1_000)),
                    Map.entry("microsecond", Duration.ofNanos(1_000)),
                    Map.entry("ns", Duration.ofNanos(1)),
                    Map.entry("nsec", Duration.ofNanos(1)),
                    Map.entry("nanosecond", Duration.ofNanos(1)));

    private DurationText() {}

    /// Empty: not a duration.
    public static Optional<Duration> parse(String text) {
        var rest = text.strip().toLowerCase(Locale.ROOT);
        if (rest.isEmpty() || rest.startsWith("+")) {
            return Optional.empty();
        }
        var sum = Duration.ZERO;
        var matcher = PART.matcher(rest);
        int at = 0;
        while (at < rest.length()) {
            if (!matcher.find(at) || matcher.start() != at) {
                return Optional.empty();
            }
            var unit = unit(matcher.group(2));
            if (unit.isEmpty()) {
                return Optional.empty();
            }
            long amount = Long.parseLong(matcher.group(1));
            if (amount > MOST.dividedBy(unit.get())) {
                return Optional.empty();
            }
            sum = sum.plus(unit.get().multipliedBy(amount));
            at = matcher.end();
        }
        return sum.compareTo(MOST) > 0 ? Optional.empty() : Optional.of(sum);
    }

    private static Optional<Duration> unit(String name) {
        var known = UNITS.get(name);
        if (known == null && name.length() > 3 && name.endsWith("s")) {
            known = UNITS.get(name.substring(0, name.length() - 1));
        }
        return Optional.ofNullable(known);
    }
}
