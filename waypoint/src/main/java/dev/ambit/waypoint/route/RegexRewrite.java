package dev.ambit.waypoint.route;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import java.util.ArrayList;
import java.util.List;

/// Replaces what a pattern finds (`RegexMatchAndSubstitute`), as RE2's `GlobalReplace` does: each
/// occurrence from the left, none that is empty right behind another.
public final class RegexRewrite {
    private final Pattern pattern;
    private final List<Part> substitution;

    /// A part of the substitution.
    public sealed interface Part {
        record Text(String text) implements Part {}

        /// @param number 0 for all that was found
        record Group(int number) implements Part {}
    }

    private RegexRewrite(Pattern pattern, List<Part> substitution) {
        this.pattern = pattern;
        this.substitution = substitution;
    }

    /// @param substitution with `\0` to `\9` for groups and `\\` for a backslash
    /// @throws IllegalArgumentException if it asks for a group that the pattern does not have, or
    ///   has a backslash before anything else
    public static RegexRewrite of(Pattern pattern, String substitution) {
        var parts = new ArrayList<Part>();
        var text = new StringBuilder();
        int at = -1;
        while (++at < substitution.length()) {
            char c = substitution.charAt(at);
            if (c != '\\') {
                text.append(c);
                continue;
            }
            at++;
            char next = at < substitution.length() ? substitution.charAt(at) : ' ';
            if (next == '\\') {
                text.append(next);
            } else if (next >= '0' && next <= '9' && next - '0' <= pattern.groupCount()) {
                if (!text.isEmpty()) {
                    parts.add(new Part.Text(text.toString()));
                    text.setLength(0);
                }
                parts.add(new Part.Group(next - '0'));
            } else {
                throw new IllegalArgumentException(
                        "substitution '"
                                + substitution
                                + "': expected a backslash, or the number of one of "
                                + pattern.groupCount()
                                + " groups, at "
                                + at);
            }
        }
        if (!text.isEmpty()) {
            parts.add(new Part.Text(text.toString()));
        }
        return new RegexRewrite(pattern, List.copyOf(parts));
    }

    public String apply(String text) {
        var matcher = pattern.matcher(text);
        var result = new StringBuilder(text.length());
        int at = 0;
        int lastEnd = -1;
        while (at <= text.length() && matcher.find(at)) {
            result.append(text, at, matcher.start());
            if (matcher.start() == lastEnd && matcher.end() == lastEnd) {
                if (at < text.length()) {
                    result.append(text.charAt(at));
                }
                at++;
                continue;
            }
            substitute(matcher, result);
            at = matcher.end();
            lastEnd = at;
        }
        if (at < text.length()) {
            result.append(text, at, text.length());
        }
        return result.toString();
    }

    private void substitute(Matcher matcher, StringBuilder into) {
        for (int at = 0; at < substitution.size(); at++) {
            switch (substitution.get(at)) {
                case Part.Text(var text) -> into.append(text);
                case Part.Group(int number) -> {
                    var group = matcher.group(number);
                    if (group != null) {
                        into.append(group);
                    }
                }
            }
        }
    }

    @Override
    public String toString() {
        return pattern + " -> " + substitution;
    }
}
