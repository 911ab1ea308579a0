package dev.ambit.waypoint.telemetry.metrics;

import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.telemetry.Facts;
import dev.ambit.waypoint.telemetry.TelemetryLimits;
import dev.ambit.waypoint.telemetry.metrics.SeriesTable.Series;
import dev.ambit.waypoint.telemetry.metrics.StandardLabels.Protocol;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/// Istio's metrics of one chain. An exchange costs one look-up by what its labels are made of;
/// labels are put together when they are new. For any thread.
public final class StatsChain {
    private static final int NANOS_PER_MILLI = 1_000_000;
    private static final String UNKNOWN = "unknown";
    private static final String[] NO_VALUES = {};

    private final SeriesTable table;
    private final StatsConfig config;
    private final MetricPlan plan;
    private final int mostCached;

    /// Replaced as a whole when the table forgets series.
    private volatile Cache cache;

    private record Cache(int generation, ConcurrentMap<Key, Resolved> series) {}

    /// Of one label set; null for metrics that are dropped.
    static final class Resolved {
        private final Map<IstioMetric, Series> series = new EnumMap<>(IstioMetric.class);

        void add(IstioMetric metric, long amount) {
            var found = series.get(metric);
            if (found != null) {
                found.add(amount);
            }
        }
    }

    /// All that labels are made of. Peers and clusters are compared by identity: there is one of
    /// each until the mesh changes.
    static final class Key {
        private final @Nullable Object source;
        private final @Nullable Object destination;
        private final @Nullable Object cluster;
        private final String peer;
        private final String local;
        private final String clusterName;
        private final String route;
        private final String host;
        private final Protocol protocol;
        private final int code;
        private final int grpcStatus;
        private final long flags;
        private final String[] values;
        private final int hash;

        Key(StreamInfo info, Protocol protocol, int grpcStatus, String host, String[] values) {
            this.source = info.connection().downstreamPeer();
            this.destination = info.upstreamPeer;
            this.cluster = info.cluster;
            this.peer = info.connection().peerPrincipal();
            this.local = info.connection().localPrincipal();
            this.clusterName = info.clusterName;
            this.route = info.routeName;
            this.host = host;
            this.protocol = protocol;
            this.code =
                    protocol == Protocol.HTTP || protocol == Protocol.GRPC ? info.responseCode : 0;
            this.grpcStatus = grpcStatus;
            this.flags = protocol == Protocol.NONE ? 0 : Facts.flagBits(info);
            this.values = values;
            int made = System.identityHashCode(source);
            made = 31 * made + System.identityHashCode(destination);
            made = 31 * made + System.identityHashCode(cluster);
            made = 31 * made + peer.hashCode();
            made = 31 * made + clusterName.hashCode();
            made = 31 * made + host.hashCode();
            made = 31 * made + protocol.ordinal();
            made = 31 * made + code;
            made = 31 * made + grpcStatus;
            made = 31 * made + Long.hashCode(flags);
            this.hash = 31 * made + Arrays.hashCode(values);
        }

        @Override
        public int hashCode() {
            return hash;
        }

        @Override
        @SuppressWarnings("ReferenceEquality") // On purpose, see above.
        public boolean equals(@Nullable Object other) {
            return other instanceof Key key
                    && hash == key.hash
                    && source == key.source
                    && destination == key.destination
                    && cluster == key.cluster
                    && peer.equals(key.peer)
                    && local.equals(key.local)
                    && clusterName.equals(key.clusterName)
                    && route.equals(key.route)
                    && host.equals(key.host)
                    && protocol == key.protocol
                    && code == key.code
                    && grpcStatus == key.grpcStatus
                    && flags == key.flags
                    && Arrays.equals(values, key.values);
        }
    }

    public StatsChain(SeriesTable table, StatsConfig config, TelemetryLimits limits) {
        this.table = table;
        this.config = config;
        this.plan = new MetricPlan(config);
        this.mostCached = limits.seriesCache();
        this.cache = new Cache(table.generation(), new ConcurrentHashMap<>());
    }

    public Duration interval() {
        return config.interval();
    }

    // ---- HTTP

    /// The exchange has ended.
    public void ended(StreamInfo info) {
        boolean grpc = Facts.isGrpc(info.request);
        var values = values(info);
        int status = grpc ? Facts.grpcStatus(info) : Facts.NO_STATUS;
        var series = find(info, grpc ? Protocol.GRPC : Protocol.HTTP, status, values);
        series.add(IstioMetric.REQUESTS, 1);
        series.add(IstioMetric.DURATION, (info.endNanos - info.startNanos) / NANOS_PER_MILLI);
        series.add(IstioMetric.REQUEST_BYTES, info.wireBytesReceived);
        series.add(IstioMetric.RESPONSE_BYTES, info.wireBytesSent);
        definitions(info, values);
    }

    /// gRPC messages since the last call.
    public void messages(StreamInfo info, long requests, long responses) {
        var series = find(info, Protocol.NONE, Facts.NO_STATUS, values(info));
        series.add(IstioMetric.REQUEST_MESSAGES, requests);
        series.add(IstioMetric.RESPONSE_MESSAGES, responses);
    }

    // ---- TCP

    /// A connection whose peers are known, or that has ended. Its labels are those of this moment
    /// from now on.
    public TcpSeries opened(StreamInfo info) {
        var values = values(info);
        var series = new TcpSeries(key(info, Protocol.TCP, Facts.NO_STATUS, values));
        series.resolve(info).add(IstioMetric.OPENED, 1);
        return series;
    }

    /// Of one connection. On its loop.
    public final class TcpSeries {
        private final Key key;
        private long sent;
        private long received;

        private TcpSeries(Key key) {
            this.key = key;
        }

        private Resolved resolve(StreamInfo info) {
            return find(key, info);
        }

        /// Bytes since the last call.
        public void progress(StreamInfo info) {
            var series = resolve(info);
            series.add(IstioMetric.SENT, info.bytesSent - sent);
            series.add(IstioMetric.RECEIVED, info.bytesReceived - received);
            sent = info.bytesSent;
            received = info.bytesReceived;
        }

        public void closed(StreamInfo info) {
            progress(info);
            resolve(info).add(IstioMetric.CLOSED, 1);
            definitions(info, key.values);
        }
    }

    // ---- labels

    private String[] values(StreamInfo info) {
        var expressions = plan.expressions();
        if (expressions.isEmpty()) {
            return NO_VALUES;
        }
        var values = new String[expressions.size()];
        for (int at = 0; at < values.length; at++) {
            var text = expressions.get(at).print(info);
            values[at] = text == null ? UNKNOWN : text;
        }
        return values;
    }

    private Key key(StreamInfo info, Protocol protocol, int grpcStatus, String[] values) {
        var host = config.hostFallback() && info.request != null ? info.request.authority() : "";
        return new Key(info, protocol, grpcStatus, host, values);
    }

    private Resolved find(StreamInfo info, Protocol protocol, int grpcStatus, String[] values) {
        return find(key(info, protocol, grpcStatus, values), info);
    }

    private Resolved find(Key key, StreamInfo info) {
        var now = cache;
        if (now.generation != table.generation()) {
            now = new Cache(table.generation(), new ConcurrentHashMap<>());
            cache = now;
        }
        var known = now.series.get(key);
        if (known == null) {
            known = resolve(key, info);
            if (now.series.size() >= mostCached) {
                now.series.clear();
            }
            now.series.put(key, known);
        }
        return known;
    }

    private Resolved resolve(Key key, StreamInfo info) {
        var resolved = new Resolved();
        for (var metric : metrics(key.protocol)) {
            if (plan.dropped(metric.label())) {
                continue;
            }
            var labels = new Labels();
            StandardLabels.each(
                    info,
                    key.protocol,
                    key.grpcStatus,
                    config.hostFallback(),
                    (label, value) ->
                            plan.standard(metric.label(), label, value, key.values, labels));
            plan.added(metric.label(), key.values, labels);
            resolved.series.put(
                    metric,
                    table.series(
                            metric.kind(), metric.fullName(), labels.text(), labels.unknown()));
        }
        return resolved;
    }

    private static final List<IstioMetric> OF_HTTP =
            List.of(
                    IstioMetric.REQUESTS,
                    IstioMetric.DURATION,
                    IstioMetric.REQUEST_BYTES,
                    IstioMetric.RESPONSE_BYTES);
    private static final List<IstioMetric> OF_MESSAGES =
            List.of(IstioMetric.REQUEST_MESSAGES, IstioMetric.RESPONSE_MESSAGES);
    private static final List<IstioMetric> OF_TCP =
            List.of(IstioMetric.OPENED, IstioMetric.CLOSED, IstioMetric.SENT, IstioMetric.RECEIVED);

    private static List<IstioMetric> metrics(Protocol protocol) {
        return switch (protocol) {
            case HTTP, GRPC -> OF_HTTP;
            case NONE -> OF_MESSAGES;
            case TCP -> OF_TCP;
        };
    }

    /// Metrics of the configuration's own: they have the labels that were added to them alone.
    private void definitions(StreamInfo info, String[] values) {
        for (var definition : config.definitions()) {
            var labels = new Labels();
            plan.added(definition.name(), values, labels);
            var kind =
                    switch (definition.kind()) {
                        case COUNTER -> SeriesTable.Kind.COUNTER;
                        case GAUGE -> SeriesTable.Kind.GAUGE;
                        case HISTOGRAM -> SeriesTable.Kind.HISTOGRAM;
                    };
            table.series(kind, "istio_" + definition.name(), labels.text(), labels.unknown())
                    .add(number(definition.value().print(info)));
        }
    }

    /// What is no number counts nothing.
    private static long number(@Nullable String text) {
        if (text == null) {
            return 0;
        }
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException none) {
            return 0;
        }
    }
}
