package dev.ambit.bench.waypoint;

import com.google.gson.JsonObject;
import dev.ambit.bench.proc.ProcessCpu;
import dev.ambit.bench.proc.ProcessMemory;
import dev.ambit.bench.waypoint.peer.Kind;
import dev.ambit.bench.waypoint.peer.LoadPeer;
import dev.ambit.control.ControlSettings;
import dev.ambit.e2e.envoy.ControlSource;
import dev.ambit.e2e.envoy.Subject;
import dev.ambit.e2e.envoy.VanillaEnvoy;
import dev.ambit.e2e.envoy.WaypointLab;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;

/// One waypoint that stands, and who loads it. Both arms are sent the same: what a stock Envoy
/// lacks is left out for both.
final class WaypointArm implements AutoCloseable {
    private static final int PEER_CORE = 0;
    private static final int WAYPOINT_CORE = 1;
    private static final int PROOF_MILLIS = 1_500;
    private static final int SLOW_MILLIS = 5_000;

    private final String name;
    private final WaypointMesh mesh;
    private final WaypointLimits limits;
    private final WaypointLab lab;
    private final double cpuOfStart;

    WaypointArm(
            String name, Subject subject, WaypointMesh mesh, WaypointLimits limits, Path directory)
            throws Exception {
        this.name = name;
        this.mesh = mesh;
        this.limits = limits;
        Path input = directory.resolve("input");
        mesh.write(input);
        lab =
                new WaypointLab(
                        subject,
                        directory,
                        input,
                        WaypointMesh.node(),
                        (files, authority, account, pod) ->
                                new ControlSource(
                                        files,
                                        input,
                                        authority,
                                        account,
                                        pod,
                                        ControlSettings::defaults),
                        VanillaEnvoy::of,
                        new WaypointLab.Around(
                                LoadPeer.class,
                                List.of(
                                        "-XX:+UseSerialGC",
                                        "-Xmx256m",
                                        "--sun-misc-unsafe-memory-access=allow"),
                                OptionalInt.of(PEER_CORE),
                                OptionalInt.of(WAYPOINT_CORE)));
        try {
            lab.awaitApplied();
            if (!lab.refused().isEmpty()) {
                throw new IOException(name + " refused: " + lab.refused());
            }
            cpuOfStart = (double) ProcessCpu.ticks(lab.pid()) / ProcessCpu.TICKS_PER_SECOND;
        } catch (Exception | Error failed) {
            lab.close();
            throw failed;
        }
    }

    String name() {
        return name;
    }

    long pid() {
        return lab.pid();
    }

    ProcessMemory memory() throws IOException {
        return ProcessMemory.of(lab.pid());
    }

    /// As many requests as come back.
    JsonObject closed(Kind kind, WaypointMesh.Behind behind, int warmup, int window)
            throws IOException {
        var ask = ask(kind, behind);
        ask.addProperty("rate", 0);
        ask.addProperty("warmup", warmup);
        ask.addProperty("window", window);
        return load(ask);
    }

    /// What no policy allows is refused: what is measured really looks at policies.
    void proveRefusal() throws IOException {
        var ask = ask(Kind.HTTP2, WaypointMesh.Behind.HBONE);
        ask.addProperty("path", "/nowhere");
        ask.addProperty("rate", 0);
        ask.addProperty("warmup", 0);
        ask.addProperty("window", PROOF_MILLIS);
        ask.addProperty("leastCpu", 0);
        var told = lab.ask(ask);
        if (told.has("error")
                || told.get("answered").getAsLong() == 0
                || !told.get("failed").equals(told.get("answered"))) {
            throw new IOException("%s: /nowhere was not refused: %s".formatted(name, told));
        }
    }

    /// Memory with so many readers of big answers that do not read, KiB.
    long slowReaders(int count) throws IOException {
        var ask = ask(Kind.HTTP1, WaypointMesh.Behind.HBONE);
        ask.addProperty("slow", true);
        ask.addProperty("connections", count);
        ask.addProperty("window", SLOW_MILLIS);
        var told = load(ask);
        if (told.get("answered").getAsInt() != count) {
            throw new IOException(name + ": slow readers: " + told);
        }
        return told.get("rss").getAsLong();
    }

    /// From the waypoint's start until it has applied everything, by its own CPU time, seconds.
    double cpuOfStart() {
        return cpuOfStart;
    }

    /// At a rate.
    ///
    /// @param direct past the waypoint, to the pod
    JsonObject open(Kind kind, int rate, boolean direct) throws IOException {
        var ask = ask(kind, WaypointMesh.Behind.HBONE);
        if (direct) {
            ask.addProperty("direct", true);
            ask.addProperty("to", WaypointMesh.POD + ":" + kind.targetPort());
        }
        ask.addProperty("rate", rate);
        ask.addProperty("warmup", limits.warmupMillis());
        ask.addProperty("window", limits.windowMillis());
        ask.addProperty("leastCpu", 0);
        return load(ask);
    }

    private JsonObject ask(Kind kind, WaypointMesh.Behind behind) {
        var ask = new JsonObject();
        ask.addProperty("kind", kind.word());
        ask.addProperty("to", behind.address() + ":" + kind.servicePort());
        ask.addProperty("host", behind.host());
        ask.addProperty("path", mesh.path());
        boolean multiplexed = kind != Kind.HTTP1;
        ask.addProperty("connections", multiplexed ? limits.multiplexed() : limits.connections());
        ask.addProperty("streams", limits.streams());
        ask.addProperty("leastCpu", limits.leastCpuMillis());
        ask.addProperty("most", limits.mostMillis());
        ask.addProperty("watched", lab.pid());
        return ask;
    }

    private JsonObject load(JsonObject ask) throws IOException {
        var told = lab.ask(ask);
        if (told.has("error")) {
            throw new IOException(
                    "%s: %s: %s\n%s".formatted(name, ask, told.get("error"), lab.logs()));
        }
        if (told.get("failed").getAsLong() > 0 || told.get("answered").getAsLong() == 0) {
            throw new IOException("%s: %s: %s\n%s".formatted(name, ask, told, lab.logs()));
        }
        return told;
    }

    @Override
    public void close() throws InterruptedException {
        lab.close();
    }
}
