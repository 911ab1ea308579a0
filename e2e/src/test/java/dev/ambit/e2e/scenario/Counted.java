package dev.ambit.e2e.scenario;

import dev.ambit.e2e.mesh.MeshLab;
import dev.ambit.e2e.mesh.NodeZtunnel;
import java.util.Arrays;
import java.util.List;

/// What a ztunnel's metrics counted, from a moment on, for connections with certain labels.
final class Counted {
    private static final String OPENED = "istio_tcp_connections_opened_total";
    private static final String CLOSED = "istio_tcp_connections_closed_total";
    private static final String RECEIVED = "istio_tcp_received_bytes_total";
    private static final String SENT = "istio_tcp_sent_bytes_total";

    private final MeshLab mesh;
    private final NodeZtunnel ztunnel;
    private final List<String> labels;
    private final long[] before;

    private Counted(MeshLab mesh, NodeZtunnel ztunnel, List<String> labels) {
        this.mesh = mesh;
        this.ztunnel = ztunnel;
        this.labels = labels;
        this.before = now();
    }

    /// @param labels as the metrics have them: `reporter="source"`
    static Counted from(MeshLab mesh, NodeZtunnel ztunnel, String... labels) {
        return new Counted(mesh, ztunnel, List.of(labels));
    }

    /// One connection, opened and closed, with these bytes. The client's bytes are the received
    /// ones, at both ends.
    void isOne(long fromClient, long fromServer) {
        long[] wanted = {1, 1, fromClient, fromServer};
        var seen = new long[wanted.length];
        boolean equal =
                mesh.lab()
                        .await()
                        .until(
                                Meshes.SOON,
                                () -> {
                                    long[] now = now();
                                    Arrays.setAll(seen, i -> now[i] - before[i]);
                                    return Arrays.equals(seen, wanted);
                                });
        if (!equal) {
            throw new AssertionError(
                    "opened, closed, received and sent of %s with %s: %s (expected: %s)%n%s"
                            .formatted(
                                    ztunnel.process().name(),
                                    labels,
                                    Arrays.toString(seen),
                                    Arrays.toString(wanted),
                                    ztunnel.metrics()));
        }
    }

    /// How many were opened.
    long opened() {
        return now()[0] - before[0];
    }

    private long[] now() {
        var text = ztunnel.metrics();
        return new long[] {
            sum(text, OPENED, labels),
            sum(text, CLOSED, labels),
            sum(text, RECEIVED, labels),
            sum(text, SENT, labels)
        };
    }

    /// The sum of a metric over all its series with these labels.
    static long sum(String metrics, String name, List<String> labels) {
        return metrics.lines()
                .filter(line -> line.startsWith(name + "{"))
                .filter(line ->
                        labels.stream()
                                .allMatch(label ->
                                        line.contains("{" + label) || line.contains("," + label)))
                .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }
}
