package dev.ambit.waypoint.match;

import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.http.ResponseHead;
import org.jspecify.annotations.Nullable;

/// A condition on a header (`envoy.config.route.v3.HeaderMatcher`). Values of a repeated one are
/// joined with `,`.
///
/// @param name lower-case; pseudo-headers too
/// @param invert holds if the value does not match. A header that is missing still does not match,
///   unless it is taken as empty
/// @param missingAsEmpty `treat_missing_header_as_empty`
public record HeaderMatch(String name, Test test, boolean invert, boolean missingAsEmpty) {
    public sealed interface Test {
        record Text(TextMatch match) implements Test {}

        /// @param from inclusive
        /// @param to exclusive
        record Range(long from, long to) implements Test {}

        record Present(boolean expected) implements Test {}
    }

    public boolean matches(RequestHead head) {
        return matchesValue(head.get(name));
    }

    public boolean matches(ResponseHead head) {
        return matchesValue(
                name.equals(":status")
                        ? Integer.toString(head.status())
                        : head.headers().joined(name));
    }

    public boolean matches(Headers headers) {
        return matchesValue(headers.joined(name));
    }

    /// @param value null where the header is missing
    public boolean matchesValue(@Nullable String value) {
        if (test instanceof Test.Present(boolean expected)) {
            return ((value != null || missingAsEmpty) == expected) != invert;
        }
        if (value == null) {
            return missingAsEmpty && holds("") != invert;
        }
        return holds(value) != invert;
    }

    private boolean holds(String value) {
        return switch (test) {
            case Test.Text(var match) -> match.matches(value);
            case Test.Range(long from, long to) -> inRange(value.strip(), from, to);
            case Test.Present(boolean expected) -> expected;
        };
    }

    private static boolean inRange(String value, long from, long to) {
        if (value.isEmpty() || value.length() > 20) {
            return false;
        }
        try {
            long number = Long.parseLong(value);
            return number >= from && number < to;
        } catch (NumberFormatException e) {
            return false;
        }
    }
}
