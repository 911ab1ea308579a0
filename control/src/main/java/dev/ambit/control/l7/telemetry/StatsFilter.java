package dev.ambit.control.l7.telemetry;

import com.google.protobuf.Any;
import dev.ambit.control.l7.Protos;
import dev.ambit.control.resource.observe.ExtensionProvider;
import dev.ambit.control.resource.observe.MeshObserve;
import dev.ambit.control.resource.observe.Telemetry;
import dev.ambit.control.resource.observe.Telemetry.TagChange;
import dev.ambit.envoy.proto.stats.MetricConfig;
import dev.ambit.envoy.proto.stats.PluginConfig;
import dev.ambit.envoy.proto.stats.Reporter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The filter that counts: Istio's metrics for Prometheus.
final class StatsFilter {
    private StatsFilter() {}

    /// One configuration per provider that is Prometheus.
    static List<Any> of(List<Telemetry> levels, MeshObserve mesh) {
        var filters = new ArrayList<Any>();
        MetricsPlan.of(levels, mesh)
                .forEach((name, plan) -> {
                    if (reports(mesh.provider(name)) && !plan.disabled()) {
                        filters.add(Protos.any(config(plan)));
                    }
                });
        return List.copyOf(filters);
    }

    private static boolean reports(Optional<ExtensionProvider> provider) {
        return provider.filter(ExtensionProvider.Prometheus.class::isInstance).isPresent();
    }

    private static PluginConfig config(MetricsPlan plan) {
        var config =
                PluginConfig.newBuilder()
                        .setDisableHostHeaderFallback(true)
                        .setReporter(Reporter.SERVER_GATEWAY);
        plan.interval().ifPresent(i -> config.setTcpReportingDuration(Protos.duration(i)));
        plan.changes().forEach((name, change) -> config.addMetrics(metric(name, change)));
        return config.build();
    }

    private static MetricConfig metric(String name, MetricsPlan.Change change) {
        var config =
                MetricConfig.newBuilder()
                        .setName(Telemetry.METRICS.getOrDefault(name, name))
                        .setDrop(change.drop());
        change.tags()
                .forEach((tag, what) -> {
                    switch (what) {
                        case TagChange.Set set -> config.putDimensions(tag, set.expression());
                        case TagChange.Remove _ -> config.addTagsToRemove(tag);
                    }
                });
        return config.build();
    }
}
