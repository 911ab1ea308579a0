package dev.ambit.ztunnel.config;

import dev.ambit.process.config.Environment;
import java.util.Optional;
import java.util.OptionalInt;

/// How many event loops: said outright, as a part of the processors, or found from what Kubernetes
/// allows the container.
///
/// @param cores processors that the process sees
record WorkerThreads(Environment env, int cores) {
    /// What is left to the applications on a node whose operator set no limit.
    private static final double SHARE_OF_CORES = 0.25;

    private static final int LEAST = 2;
    private static final int MOST = 1024;

    /// @param concurrency from the proxy configuration; 0: all
    int count(OptionalInt concurrency) {
        var said = env.text(Variable.ZTUNNEL_WORKER_THREADS);
        if (said.isPresent()) {
            return Math.clamp(said(said.get()), 1, MOST);
        }
        if (concurrency.isPresent()) {
            int set = concurrency.getAsInt();
            return Math.clamp(set > 0 ? set : available(), 1, MOST);
        }
        return Math.clamp(byDefault(), 1, MOST);
    }

    private int said(String text) {
        if (text.endsWith("%")) {
            double percent = percent(text);
            return Math.max(1, (int) Math.ceil(available() * percent / 100));
        }
        int number = Environment.number(Variable.ZTUNNEL_WORKER_THREADS, text, 0, MOST);
        return number == 0 ? available() : number;
    }

    private static double percent(String text) {
        try {
            double percent = Double.parseDouble(text.substring(0, text.length() - 1));
            if (percent > 0 && percent <= 100) {
                return percent;
            }
        } catch (NumberFormatException notANumber) {
            // Reported below.
        }
        throw Environment.fault(
                Variable.ZTUNNEL_WORKER_THREADS,
                text,
                "a number of threads, 0 for all processors, or a percentage up to 100%");
    }

    private int available() {
        return limit().orElseGet(
                        () -> env.number(Variable.ZTUNNEL_CPU_LIMIT, cores, 1, Integer.MAX_VALUE));
    }

    private int byDefault() {
        int request = quantity(Variable.ZTUNNEL_RESOURCE_CPU_REQUEST).orElse(0);
        return limit().map(limit -> Math.max(limit, request))
                .orElseGet(() -> {
                    int share = (int) Math.ceil(available() * SHARE_OF_CORES);
                    return Math.max(Math.max(share, request), LEAST);
                });
    }

    private Optional<Integer> limit() {
        return quantity(Variable.ZTUNNEL_RESOURCE_CPU_LIMIT);
    }

    /// A Kubernetes CPU quantity, rounded up: `2`, `1.5`, `500m`.
    private Optional<Integer> quantity(Variable name) {
        return env.text(name)
                .map(text -> {
                    boolean milli = text.endsWith("m");
                    try {
                        double value =
                                Double.parseDouble(
                                        milli ? text.substring(0, text.length() - 1) : text);
                        double amount = milli ? value / 1000 : value;
                        if (amount > 0 && amount <= Integer.MAX_VALUE) {
                            return (int) Math.ceil(amount);
                        }
                    } catch (NumberFormatException notANumber) {
                        // Reported below.
                    }
                    throw Environment.fault(
                            name, text, "a CPU quantity above 0 such as 2, 1.5 or 500m");
                });
    }
}
