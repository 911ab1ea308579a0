package dev.ambit.waypoint.telemetry.export;

import dev.ambit.waypoint.telemetry.TelemetryLimits;
import java.util.LinkedHashMap;
import java.util.Map;

/// The collectors, so that chains with the same configuration share one. Those that no new
/// configuration names go on for the chains that have them.
public final class Exporters {
    private final ExportLoop loop;
    private final TelemetryLimits limits;
    private final Exporter.Counts counts = Exporter.Counts.start();
    private final Map<Object, Exporter> known = new LinkedHashMap<>();

    public Exporters(ExportLoop loop, TelemetryLimits limits) {
        this.loop = loop;
        this.limits = limits;
    }

    public Exporter.Counts counts() {
        return counts;
    }

    /// @param key all that makes it what it is, with `equals`
    public synchronized Exporter get(
            Object key, Destination destination, Envelope envelope, Exporter.Batching batching) {
        var found = known.get(key);
        if (found == null) {
            if (known.size() >= limits.exporters()) {
                var oldest = known.keySet().iterator();
                oldest.next();
                oldest.remove();
            }
            found = new Exporter(destination, envelope, loop, limits, batching, counts);
            known.put(key, found);
        }
        return found;
    }
}
