package dev.ambit.waypoint.match;

import com.google.re2j.Pattern;
import java.util.Set;

/// A condition on a text (`envoy.type.matcher.v3.StringMatcher`). Case is folded for ASCII alone.
public sealed interface TextMatch {
    boolean matches(String text);

    /// What every text that matches begins with, letter by letter; empty where nothing is known.
    /// Indexes are made of it.
    default String prefix() {
        return "";
    }

    record Exact(String value) implements TextMatch {
        @Override
        public boolean matches(String text) {
            return text.equals(value);
        }

        @Override
        public String prefix() {
            return value;
        }
    }

    record Prefix(String value) implements TextMatch {
        @Override
        public boolean matches(String text) {
            return text.startsWith(value);
        }

        @Override
        public String prefix() {
            return value;
        }
    }

    record Suffix(String value) implements TextMatch {
        @Override
        public boolean matches(String text) {
            return text.endsWith(value);
        }
    }

    record Contains(String value) implements TextMatch {
        @Override
        public boolean matches(String text) {
            return text.contains(value);
        }
    }

    /// One of several, of which none is a pattern.
    record OneOf(Set<String> values) implements TextMatch {
        @Override
        public boolean matches(String text) {
            return values.contains(text);
        }
    }

    /// `ignore_case`.
    ///
    /// @param kind which of the conditions above
    record Folded(Kind kind, String value) implements TextMatch {
        public enum Kind {
            EXACT,
            PREFIX,
            SUFFIX,
            CONTAINS
        }

        @Override
        public boolean matches(String text) {
            return switch (kind) {
                case EXACT -> Ascii.equalsIgnoreCase(text, value);
                case PREFIX -> Ascii.startsWithIgnoreCase(text, value);
                case SUFFIX -> Ascii.endsWithIgnoreCase(text, value);
                case CONTAINS -> Ascii.containsIgnoreCase(text, value);
            };
        }
    }

    /// A pattern of the form `prefix.*` or `prefix.+`: the rest is on one line.
    ///
    /// @param atLeast length of the rest
    record PrefixLine(String value, int atLeast) implements TextMatch {
        @Override
        public boolean matches(String text) {
            return text.length() >= value.length() + atLeast
                    && text.startsWith(value)
                    && text.indexOf('\n', value.length()) < 0;
        }

        @Override
        public String prefix() {
            return value;
        }
    }

    /// A pattern of the form `.*suffix` or `.+suffix`.
    ///
    /// @param atLeast length of what comes before
    record SuffixLine(String value, int atLeast) implements TextMatch {
        @Override
        public boolean matches(String text) {
            int before = text.length() - value.length();
            if (before < atLeast || !text.endsWith(value)) {
                return false;
            }
            int line = text.indexOf('\n');
            return line < 0 || line >= before;
        }
    }

    /// A pattern of the form `.*part.*`: one line with this in it.
    record PartLine(String value) implements TextMatch {
        @Override
        public boolean matches(String text) {
            return text.contains(value) && text.indexOf('\n') < 0;
        }
    }

    /// The whole text matches the pattern (RE2).
    ///
    /// @param prefix what it begins with before anything in it is special
    record Regex(Pattern pattern, String prefix) implements TextMatch {
        @Override
        public boolean matches(String text) {
            return text.startsWith(prefix) && pattern.matches(text);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Regex(var p, _) && p.pattern().equals(pattern.pattern());
        }

        @Override
        public int hashCode() {
            return pattern.pattern().hashCode();
        }
    }
}
