package dev.ambit.waypoint.security;

import com.google.re2j.Pattern;
import java.util.ArrayList;
import java.util.List;

/// `envoy.extensions.path.match.uri_template.v3`: `*` is a segment, `**` the rest, possibly empty;
/// `{name}` and `{name=..}` are the same with a name. Both take only characters that a path may
/// have unescaped (RFC 3986 section 3.3) and `%`, but no `*` and `=`.
public final class UriTemplate {
    private static final String CHARACTERS = "a-zA-Z0-9-._~%!$&'()+,;:@=";
    private static final Pattern LITERAL = Pattern.compile("[" + CHARACTERS + "]+");
    private static final Pattern NAME = Pattern.compile("[a-zA-Z][a-zA-Z0-9_]{0,15}");
    private static final int MOST_VARIABLES = 5;

    private final String template;
    private final Pattern pattern;
    private final String prefix;

    private UriTemplate(String template, String regex, String prefix) {
        this.template = template;
        this.pattern = Pattern.compile(regex);
        this.prefix = prefix;
    }

    /// @throws IllegalArgumentException with the template and what is wrong with it
    public static UriTemplate of(String template) {
        return new Parser(template).parse();
    }

    /// @param path without query
    public boolean holds(String path) {
        return path.startsWith(prefix) && pattern.matches(path);
    }

    /// What every path that matches begins with.
    String prefix() {
        return prefix;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof UriTemplate that && that.template.equals(template);
    }

    @Override
    public int hashCode() {
        return template.hashCode();
    }

    @Override
    public String toString() {
        return template;
    }

    private static final class Parser {
        private final String template;
        private final List<String> names = new ArrayList<>();
        private final StringBuilder regex = new StringBuilder();
        private final StringBuilder prefix = new StringBuilder();
        private boolean literalSoFar = true;
        private boolean restSeen;
        private int at;

        Parser(String template) {
            this.template = template;
        }

        UriTemplate parse() {
            if (!template.startsWith("/")) {
                throw fault("it does not begin with '/'");
            }
            while (at < template.length()) {
                char c = template.charAt(at);
                if (c == '/') {
                    literal("/");
                    at++;
                } else if (c == '*') {
                    glob(template.startsWith("**", at));
                } else if (c == '{') {
                    variable();
                } else {
                    int end = endOfLiteral();
                    literal(checked(template.substring(at, end)));
                    at = end;
                }
                afterSegment(c);
            }
            return new UriTemplate(template, regex.toString(), prefix.toString());
        }

        private int endOfLiteral() {
            int end = template.indexOf('/', at);
            return end < 0 ? template.length() : end;
        }

        /// After a glob or a variable comes the next segment, or a suffix that ends the template.
        private void afterSegment(char first) {
            if (first != '*' && first != '{'
                    || at == template.length()
                    || template.charAt(at) == '/') {
                return;
            }
            if (endOfLiteral() != template.length()) {
                throw fault("text after a wildcard ends before the template does");
            }
        }

        private void literal(String text) {
            regex.append(Pattern.quote(text));
            if (literalSoFar) {
                prefix.append(text);
            }
        }

        private void glob(boolean rest) {
            if (restSeen) {
                throw fault("there is a wildcard after '**'");
            }
            literalSoFar = false;
            restSeen = rest;
            regex.append('[').append(CHARACTERS).append(rest ? "/]*" : "]+");
            at += rest ? 2 : 1;
        }

        private void variable() {
            int close = template.indexOf('}', at);
            if (close < 0) {
                throw fault("a '{' is not closed");
            }
            int equals = template.indexOf('=', at);
            boolean hasPattern = equals >= 0 && equals < close;
            var name = template.substring(at + 1, hasPattern ? equals : close);
            if (!NAME.matches(name) || names.contains(name) || names.size() == MOST_VARIABLES) {
                throw fault("variable '" + name + "' is no name, or named twice, or one too many");
            }
            names.add(name);
            if (hasPattern) {
                inVariable(template.substring(equals + 1, close));
            } else {
                glob(false);
            }
            at = close + 1;
        }

        private void inVariable(String inner) {
            if (inner.isEmpty()) {
                throw fault("a variable's pattern is empty");
            }
            boolean first = true;
            for (var segment : inner.split("/", -1)) {
                if (!first) {
                    literal("/");
                }
                first = false;
                switch (segment) {
                    case "*" -> glob(false);
                    case "**" -> glob(true);
                    default -> literal(checked(segment));
                }
            }
        }

        private String checked(String literal) {
            if (!LITERAL.matches(literal)) {
                throw fault("'" + literal + "' has characters that a path can't have there");
            }
            return literal;
        }

        private IllegalArgumentException fault(String why) {
            return new IllegalArgumentException(
                    "path template '"
                            + template
                            + "': "
                            + why
                            + " (expected: as '/a/*/b' or '/a/**')");
        }
    }
}
