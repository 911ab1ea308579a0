package dev.ambit.waypoint;

import dev.ambit.process.log.FieldLog;
import dev.ambit.waypoint.telemetry.metrics.WaypointMetrics;
import dev.ambit.waypoint.xds.AdsEvents;
import io.prometheus.metrics.core.metrics.Counter;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/// Counts and logs the conversation with the control plane.
final class Conversation implements AdsEvents {
    private static final FieldLog LOG = FieldLog.of(Conversation.class);

    private final Counter messages;
    private final Counter bytes;
    private final Counter rejected;
    private final Counter terminations;
    private final Map<String, LongAdder> accepted = new ConcurrentHashMap<>();
    private final Map<String, LongAdder> refused = new ConcurrentHashMap<>();
    private volatile boolean connected;

    Conversation(WaypointMetrics metrics) {
        messages = counter(metrics, "istio_xds_message", "Messages of the control plane", "url");
        bytes = counter(metrics, "istio_xds_message_bytes", "Their bytes", "url");
        rejected =
                counter(
                        metrics,
                        "ambit_xds_rejected",
                        "Resources of the control plane that were refused",
                        "url");
        terminations =
                counter(
                        metrics,
                        "istio_xds_connection_terminations",
                        "Ends of the connection to the control plane",
                        "reason");
    }

    private static Counter counter(
            WaypointMetrics metrics, String name, String help, String label) {
        return Counter.builder()
                .name(name)
                .help(help)
                .labelNames(label)
                .register(metrics.registry());
    }

    @Override
    public void received(String typeUrl, int size) {
        messages.labelValues(typeUrl).inc();
        bytes.labelValues(typeUrl).inc(size);
    }

    @Override
    public void rejected(String typeUrl, String resource, String reason) {
        rejected.labelValues(typeUrl).inc();
        refused.computeIfAbsent(typeUrl, _ -> new LongAdder()).increment();
        LOG.warn("rejected " + resource + ": " + reason, "type", typeUrl);
    }

    @Override
    public void accepted(String typeUrl) {
        accepted.computeIfAbsent(typeUrl, _ -> new LongAdder()).increment();
    }

    @Override
    public void connected() {
        connected = true;
        LOG.info("connected to the control plane");
    }

    @Override
    public void terminated(String reason, String detail) {
        connected = false;
        terminations.labelValues(reason).inc();
        LOG.warn("control plane: " + detail, "reason", reason);
    }

    boolean isConnected() {
        return connected;
    }

    /// Messages taken as a whole.
    long accepted(String typeUrl, boolean well) {
        var counter = (well ? accepted : refused).get(typeUrl);
        return counter == null ? 0 : counter.sum();
    }
}
