package dev.ambit.bench.waypoint;

import dev.ambit.e2e.envoy.EnvoySubject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `bench waypoint`: ours beside a stock Envoy.
@Command(
        name = "waypoint",
        description = "The waypoint beside a stock Envoy with the same configuration (root).",
        mixinStandardHelpOptions = true)
public final class WaypointCommand implements Callable<Integer> {
    @Option(names = "--quick", description = "Fewer and shorter rounds: under five minutes.")
    private boolean quick;

    @Option(names = "--rounds", paramLabel = "N", description = "How often each is measured.")
    private int rounds;

    @Option(names = "--rules", paramLabel = "N", split = ",", description = "Routes and policies.")
    private List<Integer> rules = List.of();

    @Option(names = "--first-load", paramLabel = "MS", description = "Of each kind, before.")
    private int firstLoad = -1;

    @Option(
            names = "--only",
            paramLabel = "MEASURE",
            split = ",",
            description = "Only these: http1, http2, grpc, plain, latency, slow, clusters.")
    private Set<String> only = Set.of();

    @Option(names = "--out", paramLabel = "FILE", description = "Writes the report there too.")
    private Optional<Path> out = Optional.empty();

    @Override
    public Integer call() throws Exception {
        if (!"root".equals(System.getProperty("user.name"))) {
            System.err.println("bench: network namespaces need root (run it with sudo)");
            return 1;
        }
        if (EnvoySubject.program().isEmpty()) {
            System.err.println("bench: no Envoy (expected: environment ENVOY_BIN=PATH)");
            return 1;
        }
        var limits =
                (quick ? WaypointLimits.quick() : WaypointLimits.defaults())
                        .with(rounds, rules, firstLoad);
        var directory = Files.createTempDirectory("ambit-bench-waypoint");
        try {
            long began = System.nanoTime();
            var run = new WaypointRun(limits, only, what -> System.err.println("bench: " + what));
            var report =
                    "%nMedian of %d rounds [least–greatest]; a ratio is the median of the rounds'.%n%n%s%n* took %d s%n"
                            .formatted(
                                    limits.rounds(),
                                    run.run(directory).markdown(),
                                    (System.nanoTime() - began) / 1_000_000_000);
            System.out.print(report);
            if (out.isPresent()) {
                Files.writeString(out.get(), report);
            }
            return 0;
        } finally {
            try (var files = Files.walk(directory)) {
                for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }
}
