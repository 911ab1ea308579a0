package dev.ambit.waypoint.telemetry.metrics;

import dev.ambit.waypoint.telemetry.cel.Expression;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// What becomes of the labels of each metric in one chain: some are left out, some are set by an
/// expression, some are added. Expressions are counted, and each is worked out once per exchange.
final class MetricPlan {
    private static final int REMOVED = -1;

    private final List<Expression> expressions = new ArrayList<>();
    private final Map<String, Tags> tags = new HashMap<>();

    /// Of one metric.
    private static final class Tags {
        private boolean dropped;

        /// By standard label: `REMOVED`, or the position of an expression.
        private final Map<String, Integer> changed = new HashMap<>();

        private final Map<String, Integer> added = new LinkedHashMap<>();
    }

    MetricPlan(StatsConfig config) {
        for (var metric : IstioMetric.values()) {
            tags.put(metric.label(), new Tags());
        }
        for (var definition : config.definitions()) {
            tags.putIfAbsent(definition.name(), new Tags());
        }
        config.metrics().forEach(this::apply);
    }

    private void apply(StatsConfig.Change change) {
        var targets =
                change.metric().isEmpty()
                        ? List.copyOf(tags.keySet())
                        : tags.containsKey(change.metric())
                                ? List.of(change.metric())
                                : List.<String>of();
        if (change.drop()) {
            // Istio drops standard metrics that are named, no others.
            if (!change.metric().isEmpty()) {
                targets.stream().filter(MetricPlan::standard).forEach(t -> of(t).dropped = true);
            }
            return;
        }
        for (var label : change.remove()) {
            if (StandardLabels.NAMES.contains(label)) {
                targets.stream()
                        .filter(MetricPlan::standard)
                        .forEach(target -> of(target).changed.put(label, REMOVED));
            }
        }
        new TreeMap<>(change.dimensions())
                .forEach((label, expression) -> {
                    int position = position(expression);
                    for (var target : targets) {
                        set(target, label, position);
                    }
                });
    }

    private Tags of(String metric) {
        return tags.computeIfAbsent(metric, _ -> new Tags());
    }

    private static boolean standard(String metric) {
        for (var each : IstioMetric.values()) {
            if (each.label().equals(metric)) {
                return true;
            }
        }
        return false;
    }

    private void set(String metric, String label, int position) {
        if (standard(metric) && StandardLabels.NAMES.contains(label)) {
            of(metric).changed.put(label, position);
        } else {
            of(metric).added.put(label, position);
        }
    }

    private int position(Expression expression) {
        int known = expressions.indexOf(expression);
        if (known >= 0) {
            return known;
        }
        expressions.add(expression);
        return expressions.size() - 1;
    }

    List<Expression> expressions() {
        return expressions;
    }

    boolean dropped(String metric) {
        return of(metric).dropped;
    }

    /// Adds a standard label of a metric, as it is to be there.
    ///
    /// @param values of the expressions, in their order
    void standard(String metric, String label, String value, String[] values, Labels to) {
        int position = Optional.ofNullable(of(metric).changed.get(label)).orElse(Integer.MAX_VALUE);
        if (position == Integer.MAX_VALUE) {
            to.add(label, value);
        } else if (position != REMOVED) {
            to.add(label, values[position]);
        }
    }

    void added(String metric, String[] values, Labels to) {
        of(metric).added.forEach((label, position) -> to.add(label, values[position]));
    }
}
