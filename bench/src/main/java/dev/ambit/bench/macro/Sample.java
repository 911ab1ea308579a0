package dev.ambit.bench.macro;

import java.util.Map;
import java.util.Optional;

/// One measurement of one arm in one round.
///
/// @param noise why the measurement cannot be trusted, if so
record Sample(
        int round,
        String arm,
        Metric metric,
        Map<Quantity, Double> values,
        Optional<String> noise) {
    Sample {
        values = Map.copyOf(values);
    }
}
