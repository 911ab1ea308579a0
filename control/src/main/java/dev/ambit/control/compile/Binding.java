package dev.ambit.control.compile;

import java.util.Optional;

/// Why a resource has the waypoint that it has, or none.
public sealed interface Binding {
    /// None is asked for.
    record None() implements Binding {}

    /// @param waypoint `namespace/name`
    /// @param canary why a second waypoint that is asked for is not used
    record Bound(String waypoint, Optional<Refused> canary) implements Binding {}

    /// One is asked for, but none is used: traffic goes without.
    ///
    /// @param waypoint `namespace/name`
    record Refused(Reason reason, String waypoint, String message) implements Binding {}

    /// With the names that istiod reports.
    enum Reason {
        NOT_READY("WaypointIsNotReady"),
        DENIED("AttachmentDenied"),
        OTHER_TRAFFIC("UnsupportedTrafficType"),
        CANARY_WEIGHT("CanaryInvalidWeight"),
        CANARY_SAME("CanarySameAsPrimary"),
        OTHER_NAMESPACE("CrossNamespaceWaypointForbidden");

        private final String spelling;

        Reason(String spelling) {
            this.spelling = spelling;
        }

        public String spelling() {
            return spelling;
        }
    }
}
