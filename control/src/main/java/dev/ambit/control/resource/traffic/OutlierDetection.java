package dev.ambit.control.resource.traffic;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// Absent values are Envoy's defaults; thresholds of 0 turn their check off.
///
/// @param errorCodes what counts as an error besides; has no effect before services of a waypoint
public record OutlierDetection(
        boolean splitLocalOriginErrors,
        Optional<Integer> consecutiveLocalOriginFailures,
        Optional<Integer> consecutiveGatewayErrors,
        Optional<Integer> consecutive5xx,
        Optional<Duration> interval,
        Optional<Duration> baseEjectionTime,
        int maxEjectionPercent,
        int minHealthPercent,
        List<Integer> errorCodes) {

    public OutlierDetection {
        errorCodes = List.copyOf(errorCodes);
    }
}
