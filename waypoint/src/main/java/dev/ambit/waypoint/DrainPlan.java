package dev.ambit.waypoint;

import dev.ambit.waypoint.config.WaypointConfig.Drain;
import java.time.Duration;

/// How long a process that was told to end still waits. Pure.
final class DrainPlan {
    private DrainPlan() {}

    /// Peers that have not heard yet that this process goes away still come, so without `untilIdle`
    /// the whole time is waited for, as Istio's agent does.
    ///
    /// @param since the drain began
    /// @param connections that are left
    static boolean over(Drain drain, Duration since, int connections) {
        if (drain.untilIdle()) {
            return connections == 0 && since.compareTo(drain.minimum()) >= 0;
        }
        return since.compareTo(drain.duration()) >= 0;
    }
}
