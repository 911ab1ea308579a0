package dev.ambit.e2e.mesh;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// One line of a ztunnel's access log, in the plain format.
///
/// @param fields by name, quotes removed
public record AccessLine(String level, String message, Map<String, String> fields) {
    private static final int COLUMNS = 5;

    public AccessLine {
        fields = Map.copyOf(fields);
    }

    public Optional<String> field(String name) {
        return Optional.ofNullable(fields.get(name));
    }

    public boolean is(String name, String value) {
        return value.equals(fields.get(name));
    }

    public long number(String name) {
        return field(name).filter(text -> text.matches("\\d+")).map(Long::parseLong).orElse(-1L);
    }

    /// Empty for lines that are not of the access log.
    public static Optional<AccessLine> parse(String line) {
        String[] columns = line.split("\t", COLUMNS);
        if (columns.length < COLUMNS - 1 || !columns[2].equals("access")) {
            return Optional.empty();
        }
        String rest = columns.length == COLUMNS ? columns[COLUMNS - 1] : "";
        return Optional.of(new AccessLine(columns[1], columns[3], fields(rest)));
    }

    private static Map<String, String> fields(String text) {
        var fields = new LinkedHashMap<String, String>();
        int at = 0;
        while (at < text.length()) {
            int equals = text.indexOf('=', at);
            if (equals < 0) {
                break;
            }
            String name = text.substring(at, equals).strip();
            var value = new StringBuilder();
            int end = value(text, equals + 1, value);
            fields.put(name, value.toString());
            at = end + 1;
        }
        return fields;
    }

    /// @return the index behind the value
    private static int value(String text, int from, StringBuilder into) {
        boolean quoted = from < text.length() && text.charAt(from) == '"';
        int at = quoted ? from + 1 : from;
        while (at < text.length()) {
            char next = text.charAt(at);
            if (next == (quoted ? '"' : ' ')) {
                return quoted ? at + 1 : at;
            }
            if (quoted && next == '\\' && at + 1 < text.length()) {
                at++;
                next = text.charAt(at);
            }
            into.append(next);
            at++;
        }
        return at;
    }
}
