package dev.ambit.waypoint;

import dev.ambit.mesh.store.MeshStore;
import dev.ambit.waypoint.config.WaypointConfig;
import dev.ambit.waypoint.security.SecurityCounters;
import dev.ambit.waypoint.telemetry.PeerDirectory;
import dev.ambit.waypoint.telemetry.PeerMetadata;
import dev.ambit.waypoint.telemetry.TelemetryLimits;
import dev.ambit.waypoint.telemetry.TelemetryRuntime;
import dev.ambit.waypoint.telemetry.export.ExportLoop;
import dev.ambit.waypoint.telemetry.export.Exporters;
import dev.ambit.waypoint.telemetry.format.FormatContext;
import dev.ambit.waypoint.telemetry.log.LogFiles;
import dev.ambit.waypoint.telemetry.metrics.WaypointMetrics;
import dev.ambit.waypoint.xds.Dialect;
import dev.ambit.waypoint.xds.FilterCompilers;
import java.time.Clock;
import java.time.ZoneId;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// What the configuration is compiled with: telemetry that outlives every configuration, counters,
/// and the compilers that use them.
///
/// @param exports attached to a loop once there is one
record Assembled(
        WaypointMetrics metrics,
        SecurityCounters counters,
        MeshStore mesh,
        LogFiles files,
        ExportLoop exports,
        OwnBaggage baggage,
        FilterCompilers compilers)
        implements AutoCloseable {

    static Assembled of(WaypointConfig config, Clock clock, RandomGenerator random) {
        var limits = TelemetryLimits.defaults();
        var version = config.metadata().getOrDefault("ISTIO_VERSION", "unknown").toString();
        var metrics =
                new WaypointMetrics(
                        version,
                        limits,
                        System::nanoTime,
                        config.histogramBuckets().stream().mapToDouble(bound -> bound).toArray());
        var counters = new SecurityCounters();
        metrics.counters(counters::forEach);
        var mesh = new MeshStore("");
        var peers = new PeerDirectory(mesh, config.network(), limits.peers());
        mesh.listen(peers);
        Supplier<@Nullable PeerMetadata> self = () -> peers.find(config.instanceIp());
        var baggage = new OwnBaggage(config.metadata(), self);
        var files = new LogFiles(limits);
        var exports = new ExportLoop();
        var runtime =
                new TelemetryRuntime(
                        facts(config, clock),
                        metrics,
                        files,
                        new Exporters(exports, limits),
                        peers,
                        limits,
                        random::nextLong,
                        new TelemetryRuntime.NodeFacts(
                                Waypoint.node(config).id(),
                                config.serviceCluster(),
                                () -> zone(self.get()),
                                config.instanceIp(),
                                WaypointProcess.VERSION));
        runtime.register();
        var compilers =
                Dialect.compilers(
                        new Dialect.Parts(
                                config.serviceCluster(),
                                counters,
                                runtime,
                                clock,
                                System::nanoTime));
        return new Assembled(metrics, counters, mesh, files, exports, baggage, compilers);
    }

    private static String zone(@Nullable PeerMetadata self) {
        return self == null ? "" : self.zone();
    }

    private static FormatContext.ProcessFacts facts(WaypointConfig config, Clock clock) {
        return new FormatContext.ProcessFacts(
                config.podName(),
                System::getenv,
                ZoneId.systemDefault(),
                () -> {
                    var now = clock.instant();
                    return TimeUnit.SECONDS.toMicros(now.getEpochSecond()) + now.getNano() / 1_000;
                },
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

    @Override
    public void close() {
        files.close();
    }
}
