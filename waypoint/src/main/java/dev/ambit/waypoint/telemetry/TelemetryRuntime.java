package dev.ambit.waypoint.telemetry;

import dev.ambit.waypoint.telemetry.export.Exporters;
import dev.ambit.waypoint.telemetry.format.FormatContext;
import dev.ambit.waypoint.telemetry.log.LogFiles;
import dev.ambit.waypoint.telemetry.metrics.WaypointMetrics;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/// What the telemetry of all chains shares.
///
/// @param process facts for formats
/// @param peers who has which address
/// @param random 64 bits at each call; any thread
/// @param node who we are
public record TelemetryRuntime(
        FormatContext.ProcessFacts process,
        WaypointMetrics metrics,
        LogFiles files,
        Exporters exporters,
        PeerDirectory peers,
        TelemetryLimits limits,
        LongSupplier random,
        NodeFacts node) {

    /// @param id of xDS: `waypoint~..`
    /// @param cluster the name of the service, for spans
    /// @param place where it runs; learnt when the mesh is
    /// @param address IP literal; empty for none
    /// @param version of Ambit
    public record NodeFacts(
            String id, String cluster, Supplier<String> place, String address, String version) {
        /// Empty while it is not known.
        public String zone() {
            return place.get();
        }
    }

    /// Registers what is dropped and lost with the metrics. Once.
    public void register() {
        metrics.counter(
                "ambit_access_log_lines_total", "Lines written to access logs", files::written);
        metrics.counter(
                "ambit_access_log_dropped_total",
                "Lines that access logs had no room for, or that could not be written",
                files::dropped);
        var counts = exporters.counts();
        metrics.counter(
                "ambit_telemetry_export_sent_total",
                "Log entries and spans that collectors took",
                counts.sent()::sum);
        metrics.counter(
                "ambit_telemetry_export_dropped_total",
                "Log entries and spans for which there was no room",
                counts.dropped()::sum);
        metrics.counter(
                "ambit_telemetry_export_failed_total",
                "Log entries and spans that did not get through",
                counts.failed()::sum);
    }
}
