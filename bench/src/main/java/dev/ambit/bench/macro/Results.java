package dev.ambit.bench.macro;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// All samples of a run, and what can be said about them.
///
/// Two arms are compared within a round only, where they ran within seconds of each other: what the
/// machine does to both cancels out. A noisy sample takes its round out of every comparison it
/// would be part of.
final class Results {
    private static final String DIRECT = "direct";

    private final List<Sample> samples = new ArrayList<>();

    void add(Sample sample) {
        samples.add(sample);
    }

    List<Sample> samples() {
        return List.copyOf(samples);
    }

    /// The values of one arm that are not noisy.
    Optional<Spread> absolute(String arm, Quantity quantity) {
        return Spread.of(List.copyOf(byRound(arm, quantity, false).values()));
    }

    /// Every value of one arm, noisy or not: for orientation, where nothing else is there.
    Optional<Spread> noisyToo(String arm, Quantity quantity) {
        return Spread.of(List.copyOf(byRound(arm, quantity, true).values()));
    }

    /// `arm` divided by `base`, round by round.
    Optional<Spread> ratio(String arm, String base, Quantity quantity) {
        return ratios(byRound(arm, quantity, false), byRound(base, quantity, false));
    }

    /// As `ratio`, with noisy rounds.
    Optional<Spread> noisyRatio(String arm, String base, Quantity quantity) {
        return ratios(byRound(arm, quantity, true), byRound(base, quantity, true));
    }

    private static Optional<Spread> ratios(Map<Integer, Double> above, Map<Integer, Double> below) {
        var ratios = new ArrayList<Double>();
        above.forEach((round, value) -> {
            Double divisor = below.get(round);
            if (divisor != null && divisor > 0) {
                ratios.add(value / divisor);
            }
        });
        return Spread.of(ratios);
    }

    private Map<Integer, Double> byRound(String arm, Quantity quantity, boolean noisyToo) {
        return switch (quantity) {
            case ADDED_P50 -> added(arm, Quantity.P50, noisyToo);
            case ADDED_P99 -> added(arm, Quantity.P99, noisyToo);
            case BULK_1,
                    CPU_1_A,
                    CPU_1_B,
                    CPU_1,
                    BULK_8,
                    CPU_8_A,
                    CPU_8_B,
                    CPU_8,
                    P50,
                    P99,
                    P999,
                    LATE_P99,
                    CPU_MESSAGE,
                    NEW_CONNECTIONS,
                    CPU_CONNECTION_A,
                    CPU_CONNECTION_B,
                    CONNECTION_P50,
                    CONNECTION_P99,
                    RSS_IDLE,
                    ANON_IDLE,
                    READY,
                    RSS_LOADED,
                    RSS_PER_1000 ->
                    measured(arm, quantity, noisyToo);
        };
    }

    /// What an arm adds to the same round's direct path. Percentiles are not strictly subtractable;
    /// it is the customary figure, and the same for every arm.
    private Map<Integer, Double> added(String arm, Quantity of, boolean noisyToo) {
        var out = new TreeMap<Integer, Double>();
        if (!arm.equals(DIRECT)) {
            var direct = measured(DIRECT, of, noisyToo);
            measured(arm, of, noisyToo)
                    .forEach((round, value) -> {
                        Double base = direct.get(round);
                        if (base != null) {
                            out.put(round, value - base);
                        }
                    });
        }
        return out;
    }

    private Map<Integer, Double> measured(String arm, Quantity quantity, boolean noisyToo) {
        var out = new TreeMap<Integer, Double>();
        for (Sample sample : samples) {
            Double value = sample.values().get(quantity);
            if (value != null
                    && sample.arm().equals(arm)
                    && (noisyToo || sample.noise().isEmpty())) {
                out.put(sample.round(), value);
            }
        }
        return out;
    }
}
