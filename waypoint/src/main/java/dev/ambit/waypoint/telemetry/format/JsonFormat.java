package dev.ambit.waypoint.telemetry.format;

import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.match.Ascii;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// A compiled `json_format`: an object whose texts are formats. One operator alone keeps its type;
/// several, or words around one, make a text. Keys are sorted, what is missing is null or left out.
public final class JsonFormat {
    private final Node root;
    private final boolean omitEmpty;
    private final String missing;

    @SuppressWarnings("ArrayRecordComponent") // Private, and compared by nobody.
    private sealed interface Node {
        record One(Operator operator) implements Node {}

        record Several(Operator[] parts) implements Node {}

        record Fields(String[] keys, Node[] values) implements Node {}

        record Items(Node[] values) implements Node {}

        /// A number, a flag or null of the configuration.
        record Constant(@Nullable Object value) implements Node {}
    }

    private JsonFormat(Node root, boolean omitEmpty) {
        this.root = root;
        this.omitEmpty = omitEmpty;
        this.missing = omitEmpty ? "" : "-";
    }

    /// Compiles a format.
    ///
    /// @param format by key: formats as `String`, `Map`, `List`, and constants
    public static JsonFormat compile(
            Map<String, ?> format, FormatContext context, boolean omitEmpty) throws FormatFault {
        return new JsonFormat(node(format, context), omitEmpty);
    }

    private static Node node(@Nullable Object format, FormatContext context) throws FormatFault {
        return switch (format) {
            case String text -> {
                var parts = new FormatParser(text, context).parse();
                yield parts.size() == 1
                        ? new Node.One(parts.getFirst())
                        : new Node.Several(parts.toArray(Operator[]::new));
            }
            case Map<?, ?> map -> {
                var sorted = new TreeMap<String, @Nullable Object>();
                map.forEach((key, value) -> sorted.put(String.valueOf(key), value));
                var keys = new ArrayList<String>();
                var values = new ArrayList<Node>();
                for (var entry : sorted.entrySet()) {
                    var key = new StringBuilder();
                    JsonText.string(key, Ascii.octets(entry.getKey()));
                    keys.add(key.append(':').toString());
                    values.add(node(entry.getValue(), context));
                }
                yield new Node.Fields(keys.toArray(String[]::new), values.toArray(Node[]::new));
            }
            case List<?> list -> {
                var values = new ArrayList<Node>();
                for (var value : list) {
                    values.add(node(value, context));
                }
                yield new Node.Items(values.toArray(Node[]::new));
            }
            case null, default -> new Node.Constant(format);
        };
    }

    /// One line, without its end, as octets.
    public void append(StringBuilder out, StreamInfo info) {
        append(out, root, info);
    }

    /// @return false for a value that is left out: nothing was added
    private boolean append(StringBuilder out, Node node, StreamInfo info) {
        return switch (node) {
            case Node.One(var operator) -> one(out, operator.value(info));
            case Node.Several(var parts) -> {
                var text = new StringBuilder();
                for (var part : parts) {
                    if (!part.append(text, info)) {
                        text.append(missing);
                    }
                }
                JsonText.string(out, text.toString());
                yield true;
            }
            case Node.Fields fields -> fields(out, fields, info);
            case Node.Items(var values) -> {
                out.append('[');
                int empty = out.length();
                for (var value : values) {
                    int before = out.length();
                    if (before > empty) {
                        out.append(',');
                    }
                    if (!append(out, value, info)) {
                        out.setLength(before);
                    }
                }
                out.append(']');
                yield true;
            }
            case Node.Constant(var value) -> one(out, value);
        };
    }

    private boolean one(StringBuilder out, @Nullable Object value) {
        if (value == null && omitEmpty) {
            return false;
        }
        if (value instanceof String octets) {
            JsonText.string(out, octets);
        } else {
            JsonText.append(out, value);
        }
        return true;
    }

    private boolean fields(StringBuilder out, Node.Fields fields, StreamInfo info) {
        out.append('{');
        int empty = out.length();
        for (int at = 0; at < fields.keys.length; at++) {
            int before = out.length();
            if (before > empty) {
                out.append(',');
            }
            out.append(fields.keys[at]);
            if (!append(out, fields.values[at], info)) {
                out.setLength(before);
            }
        }
        out.append('}');
        return true;
    }
}
