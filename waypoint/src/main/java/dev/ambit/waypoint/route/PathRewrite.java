package dev.ambit.waypoint.route;

/// What becomes of the path; the query stays.
public sealed interface PathRewrite {
    record Keep() implements PathRewrite {}

    /// `prefix_rewrite`: what the route's condition matched is replaced.
    record Prefix(String replacement) implements PathRewrite {}

    /// `regex_rewrite`.
    record Regex(RegexRewrite rewrite) implements PathRewrite {}

    PathRewrite KEEP = new Keep();

    /// @param path with the query
    /// @param match that it has passed
    static String apply(PathRewrite rewrite, PathMatch match, String path) {
        return switch (rewrite) {
            case Keep() -> path;
            case Prefix(var replacement) ->
                    replacement
                            + path.substring(
                                    Math.min(
                                            path.length(),
                                            match.matchedLength(Paths.withoutQuery(path))));
            case Regex(var regex) -> {
                int end = Paths.end(path);
                yield regex.apply(path.substring(0, end)) + path.substring(end);
            }
        };
    }
}
