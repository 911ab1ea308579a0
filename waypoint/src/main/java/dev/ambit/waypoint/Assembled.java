package dev.ambit.waypoint;

import dev.ambit.waypoint.config.WaypointConfig;
import dev.ambit.waypoint.security.SecurityCounters;
import dev.ambit.waypoint.telemetry.format.FormatContext;
import dev.ambit.waypoint.telemetry.format.FormatFault;
import dev.ambit.waypoint.telemetry.format.TextFormat;
import dev.ambit.waypoint.xds.Dialect;
import dev.ambit.waypoint.xds.FilterCompilers;
import dev.ambit.waypoint.xds.Refused;
import dev.ambit.waypoint.xds.route.HeaderFormats;
import java.time.ZoneId;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/// The compilers with what they need of this process.
final class Assembled {
    private Assembled() {}

    static FilterCompilers compilers(WaypointConfig config, SecurityCounters counters) {
        return Dialect.compilers(
                new Dialect.Parts(
                        formats(facts(config)),
                        config.serviceCluster(),
                        counters,
                        FilterCompilers.Telemetry.NONE));
    }

    static FormatContext.ProcessFacts facts(WaypointConfig config) {
        return new FormatContext.ProcessFacts(
                config.podName(),
                System::getenv,
                ZoneId.systemDefault(),
                () -> TimeUnit.MILLISECONDS.toMicros(System.currentTimeMillis()),
                System::nanoTime,
                () -> UUID.randomUUID().toString(),
                Map.of(
                        "id",
                        Waypoint.node(config).id(),
                        "cluster",
                        config.serviceCluster(),
                        "metadata",
                        config.metadata()));
    }

    private static HeaderFormats formats(FormatContext.ProcessFacts facts) {
        var context = FormatContext.of(facts);
        return format -> {
            try {
                var compiled = TextFormat.compile(format, context, true);
                return (_, _, info) -> compiled.format(info);
            } catch (FormatFault fault) {
                throw new Refused("format", format, String.valueOf(fault.getMessage()));
            }
        };
    }
}
