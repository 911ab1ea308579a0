package dev.ambit.waypoint.xds.telemetry;

import com.google.protobuf.ByteString;
import dev.ambit.waypoint.telemetry.TelemetryRuntime.NodeFacts;
import dev.ambit.waypoint.telemetry.export.Envelope;
import io.envoyproxy.envoy.config.core.v3.Locality;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.service.accesslog.v3.StreamAccessLogsMessage;
import java.util.List;

/// `StreamAccessLogsMessage`: who we are with the first of a stream, then entries.
final class AlsEnvelope implements Envelope {
    private static final int HTTP_LOGS = 2;
    private static final int TCP_LOGS = 3;
    private static final int ENTRY = 1;

    private final NodeFacts node;
    private final String logName;
    private final int logs;

    AlsEnvelope(NodeFacts node, String logName, boolean tcp) {
        this.node = node;
        this.logName = logName;
        this.logs = tcp ? TCP_LOGS : HTTP_LOGS;
    }

    /// Made for each stream: by then it may be known where this node is.
    private ByteString identifier() {
        return StreamAccessLogsMessage.newBuilder()
                .setIdentifier(
                        StreamAccessLogsMessage.Identifier.newBuilder()
                                .setNode(
                                        Node.newBuilder()
                                                .setId(node.id())
                                                .setCluster(node.cluster())
                                                .setLocality(
                                                        Locality.newBuilder().setZone(node.zone()))
                                                .setUserAgentName("ambit"))
                                .setLogName(logName))
                .build()
                .toByteString();
    }

    @Override
    public byte[] wrap(List<byte[]> entries, boolean first) {
        var inner = Fields.message(ByteString.EMPTY, ENTRY, entries);
        return Fields.message(first ? identifier() : ByteString.EMPTY, logs, List.of(inner));
    }
}
