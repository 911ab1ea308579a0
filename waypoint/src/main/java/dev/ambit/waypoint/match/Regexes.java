package dev.ambit.waypoint.match;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.util.HashSet;
import org.jspecify.annotations.Nullable;

/// Patterns of RE2 (<https://github.com/google/re2/wiki/Syntax>), matched against whole texts. Most
/// that people write say something simpler, as `/item/.*` or `GET|HEAD`: those run without a
/// pattern, the others at least know what they begin with.
public final class Regexes {
    private static final String SPECIAL = "\\.+*?()[]{}^$|";
    private static final String QUANTIFIERS = "*+?{";

    private Regexes() {}

    /// @throws PatternSyntaxException if it is none
    public static TextMatch compile(String regex) {
        var pattern = Pattern.compile(regex);
        var bare = bare(regex);
        if (bare.indexOf('|') >= 0) {
            var values = alternatives(bare);
            return values == null ? new TextMatch.Regex(pattern, "") : new TextMatch.OneOf(values);
        }
        var literal = new StringBuilder();
        int end = literal(bare, 0, literal);
        var rest = bare.substring(end);
        return switch (rest) {
            case "" -> new TextMatch.Exact(literal.toString());
            case ".*" -> new TextMatch.PrefixLine(literal.toString(), 0);
            case ".+" -> new TextMatch.PrefixLine(literal.toString(), 1);
            default -> {
                var simpler = literal.isEmpty() ? suffix(rest) : null;
                if (simpler == null && literal.isEmpty()) {
                    simpler = part(rest);
                }
                yield simpler == null ? new TextMatch.Regex(pattern, literal.toString()) : simpler;
            }
        };
    }

    private static TextMatch.@Nullable PartLine part(String regex) {
        if (!regex.startsWith(".*")) {
            return null;
        }
        var literal = new StringBuilder();
        int end = literal(regex, 2, literal);
        boolean line = literal.indexOf("\n") < 0;
        return regex.substring(end).equals(".*") && !literal.isEmpty() && line
                ? new TextMatch.PartLine(literal.toString())
                : null;
    }

    private static @Nullable TextMatch suffix(String regex) {
        if (!regex.startsWith(".*") && !regex.startsWith(".+")) {
            return null;
        }
        var literal = new StringBuilder();
        boolean whole = literal(regex, 2, literal) == regex.length();
        return whole && !literal.isEmpty()
                ? new TextMatch.SuffixLine(literal.toString(), regex.charAt(1) == '+' ? 1 : 0)
                : null;
    }

    /// Without the anchors that a whole match has anyway.
    private static String bare(String regex) {
        if (regex.indexOf('|') >= 0) {
            return regex;
        }
        int from = regex.startsWith("^") ? 1 : 0;
        int to = regex.length();
        if (to > from && regex.charAt(to - 1) == '$' && !escaped(regex, to - 1)) {
            to--;
        }
        return regex.substring(from, to);
    }

    private static boolean escaped(String regex, int at) {
        int slashes = 0;
        while (at - slashes > 0 && regex.charAt(at - slashes - 1) == '\\') {
            slashes++;
        }
        return slashes % 2 == 1;
    }

    private static @Nullable HashSet<String> alternatives(String regex) {
        var values = new HashSet<String>();
        int from = 0;
        while (true) {
            var literal = new StringBuilder();
            int end = literal(regex, from, literal);
            boolean last = end == regex.length();
            if (!last && regex.charAt(end) != '|') {
                return null;
            }
            values.add(literal.toString());
            if (last) {
                return values;
            }
            from = end + 1;
        }
    }

    /// Collects signs that stand for themselves, each followed by no quantifier.
    ///
    /// @return where they end
    private static int literal(String regex, int from, StringBuilder into) {
        int at = from;
        while (at < regex.length()) {
            char c = regex.charAt(at);
            int next;
            char sign;
            if (SPECIAL.indexOf(c) < 0) {
                sign = c;
                next = at + 1;
            } else if (c == '\\' && at + 1 < regex.length() && punctuation(regex.charAt(at + 1))) {
                sign = regex.charAt(at + 1);
                next = at + 2;
            } else if (c == '['
                    && at + 2 < regex.length()
                    && regex.charAt(at + 2) == ']'
                    && "^\\[".indexOf(regex.charAt(at + 1)) < 0) {
                sign = regex.charAt(at + 1);
                next = at + 3;
            } else {
                return at;
            }
            if (Character.isSurrogate(sign)
                    || next < regex.length() && QUANTIFIERS.indexOf(regex.charAt(next)) >= 0) {
                return at;
            }
            into.append(sign);
            at = next;
        }
        return at;
    }

    private static boolean punctuation(char c) {
        return c < 128 && c > ' ' && !Character.isLetterOrDigit(c);
    }
}
