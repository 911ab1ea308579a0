package dev.ambit.waypoint.route;

/// Bounds of routes.
///
/// @param directResponseBytes the longest body of a direct response
/// @param bodyBufferBytes how much of a body is kept for retries and mirrors at most, whatever a
///   route asks for; over it there are none
/// @param limitAnswerBytes the longest answer of a rate limit service; a longer one counts as none
public record RouteLimits(int directResponseBytes, long bodyBufferBytes, int limitAnswerBytes) {
    public static RouteLimits defaults() {
        return new RouteLimits(1 << 20, 1 << 20, 1 << 16);
    }
}
