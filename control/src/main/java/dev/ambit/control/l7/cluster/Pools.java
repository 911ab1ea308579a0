package dev.ambit.control.l7.cluster;

import dev.ambit.control.l7.Protos;
import dev.ambit.control.l7.registry.Protocol;
import dev.ambit.control.resource.traffic.ConnectionPool;
import dev.ambit.control.resource.traffic.MeshTraffic;
import dev.ambit.control.resource.traffic.RetryBudget;
import dev.ambit.envoy.EnvoyFields;
import io.envoyproxy.envoy.config.cluster.v3.CircuitBreakers;
import io.envoyproxy.envoy.config.cluster.v3.CircuitBreakers.Thresholds;
import io.envoyproxy.envoy.config.cluster.v3.UpstreamConnectionOptions;
import io.envoyproxy.envoy.config.core.v3.HttpProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.KeepaliveSettings;
import io.envoyproxy.envoy.config.core.v3.TcpKeepalive;
import io.envoyproxy.envoy.type.v3.Percent;
import java.time.Duration;
import java.util.Optional;

/// Connections of a cluster: how many, how long, in which HTTP.
final class Pools {
    /// No limit: Envoy's own defaults are for less traffic than meshes have.
    private static final int UNLIMITED = -1;

    /// Of active requests, when a budget does not say.
    private static final double BUDGET_PERCENT = 20;

    private static final int BUDGET_MIN = 3;

    private Pools() {}

    static CircuitBreakers unlimited() {
        return CircuitBreakers.newBuilder().addThresholds(thresholds()).build();
    }

    private static Thresholds.Builder thresholds() {
        return Thresholds.newBuilder()
                .setMaxRetries(Protos.uint32(UNLIMITED))
                .setMaxRequests(Protos.uint32(UNLIMITED))
                .setMaxConnections(Protos.uint32(UNLIMITED))
                .setMaxPendingRequests(Protos.uint32(UNLIMITED));
    }

    static void apply(
            ClusterDraft draft,
            MeshTraffic mesh,
            ConnectionPool pool,
            Optional<RetryBudget> budget) {
        var threshold = thresholds();
        budget.ifPresent(b -> budget(threshold, b));
        draft.cluster.setConnectTimeout(Protos.duration(mesh.connectTimeout()));
        mesh.tcpKeepalive().ifPresent(k -> keepalive(draft, k));
        pool.http().ifPresent(h -> limits(threshold, h));
        pool.tcp().ifPresent(t -> tcp(draft, threshold, t));
        draft.cluster.setCircuitBreakers(CircuitBreakers.newBuilder().addThresholds(threshold));
        options(draft, pool);
        if (pool.http().map(ConnectionPool.Http::useClientProtocol).orElse(false)) {
            draft.useClients();
        }
    }

    private static void budget(Thresholds.Builder threshold, RetryBudget budget) {
        var built =
                Thresholds.RetryBudget.newBuilder()
                        .setBudgetPercent(
                                Percent.newBuilder()
                                        .setValue(budget.percent().orElse(BUDGET_PERCENT)))
                        .setMinRetryConcurrency(
                                Protos.uint32(
                                        budget.minConcurrency() > 0
                                                ? budget.minConcurrency()
                                                : BUDGET_MIN));
        budget.interval().ifPresent(i -> EnvoyFields.budgetInterval(built, Protos.duration(i)));
        threshold.setRetryBudget(built);
    }

    /// Zero means: not said.
    private static void limits(Thresholds.Builder threshold, ConnectionPool.Http http) {
        if (http.http2MaxRequests() > 0) {
            threshold.setMaxRequests(Protos.uint32(http.http2MaxRequests()));
        }
        if (http.http1MaxPendingRequests() > 0) {
            threshold.setMaxPendingRequests(Protos.uint32(http.http1MaxPendingRequests()));
        }
        if (http.maxRetries() > 0) {
            threshold.setMaxRetries(Protos.uint32(http.maxRetries()));
        }
    }

    private static void tcp(
            ClusterDraft draft, Thresholds.Builder threshold, ConnectionPool.Tcp tcp) {
        tcp.connectTimeout().ifPresent(t -> draft.cluster.setConnectTimeout(Protos.duration(t)));
        if (tcp.maxConnections() > 0) {
            threshold.setMaxConnections(Protos.uint32(tcp.maxConnections()));
        }
        tcp.keepalive().ifPresent(k -> keepalive(draft, k));
    }

    /// On top of what is there. Seconds are whole ones.
    private static void keepalive(ClusterDraft draft, ConnectionPool.Keepalive keepalive) {
        UpstreamConnectionOptions.Builder options =
                draft.cluster.getUpstreamConnectionOptionsBuilder();
        TcpKeepalive.Builder built = options.getTcpKeepaliveBuilder();
        if (keepalive.probes() > 0) {
            built.setKeepaliveProbes(Protos.uint32(keepalive.probes()));
        }
        keepalive.time().ifPresent(t -> built.setKeepaliveTime(seconds(t)));
        keepalive.interval().ifPresent(i -> built.setKeepaliveInterval(seconds(i)));
    }

    private static com.google.protobuf.UInt32Value seconds(Duration duration) {
        return Protos.uint32((int) duration.toSeconds());
    }

    private static void options(ClusterDraft draft, ConnectionPool pool) {
        var http = pool.http();
        var idle =
                http.flatMap(ConnectionPool.Http::idleTimeout)
                        .or(() -> pool.tcp().flatMap(ConnectionPool.Tcp::idleTimeout));
        var longest = pool.tcp().flatMap(ConnectionPool.Tcp::maxConnectionDuration);
        int requests = http.map(ConnectionPool.Http::maxRequestsPerConnection).orElse(0);
        int streams = http.map(ConnectionPool.Http::maxConcurrentStreams).orElse(0);
        var keepalive = http.flatMap(ConnectionPool.Http::http2Keepalive);
        if (idle.isEmpty()
                && longest.isEmpty()
                && requests == 0
                && streams == 0
                && keepalive.isEmpty()) {
            return;
        }
        HttpProtocolOptions.Builder common = draft.http().getCommonHttpProtocolOptionsBuilder();
        idle.ifPresent(i -> common.setIdleTimeout(Protos.duration(i)));
        longest.ifPresent(l -> common.setMaxConnectionDuration(Protos.duration(l)));
        if (requests > 0) {
            common.setMaxRequestsPerConnection(Protos.uint32(requests));
        }
        if (draft.http2()) {
            var http2 =
                    draft.http().getExplicitHttpConfigBuilder().getHttp2ProtocolOptionsBuilder();
            if (streams > 0) {
                http2.setMaxConcurrentStreams(Protos.uint32(streams));
            }
            keepalive.ifPresent(k ->
                    http2.setConnectionKeepalive(
                            KeepaliveSettings.newBuilder()
                                    .setInterval(Protos.duration(k.interval()))
                                    .setTimeout(Protos.duration(k.timeout()))));
        }
    }

    /// HTTP/2 where the rule says so, or where the mesh does and the port is declared to be HTTP.
    static void upgrade(
            ClusterDraft draft, MeshTraffic mesh, ConnectionPool pool, Protocol protocol) {
        boolean byMesh = protocol.isHttp() && mesh.h2Upgrade();
        boolean wanted =
                pool.http()
                        .map(h ->
                                !h.useClientProtocol()
                                        && switch (h.h2Upgrade()) {
                                            case UPGRADE -> true;
                                            case DO_NOT_UPGRADE -> false;
                                            case DEFAULT -> byMesh;
                                        })
                        .orElse(byMesh);
        if (wanted) {
            draft.useHttp2();
        }
    }
}
