package dev.ambit.waypoint.stage;

/// The right to dial an upstream for a caller. Only `Admission` makes one, once every stage of the
/// chain has let the caller pass, so code that dials can't be reached without the checks.
public final class Permit {
    Permit() {}
}
