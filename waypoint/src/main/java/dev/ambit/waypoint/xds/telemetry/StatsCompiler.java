package dev.ambit.waypoint.xds.telemetry;

import dev.ambit.envoy.proto.stats.MetricConfig;
import dev.ambit.envoy.proto.stats.MetricDefinition;
import dev.ambit.envoy.proto.stats.PluginConfig;
import dev.ambit.waypoint.telemetry.TelemetryRuntime;
import dev.ambit.waypoint.telemetry.cel.Expression;
import dev.ambit.waypoint.telemetry.cel.Expressions;
import dev.ambit.waypoint.telemetry.format.FormatContext;
import dev.ambit.waypoint.telemetry.metrics.StatsChain;
import dev.ambit.waypoint.telemetry.metrics.StatsConfig;
import dev.ambit.waypoint.xds.CompileScope;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Istio's `stats` filter. An expression that is none is left out and told, as Istio does.
final class StatsCompiler {
    /// Configurations that chains share; with more, the oldest is made anew.
    private static final int SHARED = 64;

    private final TelemetryRuntime runtime;
    private final Map<Key, StatsChain> known = new LinkedHashMap<>();

    /// @param chain of which expressions may speak; empty where there are none
    private record Key(PluginConfig config, String chain) {}

    StatsCompiler(TelemetryRuntime runtime) {
        this.runtime = runtime;
    }

    /// The same for chains that are told the same.
    synchronized StatsChain compile(
            CompileScope scope, PluginConfig config, FormatContext context) {
        boolean plain = config.getMetricsCount() == 0 && config.getDefinitionsCount() == 0;
        var key = new Key(config, plain ? "" : context.chain());
        var found = known.get(key);
        if (found == null) {
            if (known.size() >= SHARED) {
                var oldest = known.keySet().iterator();
                oldest.next();
                oldest.remove();
            }
            found =
                    new StatsChain(
                            runtime.metrics().series(),
                            config(scope, config, context),
                            runtime.limits());
            known.put(key, found);
        }
        return found;
    }

    static StatsConfig config(CompileScope scope, PluginConfig config, FormatContext context) {
        var changes = new ArrayList<StatsConfig.Change>();
        for (MetricConfig metric : config.getMetricsList()) {
            if (!metric.getMatch().isEmpty()) {
                scope.skipped("stats.metrics[" + metric.getName() + "].match");
            }
            var dimensions = new HashMap<String, Expression>();
            metric.getDimensionsMap()
                    .forEach((label, text) ->
                            expression(scope, label, text, context)
                                    .ifPresent(made -> dimensions.put(label, made)));
            changes.add(
                    new StatsConfig.Change(
                            metric.getName(),
                            metric.getDrop(),
                            List.copyOf(metric.getTagsToRemoveList()),
                            Map.copyOf(dimensions)));
        }
        var definitions = new ArrayList<StatsConfig.Definition>();
        for (MetricDefinition definition : config.getDefinitionsList()) {
            expression(scope, definition.getName(), definition.getValue(), context)
                    .ifPresent(value ->
                            definitions.add(
                                    new StatsConfig.Definition(
                                            definition.getName(), value, kind(definition))));
        }
        return new StatsConfig(
                List.copyOf(changes),
                List.copyOf(definitions),
                !config.getDisableHostHeaderFallback(),
                config.hasTcpReportingDuration()
                        ? interval(Plain.duration(config.getTcpReportingDuration()))
                        : StatsConfig.DEFAULT_INTERVAL);
    }

    private static Duration interval(Duration given) {
        return given.isNegative() ? Duration.ZERO : given;
    }

    private static StatsConfig.Kind kind(MetricDefinition definition) {
        return switch (definition.getType()) {
            case GAUGE -> StatsConfig.Kind.GAUGE;
            case HISTOGRAM -> StatsConfig.Kind.HISTOGRAM;
            case COUNTER, UNRECOGNIZED -> StatsConfig.Kind.COUNTER;
        };
    }

    private static Optional<Expression> expression(
            CompileScope scope, String label, String text, FormatContext context) {
        try {
            return Optional.of(Expressions.compile(text, context.expressions()));
        } catch (Expressions.ExpressionFault fault) {
            scope.skipped("stats, label " + label + ": " + fault.text());
            return Optional.empty();
        }
    }
}
