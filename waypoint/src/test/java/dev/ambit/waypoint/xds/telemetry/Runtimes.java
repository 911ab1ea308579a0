package dev.ambit.waypoint.xds.telemetry;

import dev.ambit.mesh.store.MeshStore;
import dev.ambit.waypoint.telemetry.Exchanges;
import dev.ambit.waypoint.telemetry.PeerDirectory;
import dev.ambit.waypoint.telemetry.TelemetryLimits;
import dev.ambit.waypoint.telemetry.TelemetryRuntime;
import dev.ambit.waypoint.telemetry.export.ExportLoop;
import dev.ambit.waypoint.telemetry.export.Exporters;
import dev.ambit.waypoint.telemetry.log.LogFiles;
import dev.ambit.waypoint.telemetry.metrics.WaypointMetrics;
import java.io.OutputStream;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// What the telemetry of a test shares.
final class Runtimes implements AutoCloseable {
    final ExportLoop loop = new ExportLoop();
    final Map<String, java.io.ByteArrayOutputStream> written = new ConcurrentHashMap<>();
    final MeshStore mesh = new MeshStore("");
    final TelemetryRuntime runtime;
    final TelemetryCompiler compiler;
    private long random;

    Runtimes() {
        var limits = TelemetryLimits.defaults();
        runtime =
                new TelemetryRuntime(
                        Exchanges.PROCESS,
                        new WaypointMetrics("1.31.0", limits, () -> 0, new double[0]),
                        new LogFiles(limits, this::open),
                        new Exporters(loop, limits),
                        new PeerDirectory(mesh, "", limits.peers()),
                        limits,
                        () -> ++random,
                        new TelemetryRuntime.NodeFacts(
                                "waypoint~10.1.1.10~wp.shop~shop.svc.cluster.local",
                                "wp.shop",
                                () -> "z1",
                                "10.1.1.10",
                                "0.1"));
        mesh.listen(runtime.peers());
        compiler = new TelemetryCompiler(runtime);
    }

    private OutputStream open(String path) {
        return written.computeIfAbsent(path, _ -> new java.io.ByteArrayOutputStream());
    }

    /// What was logged, once all is.
    String lines(String path) {
        runtime.files().close();
        var out = written.get(path);
        return out == null ? "" : out.toString(java.nio.charset.StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        runtime.files().close();
    }
}
