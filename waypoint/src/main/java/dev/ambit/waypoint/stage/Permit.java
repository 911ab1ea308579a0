package dev.ambit.waypoint.stage;

/// The right to dial an upstream for a caller. Only `Admission` and `ConnectionAdmission` make one,
/// once every stage of the chain has let the caller pass, so code that dials can't be reached
/// without the checks.
public final class Permit {
    private static final Permit SERVICE = new Permit();

    Permit() {}

    /// For calls that this waypoint makes on its own behalf, and that carry nobody's request: to
    /// authorization services, for keys, of telemetry.
    public static Permit forService() {
        return SERVICE;
    }
}
