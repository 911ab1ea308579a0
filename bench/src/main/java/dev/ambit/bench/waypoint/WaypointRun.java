package dev.ambit.bench.waypoint;

import dev.ambit.bench.macro.Spread;
import dev.ambit.bench.waypoint.peer.Kind;
import dev.ambit.e2e.envoy.AmbitSubject;
import dev.ambit.e2e.envoy.EnvoySubject;
import dev.ambit.e2e.envoy.Subject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/// Both arms stand at once; each measurement of each round goes through them one right after the
/// other, beginning with another one each round.
final class WaypointRun {
    static final String ENVOY = "envoy";
    static final String AMBIT = "ambit";

    private static final double NANOS = 1e9;
    private static final double MILLIS = 1e3;
    private static final double KIB_PER_MIB = 1_024;
    private static final double NANOS_PER_MICRO = 1e3;

    private final WaypointLimits limits;
    private final Set<String> only;
    private final Consumer<String> progress;
    private final WaypointTable table = new WaypointTable();

    WaypointRun(WaypointLimits limits, Set<String> only, Consumer<String> progress) {
        this.limits = limits;
        this.only = only;
        this.progress = progress;
    }

    WaypointTable run(Path directory) throws Exception {
        for (int rules : limits.rules()) {
            var mesh = new WaypointMesh(rules, 0);
            progress.accept("setting up with " + rules + " routes and policies");
            try (var envoy = arm(ENVOY, new EnvoySubject(), mesh, directory);
                    var ambit = arm(AMBIT, new AmbitSubject(), mesh, directory)) {
                measure(rules, List.of(envoy, ambit));
            }
        }
        if (wants("clusters")) {
            clusters(directory);
        }
        return table;
    }

    /// All of a big configuration, once by each.
    private void clusters(Path directory) throws Exception {
        var mesh = new WaypointMesh(0, limits.clusters());
        progress.accept("starting with " + limits.clusters() + " clusters");
        for (var subject : List.of(new EnvoySubject(), new AmbitSubject())) {
            var name = subject instanceof EnvoySubject ? ENVOY : AMBIT;
            try (var arm = arm(name, subject, mesh, directory)) {
                table.add(
                        "CPU from start until %,d clusters are applied, ms"
                                .formatted(limits.clusters()),
                        name,
                        0,
                        arm.cpuOfStart() * MILLIS);
                table.add(
                        "memory with %,d clusters, MB".formatted(limits.clusters()),
                        name,
                        0,
                        arm.memory().rss() / KIB_PER_MIB);
            }
        }
    }

    private WaypointArm arm(String name, Subject subject, WaypointMesh mesh, Path directory)
            throws Exception {
        return new WaypointArm(
                name, subject, mesh, limits, Files.createTempDirectory(directory, name));
    }

    private void measure(int rules, List<WaypointArm> arms) throws IOException {
        if (rules == 0) {
            for (var arm : arms) {
                table.add("memory when idle, MB", arm.name(), 0, arm.memory().rss() / KIB_PER_MIB);
            }
        }
        for (var arm : arms) {
            progress.accept("warming up " + arm.name());
            if (rules > 0) {
                arm.proveRefusal();
            }
            for (var kind : kinds()) {
                arm.closed(kind, WaypointMesh.Behind.HBONE, 0, limits.firstLoadMillis());
            }
        }
        for (int round = 0; round < limits.rounds(); round++) {
            var order = new ArrayList<>(arms);
            if (round % 2 == 1) {
                order.addFirst(order.removeLast());
            }
            for (var kind : kinds()) {
                for (var arm : order) {
                    requests(round, rules, kind, WaypointMesh.Behind.HBONE, arm);
                }
            }
            if (rules == 0 && wants("plain")) {
                for (var arm : order) {
                    requests(round, rules, Kind.HTTP1, WaypointMesh.Behind.SOCKET, arm);
                }
            }
            if (rules == 0 && wants("latency")) {
                for (int rate : limits.rates()) {
                    for (var arm : order) {
                        latency(round, rate, arm);
                    }
                }
            }
        }
        if (rules == 0 && wants("slow")) {
            for (var arm : arms) {
                slow(arm);
            }
        }
    }

    private void slow(WaypointArm arm) throws IOException {
        double before = arm.memory().rss() / KIB_PER_MIB;
        double during = arm.slowReaders(limits.slowReaders()) / KIB_PER_MIB;
        progress.accept("%s: slow readers: %.0f to %.0f MB".formatted(arm.name(), before, during));
        table.add("memory when warm, MB", arm.name(), 0, before);
        table.add(
                "memory with %d slow readers of 100 MB, MB".formatted(limits.slowReaders()),
                arm.name(),
                0,
                during);
    }

    private List<Kind> kinds() {
        return List.of(Kind.values()).stream().filter(kind -> wants(kind.word())).toList();
    }

    private boolean wants(String what) {
        return only.isEmpty() || only.contains(what);
    }

    private void requests(
            int round, int rules, Kind kind, WaypointMesh.Behind behind, WaypointArm arm)
            throws IOException {
        var told = arm.closed(kind, behind, limits.warmupMillis(), limits.windowMillis());
        double answered = told.get("answered").getAsDouble();
        double perCpuSecond = answered / (told.get("cpu").getAsDouble() / NANOS);
        double perSecond = answered / (told.get("nanos").getAsDouble() / NANOS);
        progress.accept(
                "%s, %d rules, %s, behind %s: %.0f for a CPU second (%.0f a second)"
                        .formatted(
                                arm.name(), rules, kind.word(), behind, perCpuSecond, perSecond));
        table.add(
                "%s requests for a CPU second, %,d routes and policies%s"
                        .formatted(
                                kind.word(),
                                rules,
                                behind == WaypointMesh.Behind.SOCKET ? ", plain upstream" : ""),
                arm.name(),
                round,
                perCpuSecond);
    }

    private void latency(int round, int rate, WaypointArm arm) throws IOException {
        var direct = arm.open(Kind.HTTP1, rate, true);
        var through = arm.open(Kind.HTTP1, rate, false);
        for (var percentile : List.of("p50", "p99")) {
            double added =
                    through.get(percentile).getAsDouble() - direct.get(percentile).getAsDouble();
            table.add(
                    "added %s at %,d requests/s, µs".formatted(percentile, rate),
                    arm.name(),
                    round,
                    added / NANOS_PER_MICRO);
        }
    }

    /// Values by measure, arm and round.
    static final class WaypointTable {
        private final Map<String, Map<String, Map<Integer, Double>>> values = new LinkedHashMap<>();

        void add(String measure, String arm, int round, double value) {
            values.computeIfAbsent(measure, _ -> new LinkedHashMap<>())
                    .computeIfAbsent(arm, _ -> new LinkedHashMap<>())
                    .put(round, value);
        }

        String markdown() {
            var text = new StringBuilder("| measure | envoy | ambit | ambit ÷ envoy |\n");
            text.append("| --- | ---: | ---: | ---: |\n");
            values.forEach((measure, arms) -> {
                var envoy = arms.getOrDefault(ENVOY, Map.of());
                var ambit = arms.getOrDefault(AMBIT, Map.of());
                var ratios = new ArrayList<Double>();
                ambit.forEach((round, value) -> {
                    var base = envoy.get(round);
                    if (base != null && base > 0) {
                        ratios.add(value / base);
                    }
                });
                text.append(
                        "| %s | %s | %s | %s |%n"
                                .formatted(
                                        measure,
                                        Spread.text(envoy.values(), 0),
                                        Spread.text(ambit.values(), 0),
                                        Spread.text(ratios, 2)));
            });
            return text.toString();
        }
    }
}
