package dev.ambit.bench.control;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import dev.ambit.control.ControlLimits;
import dev.ambit.control.compile.CompileSettings;
import dev.ambit.control.compile.MeshCompilation;
import dev.ambit.control.l7.L7Model;
import dev.ambit.control.l7.L7Settings;
import dev.ambit.control.l7.jwt.Jwks;
import dev.ambit.control.resource.DirectorySource;
import dev.ambit.control.resource.Pod;
import dev.ambit.control.resource.Problem;
import dev.ambit.control.resource.Resource;
import dev.ambit.control.resource.ResourceSet;
import dev.ambit.control.xds.Snapshot;
import dev.ambit.control.xds.Views;
import dev.ambit.control.xds.WaypointViews;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/// What the control plane does between a change of its input and what clients are sent, step by
/// step, on one thread. Sending is not in it.
final class ControlRun {
    private static final int MICROS = 1_000;

    /// Changes of one pod for each time that everything is done.
    private static final int CHANGES = 10;

    private final BigMesh mesh;
    private final Path directory;
    private final int rounds;
    private final Map<String, List<Sample>> samples = new LinkedHashMap<>();

    /// Microseconds.
    private record Sample(long wall, long cpu) {}

    /// @param compilation of the newest moment
    private record Moment(MeshCompilation compilation, WaypointViews views) {}

    ControlRun(BigMesh mesh, Path directory, int rounds) {
        this.mesh = mesh;
        this.directory = directory;
        this.rounds = rounds;
    }

    String table() throws IOException {
        var input = read();
        var moment = whole(input);
        for (int i = 1; i < rounds; i++) {
            moment = whole(input);
        }
        boolean ready = false;
        for (int i = 0; i < rounds * CHANGES; i++) {
            moment = change(moment, with(input, ready));
            ready = !ready;
        }
        var table = new StringBuilder();
        table.append("| step | ms | ms of CPU | slowest, ms |\n| --- | ---: | ---: | ---: |\n");
        samples.forEach((step, taken) ->
                table.append(
                        "| %s | %.1f | %.1f | %.1f |%n"
                                .formatted(
                                        step,
                                        median(taken.stream().map(Sample::wall).toList()),
                                        median(taken.stream().map(Sample::cpu).toList()),
                                        taken.stream().mapToLong(Sample::wall).max().orElse(0)
                                                / (double) MICROS)));
        return table.toString();
    }

    private ResourceSet read() throws IOException {
        var limits = ControlLimits.defaults();
        long wall = System.nanoTime();
        long cpu = cpu();
        var read = DirectorySource.readOnce(directory, limits.yaml(), limits.files());
        keep("all: read YAML", wall, cpu);
        for (var problem : read.problems()) {
            if (problem.severity() == Problem.Severity.ERROR) {
                throw new IllegalStateException("a mesh of our own: " + problem);
            }
        }
        return read;
    }

    private Moment whole(ResourceSet input) {
        var compilation =
                time(
                        "all: compile for ztunnels",
                        () -> MeshCompilation.of(input, CompileSettings.defaults()));
        var model =
                time(
                        "all: compile for waypoints",
                        () -> L7Model.of(compilation, Jwks.none(), L7Settings.defaults()));
        var views = time("all: render for ztunnels", () -> WaypointViews.of(model));
        time("all: render for waypoints", () -> render(views));
        return new Moment(compilation, views);
    }

    private Moment change(Moment before, ResourceSet input) {
        long wall = System.nanoTime();
        long cpu = cpu();
        var compilation =
                time("one pod: compile for ztunnels", () -> before.compilation().next(input));
        var model =
                time(
                        "one pod: compile for waypoints",
                        () ->
                                before.views()
                                        .model()
                                        .next(compilation, Jwks.none(), L7Settings.defaults()));
        var views = time("one pod: render for ztunnels", () -> before.views().next(model));
        time("one pod: render for waypoints", () -> render(views));
        keep("one pod: all of it", wall, cpu);
        if (Snapshot.changes(before.views().mesh(), views.mesh()) != 1) {
            throw new IllegalStateException("one pod is one resource");
        }
        return new Moment(compilation, views);
    }

    /// For each waypoint that is connected, as when its streams ask.
    private long render(WaypointViews views) {
        long resources = 0;
        for (int namespace = 0; namespace < mesh.size().namespaces(); namespace++) {
            var id = "waypoint~10.255.0.%1$d~wp-1.ns-%1$d~ns-%1$d.svc.cluster.local";
            var snapshot = views.waypoint(new Views.Waypoint(id.formatted(namespace), METADATA));
            resources += snapshot.of(Snapshot.ENDPOINT).size();
        }
        return resources;
    }

    private static final Struct METADATA =
            Struct.newBuilder()
                    .putFields(
                            "LABELS",
                            Value.newBuilder()
                                    .setStructValue(
                                            Struct.newBuilder()
                                                    .putFields(
                                                            "gateway.networking.k8s.io/gateway-name",
                                                            Value.newBuilder()
                                                                    .setStringValue("wp")
                                                                    .build()))
                                    .build())
                    .build();

    /// The mesh with one pod that is ready, or is not.
    private static ResourceSet with(ResourceSet input, boolean ready) {
        var resources = new ArrayList<Resource>(input.resources());
        for (int i = 0; i < resources.size(); i++) {
            if (resources.get(i) instanceof Pod pod && pod.meta().path().equals("ns-1/svc-7-0")) {
                var ips = pod.status().orElseThrow().ips();
                var status = new Pod.Status("Running", ips, ready);
                resources.set(i, new Pod(pod.meta(), pod.spec(), Optional.of(status)));
            }
        }
        return new ResourceSet(input.mesh(), resources, input.problems());
    }

    private <T> T time(String step, Supplier<T> work) {
        long wall = System.nanoTime();
        long cpu = cpu();
        var result = work.get();
        keep(step, wall, cpu);
        return result;
    }

    private void keep(String step, long wall, long cpu) {
        samples.computeIfAbsent(step, s -> new ArrayList<>())
                .add(new Sample((System.nanoTime() - wall) / MICROS, (cpu() - cpu) / MICROS));
    }

    private static long cpu() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    /// In milliseconds.
    private static double median(List<Long> micros) {
        var sorted = micros.stream().sorted().toList();
        return sorted.get(sorted.size() / 2) / (double) MICROS;
    }
}
