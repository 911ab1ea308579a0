package dev.ambit.control.xds;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;

/// Counters of the xDS server.
public final class XdsMetrics {
    final LongAdder streams = new LongAdder();
    final LongAdder pushes = new LongAdder();
    final LongAdder resources = new LongAdder();
    final LongAdder nacks = new LongAdder();

    /// Name to value; `streams` is a gauge, the others are totals.
    public Map<String, Long> values() {
        return new TreeMap<>(
                Map.of(
                        "ambit_control_xds_streams", streams.sum(),
                        "ambit_control_xds_pushes_total", pushes.sum(),
                        "ambit_control_xds_resources_sent_total", resources.sum(),
                        "ambit_control_xds_nacks_total", nacks.sum()));
    }
}
