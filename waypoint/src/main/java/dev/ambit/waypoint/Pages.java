package dev.ambit.waypoint;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.ambit.identity.CertificateStatus;
import dev.ambit.process.admin.Answer;
import dev.ambit.process.admin.Ask;
import dev.ambit.process.admin.MetricsPage;
import dev.ambit.process.admin.PageServer;
import dev.ambit.process.log.Logs;
import dev.ambit.waypoint.admin.AdminPages;
import dev.ambit.waypoint.admin.ServerState;
import dev.ambit.waypoint.admin.StatsPage;
import dev.ambit.waypoint.config.WaypointConfig;
import dev.ambit.waypoint.upstream.ClusterStatus;
import dev.ambit.waypoint.xds.dump.ConfigDump;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/// What is served beside traffic: admin, probes, metrics.
record Pages(
        WaypointConfig config,
        Waypoint waypoint,
        ServerState state,
        Assembled assembled,
        Conversation conversation,
        Logs logs) {
    private static final String TYPES = "type.googleapis.com/envoy.config.";
    private static final String CDS = TYPES + "cluster.v3.Cluster";
    private static final String LDS = TYPES + "listener.v3.Listener";

    /// @param quit ends the process
    /// @throws IOException when a port is taken
    void open(PageServer server, Runnable quit, Clock clock, Instant started) throws IOException {
        gauges();
        var admin = new AdminPages(view(started), actions(quit), state, stats(), logs, clock);
        var where = config.addresses();
        server.listen(where.admin(), admin);
        var prometheus = new MetricsPage(assembled.metrics()::exposition);
        Function<Ask, Answer> ready = _ -> ready();
        server.listen(
                where.status(),
                Map.of(
                        "/stats/prometheus", prometheus,
                        "/metrics", prometheus,
                        "/healthz/ready", ready,
                        "/quitquitquit", admin));
        server.listen(where.readiness(), Map.of("/healthz/ready", ready, "/ready", ready));
        server.listen(
                where.prometheus(),
                Map.of("/stats/prometheus", prometheus, "/metrics", prometheus));
    }

    private Answer ready() {
        return switch (state.state()) {
            case LIVE -> Answer.text(200, "ready\n");
            case DRAINING -> Answer.text(503, "draining\n");
            case PRE_INITIALIZING, INITIALIZING ->
                    Answer.text(503, "not ready, pending: " + state.awaited() + "\n");
        };
    }

    private AdminPages.Actions actions(Runnable quit) {
        return new AdminPages.Actions() {
            @Override
            public void quit() {
                quit.run();
            }

            @Override
            public void drain() {
                waypoint.sayGoodbye();
            }
        };
    }

    private AdminPages.View view(Instant started) {
        return new AdminPages.View() {
            @Override
            public String configDump(boolean endpoints) {
                return ConfigDump.text(
                        new ConfigDump.Source(
                                Waypoint.node(config),
                                waypoint.xds().ledgers(),
                                waypoint.secrets().all(),
                                waypoint.xds().skipped(),
                                started),
                        endpoints);
            }

            @Override
            public List<ClusterStatus> clusters() {
                return waypoint.clusters();
            }

            @Override
            public List<CertificateStatus> certificates() {
                return waypoint.certificates();
            }

            @Override
            public List<AdminPages.Listening> listeners() {
                return waypoint.addresses();
            }

            @Override
            public byte[] metrics() {
                return assembled.metrics().exposition();
            }

            @Override
            public AdminPages.Server server() {
                var node = Waypoint.node(config);
                return new AdminPages.Server(
                        WaypointProcess.VERSION, started, node.id(), node.cluster());
            }
        };
    }

    private StatsPage stats() {
        return new StatsPage(this::security)
                .add("cluster_manager.cds.update_success", () -> conversation.accepted(CDS, true))
                .add("cluster_manager.cds.update_rejected", () -> conversation.accepted(CDS, false))
                .add("listener_manager.lds.update_success", () -> conversation.accepted(LDS, true))
                .add(
                        "listener_manager.lds.update_rejected",
                        () -> conversation.accepted(LDS, false))
                .add("control_plane.connected_state", () -> conversation.isConnected() ? 1 : 0)
                .add("listener_manager.workers_started", () -> 1)
                .add("server.state", () -> state.state().ordinal())
                .add("server.live", () -> state.state() == ServerState.State.LIVE ? 1 : 0)
                .add("server.concurrency", config::workers);
    }

    private List<StatsPage.Named> security() {
        var all = new ArrayList<StatsPage.Named>();
        assembled.counters().forEach((name, value) -> all.add(new StatsPage.Named(name, value)));
        return all;
    }

    private void gauges() {
        var metrics = assembled.metrics();
        metrics.gauge(
                "ambit_xds_refused",
                "Resources whose latest form was refused",
                () ->
                        waypoint.xds().ledgers().values().stream()
                                .mapToLong(ledger -> ledger.refusedCount())
                                .sum());
        metrics.counter(
                "ambit_model_swaps_total",
                "Models of chains that came into effect",
                waypoint.xds()::swaps);
        metrics.counter(
                "ambit_chains_compiled_total", "Chains compiled", waypoint.xds()::compiledChains);
        metrics.counter(
                "ambit_log_dropped_total",
                "Log lines dropped because stdout was slow",
                logs::dropped);
        if (ManagementFactory.getOperatingSystemMXBean()
                instanceof UnixOperatingSystemMXBean process) {
            metrics.gauge(
                    "process_open_fds",
                    "Number of open file descriptors",
                    process::getOpenFileDescriptorCount);
        }
    }
}
