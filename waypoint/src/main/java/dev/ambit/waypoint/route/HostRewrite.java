package dev.ambit.waypoint.route;

import dev.ambit.waypoint.http.RequestHead;

/// What becomes of the authority (`RouteAction.host_rewrite_specifier`).
public sealed interface HostRewrite {
    record Keep() implements HostRewrite {}

    record Literal(String host) implements HostRewrite {}

    /// The name of the host that is chosen in the end: whoever chooses it sets it.
    record Auto() implements HostRewrite {}

    /// @param name of a request header, lower-case
    record Header(String name) implements HostRewrite {}

    record PathRegex(RegexRewrite rewrite) implements HostRewrite {}

    HostRewrite KEEP = new Keep();

    /// Empty where nothing is to be changed now.
    static String host(HostRewrite rewrite, RequestHead head) {
        return switch (rewrite) {
            case Keep(), Auto() -> "";
            case Literal(var host) -> host;
            case Header(var name) -> {
                var value = head.headers().get(name);
                yield value == null ? "" : value;
            }
            case PathRegex(var regex) -> regex.apply(Paths.withoutQuery(head.path()));
        };
    }
}
