package dev.ambit.bench.macro;

import dev.ambit.e2e.lab.LabFault;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/// One run: all arms stand at once; each metric of each round goes through the arms one right after
/// the other, beginning with another arm each round.
public final class MacroRun {
    /// A second try where the first one was noisy; then the round goes without.
    private static final int TRIES = 2;

    private final List<Arm> arms;
    private final Set<Metric> metrics;
    private final MacroLimits limits;
    private final Measurer measurer;
    private final Consumer<String> progress;
    private final Results results = new Results();
    private final List<String> troubles = new ArrayList<>();

    MacroRun(List<Arm> arms, Set<Metric> metrics, MacroLimits limits, Consumer<String> progress) {
        this.arms = List.copyOf(arms);
        this.metrics = EnumSet.copyOf(metrics);
        this.limits = limits;
        this.measurer = new Measurer(limits);
        this.progress = progress;
    }

    /// An arm and what stands of it.
    private record Raised(Arm arm, Rig rig) {}

    /// @param arms that took part, in the order of the columns
    /// @param facts about the machine and the arms, as lines of a Markdown list
    /// @param troubles what was left out and why, and what failed
    record Outcome(
            List<String> arms,
            Results results,
            List<String> facts,
            List<String> troubles,
            boolean failed) {}

    Outcome run() {
        var raised = new ArrayList<Raised>();
        var facts = new ArrayList<String>();
        boolean failed = false;
        try {
            for (Arm arm : arms) {
                failed |= !raise(arm, raised);
            }
            for (Raised one : raised) {
                failed |= !warmUp(one);
            }
            for (int round = 1; round <= limits.rounds(); round++) {
                for (Metric metric : metrics) {
                    failed |= !round(round, metric, raised);
                }
            }
            facts.addAll(MachineFacts.of(raised.stream().map(Raised::rig).findFirst()));
            for (Raised one : raised) {
                one.rig().cipher().ifPresent(c -> facts.add("* " + one.arm().name() + ": " + c));
            }
        } finally {
            raised.reversed().forEach(one -> one.rig().close());
        }
        return new Outcome(
                raised.stream().map(one -> one.arm().name()).toList(),
                results,
                facts,
                troubles,
                failed);
    }

    /// @return whether it stands, or cannot take part for a known reason
    private boolean raise(Arm arm, List<Raised> into) {
        Optional<String> missing = arm.missing();
        if (missing.isPresent()) {
            trouble("%s: skipped: %s".formatted(arm.name(), missing.get()));
            return true;
        }
        progress.accept("setting up " + arm.name());
        try {
            into.add(new Raised(arm, arm.raise()));
            return true;
        } catch (LabFault e) {
            trouble("%s: not set up: %s".formatted(arm.name(), e.getMessage()));
            return false;
        }
    }

    private boolean warmUp(Raised one) {
        boolean loads = metrics.stream().anyMatch(metric -> metric != Metric.START);
        if (!one.arm().warmsUp() || !loads) {
            return true;
        }
        progress.accept("warming up " + one.arm().name());
        try {
            measurer.warmUp(one.rig());
            return true;
        } catch (LabFault e) {
            trouble("%s: warm-up failed: %s".formatted(one.arm().name(), e.getMessage()));
            return false;
        }
    }

    private boolean round(int round, Metric metric, List<Raised> raised) {
        // What is taken once a run says so by coming in the first round only.
        if (metric == Metric.START && round > 1) {
            return true;
        }
        boolean well = true;
        for (Raised one : rotated(raised, round - 1)) {
            String what =
                    "round %d/%d %s %s"
                            .formatted(
                                    round, limits.rounds(), metric.optionName(), one.arm().name());
            progress.accept(what);
            try {
                take(round, metric, one, what);
            } catch (LabFault | IOException e) {
                trouble(what + ": failed: " + e.getMessage());
                well = false;
            }
        }
        return well;
    }

    private void take(int round, Metric metric, Raised one, String what) throws IOException {
        for (int attempt = 1; ; attempt++) {
            var taken = measurer.measure(one.rig(), metric);
            // Memory and start need no quiet machine for what they say about size.
            if (taken.noise().isEmpty() || attempt == TRIES) {
                taken.noise()
                        .ifPresent(noise -> trouble("%s: discarded: %s".formatted(what, noise)));
                results.add(
                        new Sample(round, one.arm().name(), metric, taken.values(), taken.noise()));
                return;
            }
            progress.accept(what + " again: " + taken.noise().get());
        }
    }

    /// The same elements, beginning with another one each time.
    static <T> List<T> rotated(List<T> all, int by) {
        var out = new ArrayList<T>();
        for (int i = 0; i < all.size(); i++) {
            out.add(all.get((i + by) % all.size()));
        }
        return out;
    }

    private void trouble(String text) {
        troubles.add(text);
        progress.accept(text);
    }
}
