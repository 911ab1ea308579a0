package dev.ambit.bench.macro;

import dev.ambit.bench.proc.MachineCpu;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/// Whether the machine was ours alone while something was measured.
final class Quiet {
    private static final Duration LOOK = Duration.ofMillis(200);

    private final MacroLimits limits;

    Quiet(MacroLimits limits) {
        this.limits = limits;
    }

    /// Waits for an idle machine, at most for the limit.
    ///
    /// @return how it is busy, if it stayed so
    Optional<String> await() throws IOException {
        long deadline = System.nanoTime() + limits.patience().toNanos();
        while (true) {
            double idle = idlePercent();
            if (idle >= limits.leastIdlePercent()) {
                return Optional.empty();
            }
            if (System.nanoTime() - deadline >= 0) {
                return Optional.of(
                        String.format(
                                Locale.ROOT,
                                "%.0f %% idle before (least: %d)",
                                idle,
                                limits.leastIdlePercent()));
            }
        }
    }

    private static double idlePercent() throws IOException {
        var before = MachineCpu.now();
        LockSupport.parkNanos(LOOK.toNanos());
        var look = MachineCpu.now().since(before);
        return 100.0 * look.idle() / Math.max(1, look.total());
    }

    /// Judges a measurement by what others used of the machine meanwhile.
    ///
    /// @param machine over the measurement
    /// @param known CPU ticks of everything that belongs to it
    Optional<String> judge(MachineCpu machine, long known) {
        double total = Math.max(1, machine.total());
        double stolen = 100.0 * machine.stolen() / total;
        if (stolen > limits.mostStolenPercent()) {
            return Optional.of(
                    String.format(
                            Locale.ROOT,
                            "%.1f %% stolen (most: %.1f)",
                            stolen,
                            limits.mostStolenPercent()));
        }
        // Where the kernel books soft interrupts on processes, known exceeds work: not negative.
        double foreign = 100.0 * Math.max(0, machine.work() - known) / total;
        if (foreign > limits.mostForeignPercent()) {
            return Optional.of(
                    String.format(
                            Locale.ROOT,
                            "%.1f %% used by others (most: %.1f)",
                            foreign,
                            limits.mostForeignPercent()));
        }
        return Optional.empty();
    }
}
