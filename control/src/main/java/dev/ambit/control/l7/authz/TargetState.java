package dev.ambit.control.l7.authz;

/// Whether a policy is in effect at what it names.
public sealed interface TargetState {
    /// As statuses name a target: `Kind.group:namespace/name`.
    String target();

    /// @param to the waypoint or class that enforces it
    record Bound(String target, String to) implements TargetState {}

    record Unbound(String target, Reason reason, String message) implements TargetState {}

    /// With the names that istiod reports.
    enum Reason {
        NOT_FOUND("TargetNotFound"),
        WITHOUT_WAYPOINT("AncestorNotBound"),
        INVALID("Invalid");

        private final String spelling;

        Reason(String spelling) {
            this.spelling = spelling;
        }

        public String spelling() {
            return spelling;
        }
    }
}
