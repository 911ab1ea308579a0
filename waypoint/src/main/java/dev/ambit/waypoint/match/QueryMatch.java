package dev.ambit.waypoint.match;

import org.jspecify.annotations.Nullable;

/// A condition on the first value of a query parameter, not decoded
/// (`envoy.config.route.v3.QueryParameterMatcher`).
///
/// @param text null for one that must only be there, or not
/// @param present whether it must be there, where `text` is null
public record QueryMatch(String name, @Nullable TextMatch text, boolean present) {
    /// @param path with the query
    public boolean matches(String path) {
        var value = first(path, name);
        if (text == null) {
            return (value != null) == present;
        }
        return value != null && text.matches(value);
    }

    /// The first value; empty for a parameter without `=`; null for none.
    public static @Nullable String first(String path, String name) {
        int from = path.indexOf('?') + 1;
        while (from > 0 && from < path.length()) {
            int end = path.indexOf('&', from);
            int to = end < 0 ? path.length() : end;
            int equals = path.indexOf('=', from);
            int nameEnd = equals < 0 || equals > to ? to : equals;
            if (nameEnd - from == name.length() && path.startsWith(name, from)) {
                return nameEnd == to ? "" : path.substring(nameEnd + 1, to);
            }
            from = end < 0 ? 0 : end + 1;
        }
        return null;
    }
}
