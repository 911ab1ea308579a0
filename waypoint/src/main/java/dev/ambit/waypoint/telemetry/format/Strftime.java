package dev.ambit.waypoint.telemetry.format;

import dev.ambit.waypoint.match.Ascii;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.TextStyle;
import java.time.temporal.ChronoField;
import java.time.temporal.IsoFields;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Times in a format of `strftime`, with what Envoy adds: `%f`, `%1f` to `%9f` for parts of a
/// second, `%E3S` and `%E*S`, `%Ez`. Compiled once.
final class Strftime {
    private static final int NANOS_PER_MICRO = 1_000;
    private static final int MICROS = 1_000_000;
    private static final int FRACTION = 9;

    private final List<Step> steps = new ArrayList<>();
    private final ZoneId zone;

    private interface Step {
        void append(StringBuilder out, ZonedDateTime time);
    }

    /// @throws FormatFault for a line's end, which has no place in a header
    Strftime(String format, ZoneId zone) throws FormatFault {
        this.zone = zone;
        int at = 0;
        while (at < format.length()) {
            char c = format.charAt(at);
            if (c == '%' && at + 1 < format.length()) {
                at = specifier(format, at + 1);
            } else {
                var octets = Ascii.octets(String.valueOf(c));
                steps.add((out, _) -> out.append(octets));
                at++;
            }
        }
    }

    String format(long micros) {
        var instant =
                Instant.ofEpochSecond(
                        Math.floorDiv(micros, MICROS),
                        (long) Math.floorMod(micros, MICROS) * NANOS_PER_MICRO);
        var time = instant.atZone(zone);
        var out = new StringBuilder();
        for (var step : steps) {
            step.append(out, time);
        }
        return out.toString();
    }

    /// @param at after the `%`
    /// @return after the specifier
    private int specifier(String format, int at) throws FormatFault {
        char c = format.charAt(at);
        if (c == 'E' && at + 1 < format.length()) {
            return extended(format, at);
        }
        if (c >= '1' && c <= '9' && at + 1 < format.length() && format.charAt(at + 1) == 'f') {
            int digits = c - '0';
            steps.add((out, time) -> fraction(out, time, digits));
            return at + 2;
        }
        steps.add(step(c));
        return at + 1;
    }

    private int extended(String format, int at) throws FormatFault {
        char next = format.charAt(at + 1);
        if (next == 'z') {
            steps.add((out, time) -> offset(out, time, ":"));
            return at + 2;
        }
        if (next == 'T') {
            steps.add((out, _) -> out.append('T'));
            return at + 2;
        }
        if (at + 2 < format.length() && format.charAt(at + 2) == 'S') {
            if (next == '*') {
                steps.add(Strftime::wholeFraction);
                return at + 3;
            }
            if (next >= '0' && next <= '9') {
                int digits = next - '0';
                steps.add((out, time) -> {
                    pad(out, time.getSecond(), 2);
                    if (digits > 0) {
                        out.append('.');
                        fraction(out, time, digits);
                    }
                });
                return at + 3;
            }
        }
        if (next == '4' && at + 2 < format.length() && format.charAt(at + 2) == 'Y') {
            steps.add((out, time) -> pad(out, time.getYear(), 4));
            return at + 3;
        }
        return specifier(format, at + 1);
    }

    private static Step step(char c) throws FormatFault {
        return switch (c) {
            case 'n' ->
                    throw new FormatFault(
                            "Invalid header configuration. Format string contains newline.");
            case '%' -> (out, _) -> out.append('%');
            case 't' -> (out, _) -> out.append('\t');
            case 's' -> (out, time) -> out.append(time.toEpochSecond());
            case 'f' -> (out, time) -> fraction(out, time, FRACTION);
            case 'z' -> (out, time) -> offset(out, time, "");
            case 'Z' -> (out, time) -> out.append(zoneName(time));
            default -> {
                var date = date(c);
                yield date != null ? date : timeOfDay(c);
            }
        };
    }

    private static @org.jspecify.annotations.Nullable Step date(char c) {
        return switch (c) {
            case 'Y' -> (out, time) -> out.append(time.getYear());
            case 'C' -> (out, time) -> pad(out, time.getYear() / 100, 2);
            case 'y' -> (out, time) -> pad(out, time.getYear() % 100, 2);
            case 'm' -> (out, time) -> pad(out, time.getMonthValue(), 2);
            case 'd' -> (out, time) -> pad(out, time.getDayOfMonth(), 2);
            case 'e' -> (out, time) -> blanks(out, time.getDayOfMonth());
            case 'j' -> (out, time) -> pad(out, time.getDayOfYear(), 3);
            case 'a' -> (out, time) -> out.append(day(time, TextStyle.SHORT));
            case 'A' -> (out, time) -> out.append(day(time, TextStyle.FULL));
            case 'b', 'h' -> (out, time) -> out.append(month(time, TextStyle.SHORT));
            case 'B' -> (out, time) -> out.append(month(time, TextStyle.FULL));
            case 'u' -> (out, time) -> out.append(time.getDayOfWeek().getValue());
            case 'w' -> (out, time) -> out.append(time.getDayOfWeek().getValue() % 7);
            case 'V' -> (out, time) -> pad(out, time.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR), 2);
            case 'G' -> (out, time) -> out.append(time.get(IsoFields.WEEK_BASED_YEAR));
            case 'g' -> (out, time) -> pad(out, time.get(IsoFields.WEEK_BASED_YEAR) % 100, 2);
            case 'U' ->
                    (out, time) ->
                            pad(
                                    out,
                                    (time.getDayOfYear() + 6 - time.getDayOfWeek().getValue() % 7)
                                            / 7,
                                    2);
            case 'W' ->
                    (out, time) ->
                            pad(
                                    out,
                                    (time.getDayOfYear()
                                                    + 6
                                                    - (time.getDayOfWeek().getValue() + 6) % 7)
                                            / 7,
                                    2);
            case 'D', 'x' ->
                    (out, time) -> {
                        pad(out, time.getMonthValue(), 2);
                        pad(out.append('/'), time.getDayOfMonth(), 2);
                        pad(out.append('/'), time.getYear() % 100, 2);
                    };
            case 'F' -> Strftime::isoDate;
            default -> null;
        };
    }

    private static void isoDate(StringBuilder out, ZonedDateTime time) {
        out.append(time.getYear());
        pad(out.append('-'), time.getMonthValue(), 2);
        pad(out.append('-'), time.getDayOfMonth(), 2);
    }

    private static Step timeOfDay(char c) {
        return switch (c) {
            case 'H' -> (out, time) -> pad(out, time.getHour(), 2);
            case 'k' -> (out, time) -> blanks(out, time.getHour());
            case 'I' -> (out, time) -> pad(out, time.get(ChronoField.CLOCK_HOUR_OF_AMPM), 2);
            case 'l' -> (out, time) -> blanks(out, time.get(ChronoField.CLOCK_HOUR_OF_AMPM));
            case 'M' -> (out, time) -> pad(out, time.getMinute(), 2);
            case 'S' -> (out, time) -> pad(out, time.getSecond(), 2);
            case 'p' -> (out, time) -> out.append(time.getHour() < 12 ? "AM" : "PM");
            case 'P' -> (out, time) -> out.append(time.getHour() < 12 ? "am" : "pm");
            case 'R' -> (out, time) -> clock(out, time, false);
            case 'T', 'X' -> (out, time) -> clock(out, time, true);
            case 'r' ->
                    (out, time) -> {
                        pad(out, time.get(ChronoField.CLOCK_HOUR_OF_AMPM), 2);
                        pad(out.append(':'), time.getMinute(), 2);
                        pad(out.append(':'), time.getSecond(), 2);
                        out.append(time.getHour() < 12 ? " AM" : " PM");
                    };
            case 'c' ->
                    (out, time) -> {
                        out.append(day(time, TextStyle.SHORT)).append(' ');
                        out.append(month(time, TextStyle.SHORT)).append(' ');
                        blanks(out, time.getDayOfMonth());
                        clock(out.append(' '), time, true);
                        out.append(' ').append(time.getYear());
                    };
            default -> (out, _) -> out.append('%').append(c);
        };
    }

    private static void clock(StringBuilder out, ZonedDateTime time, boolean seconds) {
        pad(out, time.getHour(), 2);
        pad(out.append(':'), time.getMinute(), 2);
        if (seconds) {
            pad(out.append(':'), time.getSecond(), 2);
        }
    }

    private static void fraction(StringBuilder out, ZonedDateTime time, int digits) {
        var nanos = new StringBuilder(FRACTION);
        pad(nanos, time.getNano(), FRACTION);
        out.append(nanos, 0, digits);
    }

    /// `%E*S`: as many digits as there are.
    private static void wholeFraction(StringBuilder out, ZonedDateTime time) {
        pad(out, time.getSecond(), 2);
        if (time.getNano() != 0) {
            var nanos = new StringBuilder(FRACTION);
            pad(nanos, time.getNano(), FRACTION);
            int end = FRACTION;
            while (nanos.charAt(end - 1) == '0') {
                end--;
            }
            out.append('.').append(nanos, 0, end);
        }
    }

    private static void offset(StringBuilder out, ZonedDateTime time, String separator) {
        int minutes = time.getOffset().getTotalSeconds() / 60;
        out.append(minutes < 0 ? '-' : '+');
        pad(out, Math.abs(minutes) / 60, 2);
        pad(out.append(separator), Math.abs(minutes) % 60, 2);
    }

    private static String zoneName(ZonedDateTime time) {
        return time.getZone() instanceof ZoneOffset
                ? "UTC"
                : java.time.format.DateTimeFormatter.ofPattern("zzz", Locale.ROOT).format(time);
    }

    private static String day(ZonedDateTime time, TextStyle style) {
        return time.getDayOfWeek().getDisplayName(style, Locale.ENGLISH);
    }

    private static String month(ZonedDateTime time, TextStyle style) {
        return time.getMonth().getDisplayName(style, Locale.ENGLISH);
    }

    static void pad(StringBuilder out, int number, int digits) {
        int limit = 10;
        for (int count = 1; count < digits; count++, limit *= 10) {
            if (number < limit) {
                out.append("0".repeat(digits - count));
                break;
            }
        }
        out.append(number);
    }

    private static void blanks(StringBuilder out, int number) {
        if (number < 10) {
            out.append(' ');
        }
        out.append(number);
    }
}
