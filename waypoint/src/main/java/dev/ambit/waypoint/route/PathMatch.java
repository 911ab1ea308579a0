package dev.ambit.waypoint.route;

import dev.ambit.waypoint.match.Ascii;
import dev.ambit.waypoint.match.TextMatch;

/// A route's condition on the path, without query and fragment (`RouteMatch.path_specifier`).
public sealed interface PathMatch {
    /// @param path without query and fragment
    boolean matches(String path);

    /// What each path that matches begins with, letter by letter.
    String guard();

    /// How much of a path that matches a `prefix_rewrite` replaces.
    int matchedLength(String path);

    record Exact(String path) implements PathMatch {
        @Override
        public boolean matches(String actual) {
            return actual.equals(path);
        }

        @Override
        public String guard() {
            return path;
        }

        @Override
        public int matchedLength(String actual) {
            return path.length();
        }
    }

    record ExactIgnoreCase(String path) implements PathMatch {
        @Override
        public boolean matches(String actual) {
            return Ascii.equalsIgnoreCase(actual, path);
        }

        @Override
        public String guard() {
            return "";
        }

        @Override
        public int matchedLength(String actual) {
            return path.length();
        }
    }

    /// Signs, not segments: `/a` takes `/ab` too.
    record Prefix(String prefix) implements PathMatch {
        @Override
        public boolean matches(String actual) {
            return actual.startsWith(prefix);
        }

        @Override
        public String guard() {
            return prefix;
        }

        @Override
        public int matchedLength(String actual) {
            return prefix.length();
        }
    }

    record PrefixIgnoreCase(String prefix) implements PathMatch {
        @Override
        public boolean matches(String actual) {
            return Ascii.startsWithIgnoreCase(actual, prefix);
        }

        @Override
        public String guard() {
            return "";
        }

        @Override
        public int matchedLength(String actual) {
            return prefix.length();
        }
    }

    /// Whole segments (`path_separated_prefix`).
    record Segments(String prefix, boolean ignoreCase) implements PathMatch {
        @Override
        public boolean matches(String actual) {
            int length = prefix.length();
            if (actual.length() < length
                    || actual.length() > length && actual.charAt(length) != '/') {
                return false;
            }
            return ignoreCase
                    ? Ascii.startsWithIgnoreCase(actual, prefix)
                    : actual.startsWith(prefix);
        }

        @Override
        public String guard() {
            return ignoreCase ? "" : prefix;
        }

        @Override
        public int matchedLength(String actual) {
            return prefix.length();
        }
    }

    record Regex(TextMatch match) implements PathMatch {
        @Override
        public boolean matches(String actual) {
            return match.matches(actual);
        }

        @Override
        public String guard() {
            return match.prefix();
        }

        @Override
        public int matchedLength(String actual) {
            return actual.length();
        }
    }

    /// Any CONNECT (`connect_matcher`), the only one that may have no path.
    record Connect() implements PathMatch {
        @Override
        public boolean matches(String actual) {
            return true;
        }

        @Override
        public String guard() {
            return "";
        }

        @Override
        public int matchedLength(String actual) {
            return actual.length();
        }
    }
}
