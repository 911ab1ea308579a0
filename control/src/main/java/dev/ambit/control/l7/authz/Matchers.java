package dev.ambit.control.l7.authz;

import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import io.envoyproxy.envoy.type.matcher.v3.ListMatcher;
import io.envoyproxy.envoy.type.matcher.v3.MetadataMatcher;
import io.envoyproxy.envoy.type.matcher.v3.MetadataMatcher.PathSegment;
import io.envoyproxy.envoy.type.matcher.v3.OrMatcher;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatcher;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import io.envoyproxy.envoy.type.matcher.v3.ValueMatcher;
import java.util.List;

/// Values of policies as Envoy matches them: `*` present, `*x` suffix, `x*` prefix, else exact.
final class Matchers {
    private static final String JWT_FILTER = "envoy.filters.http.jwt_authn";
    private static final String JWT_PAYLOAD = "payload";
    private static final StringMatcher PRESENT = regex(".+");

    private Matchers() {}

    static StringMatcher text(String value) {
        return text(value, "");
    }

    /// @param prefix before every value but `*`
    static StringMatcher text(String value, String prefix) {
        if (value.equals("*")) {
            return PRESENT;
        }
        if (value.startsWith("*")) {
            var rest = value.substring(1);
            return prefix.isEmpty() ? suffix(rest) : regex(prefix + ".*" + quoted(rest));
        }
        if (value.endsWith("*")) {
            return prefix(prefix + value.substring(0, value.length() - 1));
        }
        return exact(prefix + value);
    }

    static StringMatcher present() {
        return PRESENT;
    }

    static StringMatcher exact(String text) {
        return StringMatcher.newBuilder().setExact(text).build();
    }

    static StringMatcher prefix(String text) {
        return StringMatcher.newBuilder().setPrefix(text).build();
    }

    static StringMatcher suffix(String text) {
        return StringMatcher.newBuilder().setSuffix(text).build();
    }

    static StringMatcher regex(String regex) {
        return StringMatcher.newBuilder()
                .setSafeRegex(RegexMatcher.newBuilder().setRegex(regex))
                .build();
    }

    static HeaderMatcher header(String name, String value, boolean ignoreCase) {
        var matcher = HeaderMatcher.newBuilder().setName(name);
        return value.equals("*")
                ? matcher.setPresentMatch(true).build()
                : matcher.setStringMatch(text(value).toBuilder().setIgnoreCase(ignoreCase)).build();
    }

    /// A claim that is one of the values, or a list that has one of them.
    static MetadataMatcher claim(List<String> path, List<String> values) {
        var value = anyOf(values.stream().map(v -> value(text(v))).toList());
        return claim(path, anyOf(List.of(listed(value), value)));
    }

    static MetadataMatcher claim(String name, StringMatcher text) {
        return claim(List.of(name), value(text));
    }

    private static MetadataMatcher claim(List<String> path, ValueMatcher value) {
        var matcher = MetadataMatcher.newBuilder().setFilter(JWT_FILTER).addPath(key(JWT_PAYLOAD));
        path.forEach(p -> matcher.addPath(key(p)));
        return matcher.setValue(value).build();
    }

    /// @param values written `[v]` for one of a list
    static MetadataMatcher metadata(String filter, String key, List<String> values) {
        return MetadataMatcher.newBuilder()
                .setFilter(filter)
                .addPath(key(key))
                .setValue(anyOf(values.stream().map(Matchers::maybeListed).toList()))
                .build();
    }

    private static ValueMatcher maybeListed(String value) {
        if (!value.startsWith("[") || !value.endsWith("]")) {
            return value(text(value));
        }
        int start = 0;
        int end = value.length();
        while (start < end && bracket(value.charAt(start))) {
            start++;
        }
        while (end > start && bracket(value.charAt(end - 1))) {
            end--;
        }
        return listed(value(text(value.substring(start, end))));
    }

    private static boolean bracket(char c) {
        return c == '[' || c == ']';
    }

    static PathSegment key(String key) {
        return PathSegment.newBuilder().setKey(key).build();
    }

    private static ValueMatcher value(StringMatcher text) {
        return ValueMatcher.newBuilder().setStringMatch(text).build();
    }

    private static ValueMatcher listed(ValueMatcher value) {
        return ValueMatcher.newBuilder()
                .setListMatch(ListMatcher.newBuilder().setOneOf(value))
                .build();
    }

    private static ValueMatcher anyOf(List<ValueMatcher> values) {
        return values.size() == 1
                ? values.getFirst()
                : ValueMatcher.newBuilder()
                        .setOrMatch(OrMatcher.newBuilder().addAllValueMatchers(values))
                        .build();
    }

    /// For RE2.
    static String quoted(String text) {
        var quoted = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if ("\\.+*?()|[]{}^$".indexOf(c) >= 0) {
                quoted.append('\\');
            }
            quoted.append(c);
        }
        return quoted.toString();
    }
}
