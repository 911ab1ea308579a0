package dev.ambit.waypoint.xds;

import dev.ambit.waypoint.route.RouteLimits;
import dev.ambit.waypoint.security.SecurityCounters;
import dev.ambit.waypoint.security.SecurityLimits;
import dev.ambit.waypoint.telemetry.TelemetryRuntime;
import dev.ambit.waypoint.xds.route.RouteCompiler;
import dev.ambit.waypoint.xds.route.RouteFilters;
import dev.ambit.waypoint.xds.security.SecurityCompilers;
import dev.ambit.waypoint.xds.telemetry.TelemetryCompiler;
import java.time.InstantSource;
import java.util.function.LongSupplier;

/// Everything that this proxy understands of Envoy's filters, in one place.
public final class Dialect {
    private static final String FORWARD =
            "envoy.extensions.filters.http.dynamic_forward_proxy.v3.FilterConfig";

    private Dialect() {}

    /// What compilers need of the process.
    ///
    /// @param localCluster this proxy's own name, `node.cluster`
    /// @param clock for tokens' times
    /// @param nanoTime for durations
    public record Parts(
            String localCluster,
            SecurityCounters counters,
            TelemetryRuntime telemetry,
            InstantSource clock,
            LongSupplier nanoTime) {}

    public static FilterCompilers compilers(Parts parts) {
        var telemetry = new TelemetryCompiler(parts.telemetry());
        var formats = telemetry.headerFormats();
        var all =
                new FilterCompilers(
                        new RouteCompiler(formats, parts.localCluster(), RouteLimits.defaults()),
                        telemetry);
        telemetry.register(all);
        SecurityCompilers.register(
                all,
                formats,
                SecurityLimits.DEFAULT,
                parts.clock(),
                parts.nanoTime(),
                parts.counters());
        RouteFilters.register(all, formats, RouteFilters.Runtime.system(), parts.localCluster());
        // Names are looked up by the cluster that needs them.
        return all.elsewhere(FORWARD);
    }
}
