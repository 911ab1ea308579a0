package dev.ambit.waypoint.route;

/// Where a redirect's path comes from.
public sealed interface RedirectPath {
    record Keep() implements RedirectPath {}

    /// @param path may have a query, which then takes the place of the request's
    record Replace(String path) implements RedirectPath {}

    /// What the route's condition matched is replaced.
    record Prefix(String replacement) implements RedirectPath {}

    record Regex(RegexRewrite rewrite) implements RedirectPath {}

    RedirectPath KEEP = new Keep();
}
