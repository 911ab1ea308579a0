package dev.ambit.waypoint.telemetry.format;

import dev.ambit.waypoint.exchange.StreamInfo;
import java.util.List;

/// A compiled text format. Immutable, for any thread.
public final class TextFormat {
    private final Operator[] parts;
    private final String missing;

    private TextFormat(Operator[] parts, String missing) {
        this.parts = parts;
        this.missing = missing;
    }

    /// What is missing is printed as `-`.
    public static TextFormat compile(String format, FormatContext context) throws FormatFault {
        return compile(format, context, false);
    }

    /// Compiles a format.
    ///
    /// @param omitEmpty whether what is missing is left out
    public static TextFormat compile(String format, FormatContext context, boolean omitEmpty)
            throws FormatFault {
        var parts = new FormatParser(format, context).parse();
        return new TextFormat(parts.toArray(Operator[]::new), omitEmpty ? "" : "-");
    }

    /// Its parts, for what is missing to be told apart.
    public static List<Operator> parts(String format, FormatContext context) throws FormatFault {
        return List.copyOf(new FormatParser(format, context).parse());
    }

    public void append(StringBuilder out, StreamInfo info) {
        for (var part : parts) {
            if (!part.append(out, info)) {
                out.append(missing);
            }
        }
    }

    /// As octets, for headers and log lines.
    public String format(StreamInfo info) {
        if (parts.length == 1) {
            var text = parts[0].text(info);
            return text == null ? missing : text;
        }
        var out = new StringBuilder(64);
        append(out, info);
        return out.toString();
    }
}
