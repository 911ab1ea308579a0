package dev.ambit.bench.macro;

import dev.ambit.e2e.lab.LabConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `bench`: whole proxies side by side.
@Command(
        name = "macro",
        description = "Whole proxies side by side, in network namespaces (root).",
        mixinStandardHelpOptions = true)
public final class MacroCommand implements Callable<Integer> {
    @Spec private CommandSpec spec = CommandSpec.create();

    @Option(names = "--quick", description = "Fewer and shorter rounds: under five minutes.")
    private boolean quick;

    @Option(names = "--rounds", paramLabel = "N", description = "How often each is measured.")
    private int rounds;

    @Option(
            names = "--peer-ztunnel",
            paramLabel = "PATH",
            description = "A real ztunnel as another arm (default: environment ZTUNNEL_BIN).")
    private Optional<Path> peer = Optional.empty();

    @Option(
            names = "--only",
            paramLabel = "METRIC",
            split = ",",
            description =
                    "Only these: throughput-1, throughput-8, latency, connections, idle, start.")
    private List<String> only = List.of();

    @Option(
            names = "--arms",
            paramLabel = "ARM",
            split = ",",
            description = "Only these: direct, haproxy, ambit, ztunnel.")
    private List<String> wanted = List.of();

    @Option(names = "--out", paramLabel = "FILE", description = "Writes the report there too.")
    private Optional<Path> out = Optional.empty();

    @Override
    public Integer call() throws IOException {
        if (!"root".equals(System.getProperty("user.name"))) {
            System.err.println("bench: network namespaces need root (run it with sudo)");
            return 1;
        }
        var limits = quick ? MacroLimits.quick() : MacroLimits.defaults();
        if (rounds > 0) {
            limits = limits.withRounds(rounds);
        }
        long began = System.nanoTime();
        var run = new MacroRun(arms(), metrics(), limits, MacroCommand::progress);
        var outcome = run.run();
        var report = report(outcome, limits, Duration.ofNanos(System.nanoTime() - began));
        System.out.print(report);
        if (out.isPresent()) {
            Files.writeString(out.get(), report);
        }
        return outcome.failed() ? 1 : 0;
    }

    private List<Arm> arms() {
        var config = LabConfig.of("bench");
        var all = new ArrayList<Arm>();
        all.add(new DirectArm(config));
        all.add(new HaproxyArm(config));
        all.add(MeshArm.ambit(config));
        peer.or(() -> Optional.ofNullable(System.getenv("ZTUNNEL_BIN")).map(Path::of))
                .ifPresent(program -> all.add(MeshArm.peer(program, config)));
        if (wanted.isEmpty()) {
            return all;
        }
        for (String name : wanted) {
            if (all.stream().noneMatch(arm -> arm.name().equals(name))) {
                throw new ParameterException(
                        spec.commandLine(),
                        "no arm '%s' (expected one of: %s; ztunnel needs --peer-ztunnel)"
                                .formatted(
                                        name,
                                        String.join(", ", all.stream().map(Arm::name).toList())));
            }
        }
        return all.stream().filter(arm -> wanted.contains(arm.name())).toList();
    }

    private Set<Metric> metrics() {
        var chosen = EnumSet.noneOf(Metric.class);
        for (String name : only) {
            try {
                chosen.add(Metric.named(name));
            } catch (IllegalArgumentException e) {
                throw new ParameterException(spec.commandLine(), e.getMessage(), e);
            }
        }
        return chosen.isEmpty() ? EnumSet.allOf(Metric.class) : chosen;
    }

    private static String report(MacroRun.Outcome outcome, MacroLimits limits, Duration took) {
        var text = new StringBuilder();
        text.append(
                String.format(
                        Locale.ROOT,
                        "%nMedian of %d rounds [least–greatest]; a ratio is the median of the"
                                + " rounds' ratios; ~ marks a busy machine.%n%n",
                        limits.rounds()));
        text.append(new Markdown(outcome.arms(), Target.SUBJECT, outcome.results()).table());
        String bounds = Target.table(outcome.results());
        if (!bounds.isEmpty()) {
            text.append('\n').append(bounds);
        }
        text.append('\n');
        outcome.facts().forEach(fact -> text.append(fact).append('\n'));
        outcome.troubles().forEach(trouble -> text.append("* ").append(trouble).append('\n'));
        text.append("* took %d s%n".formatted(took.toSeconds()));
        return text.toString();
    }

    private static void progress(String what) {
        System.err.println("bench: " + what);
    }
}
