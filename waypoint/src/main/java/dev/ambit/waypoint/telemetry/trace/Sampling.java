package dev.ambit.waypoint.telemetry.trace;

import dev.ambit.waypoint.match.Fraction;

/// Which requests are traced.
///
/// @param client of those that ask for it with `x-client-trace-id`
/// @param random of all
/// @param overall of those that the others chose
/// @param byRequestId `use_request_id_for_trace_sampling`; else every request is for the tracer to
///   decide
/// @param packed whether the decision is written into `x-request-id`
public record Sampling(
        Fraction client, Fraction random, Fraction overall, boolean byRequestId, boolean packed) {
    private static final int DENOMINATOR = 10_000;

    /// @param percent with two digits after the point
    public static Fraction percent(double percent) {
        return new Fraction(Math.round(percent * 100), DENOMINATOR);
    }
}
