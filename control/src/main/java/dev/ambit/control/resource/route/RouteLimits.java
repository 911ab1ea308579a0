package dev.ambit.control.resource.route;

/// Limits on what routes may hold.
///
/// @param regexLength characters of a regular expression, as istiod
/// @param regexRepeats product of nested counted repeats, as RE2
/// @param regexProgram steps of a compiled regular expression: istiod starts Envoy with this as
///   `re2.max_program_size.error_level`
/// @param bodyBytes of a direct response, as istiod
/// @param inlineBodyBytes of a direct response that Envoy takes unless it is told otherwise
/// @param matches of one rule after a delegate's were combined with its root's
public record RouteLimits(
        int regexLength,
        int regexRepeats,
        int regexProgram,
        int bodyBytes,
        int inlineBodyBytes,
        int matches) {
    public static final RouteLimits DEFAULT =
            new RouteLimits(1_024, 1_000, 32_768, 1 << 20, 4_096, 10_000);
}
