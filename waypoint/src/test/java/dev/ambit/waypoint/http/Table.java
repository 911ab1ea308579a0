package dev.ambit.waypoint.http;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

/// Tab-separated tables of tests, and the octets in them as text.
public final class Table {
    private Table() {}

    /// Cells of each line but comments.
    public static List<String[]> rows(String resource) {
        try (var in = Objects.requireNonNull(Table.class.getResourceAsStream(resource), resource)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#") && !line.isEmpty())
                    .map(line -> line.split("\t", -1))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// `\r`, `\n`, `\t`, `\xNN`, `\\`, and `{text*count}`.
    public static String unescape(String text) {
        var out = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '{') {
                int star = text.indexOf('*', i);
                int end = text.indexOf('}', i);
                var part = unescape(text.substring(i + 1, star));
                out.append(part.repeat(Integer.parseInt(text.substring(star + 1, end))));
                i = end;
            } else if (c == '\\') {
                char what = text.charAt(++i);
                switch (what) {
                    case 'r' -> out.append('\r');
                    case 'n' -> out.append('\n');
                    case 't' -> out.append('\t');
                    case 'x' -> {
                        out.append((char) Integer.parseInt(text.substring(i + 1, i + 3), 16));
                        i += 2;
                    }
                    default -> out.append(what);
                }
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }
}
