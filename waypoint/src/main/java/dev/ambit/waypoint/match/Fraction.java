package dev.ambit.waypoint.match;

/// A share of requests (`envoy.type.v3.FractionalPercent`). What a runtime key might say instead is
/// nobody's to say here: the default counts.
///
/// @param denominator 100, 10,000 or 1,000,000
public record Fraction(long numerator, long denominator) {
    public static final Fraction NONE = new Fraction(0, 100);
    public static final Fraction ALL = new Fraction(100, 100);

    /// @param random any 64 bits, taken as unsigned
    public boolean takes(long random) {
        if (numerator >= denominator) {
            return true;
        }
        return numerator != 0 && Long.remainderUnsigned(random, denominator) < numerator;
    }
}
