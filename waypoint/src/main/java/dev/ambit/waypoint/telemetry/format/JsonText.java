package dev.ambit.waypoint.telemetry.format;

import dev.ambit.waypoint.match.Ascii;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// JSON as log lines have it: on one line, keys sorted, what is above ASCII as it is.
public final class JsonText {
    private static final double WHOLE = 1L << 53;
    private static final String HEX = "0123456789abcdef";

    private JsonText() {}

    /// As octets. Texts in `value` are none yet.
    public static String of(@Nullable Object value) {
        var out = new StringBuilder();
        append(out, value);
        return out.toString();
    }

    static void append(StringBuilder out, @Nullable Object value) {
        switch (value) {
            case null -> out.append("null");
            case String text -> string(out, Ascii.octets(text));
            case Boolean flag -> out.append(flag.booleanValue());
            case Number number -> number(out, number);
            case List<?> list -> list(out, list);
            case Map<?, ?> map -> map(out, map);
            default -> string(out, Ascii.octets(value.toString()));
        }
    }

    private static void list(StringBuilder out, List<?> list) {
        out.append('[');
        for (int at = 0; at < list.size(); at++) {
            if (at > 0) {
                out.append(',');
            }
            append(out, list.get(at));
        }
        out.append(']');
    }

    private static void map(StringBuilder out, Map<?, ?> map) {
        var sorted = new TreeMap<String, @Nullable Object>();
        map.forEach((key, value) -> sorted.put(String.valueOf(key), value));
        out.append('{');
        boolean first = true;
        for (var entry : sorted.entrySet()) {
            if (!first) {
                out.append(',');
            }
            first = false;
            string(out, Ascii.octets(entry.getKey()));
            out.append(':');
            append(out, entry.getValue());
        }
        out.append('}');
    }

    static void number(StringBuilder out, Number number) {
        if (number instanceof Double || number instanceof Float) {
            double value = number.doubleValue();
            if (value == Math.rint(value) && Math.abs(value) < WHOLE) {
                out.append((long) value);
            } else {
                out.append(value);
            }
        } else {
            out.append(number.longValue());
        }
    }

    /// A string of JSON.
    public static void octets(StringBuilder out, String octets) {
        string(out, octets);
    }

    static void string(StringBuilder out, String octets) {
        out.append('"');
        for (int at = 0; at < octets.length(); at++) {
            char c = octets.charAt(at);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\b' -> out.append("\\b");
                case '\f' -> out.append("\\f");
                default -> {
                    if (c < 0x20 || c == 0x7f) {
                        out.append("\\u00").append(HEX.charAt(c >> 4)).append(HEX.charAt(c & 15));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }
}
