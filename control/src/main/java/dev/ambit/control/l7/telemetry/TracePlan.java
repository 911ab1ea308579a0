package dev.ambit.control.l7.telemetry;

import dev.ambit.control.resource.observe.ExtensionProvider;
import dev.ambit.control.resource.observe.MeshObserve;
import dev.ambit.control.resource.observe.ProxyDefaults.Tag;
import dev.ambit.control.resource.observe.Telemetry;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// How requests are traced.
///
/// @param provider empty: not at all
/// @param tags empty: those of the proxy's own configuration
record TracePlan(
        Optional<ExtensionProvider> provider,
        boolean disabled,
        Optional<Double> sampling,
        Map<String, Tag> tags,
        boolean useRequestId,
        boolean istioTags,
        boolean disablePropagation) {

    /// Empty when nobody has said anything: then the proxy's own configuration counts.
    static Optional<TracePlan> of(List<Telemetry> levels, MeshObserve mesh) {
        var defaults = mesh.defaultProviders().tracing();
        var all = levels.stream().flatMap(l -> l.tracing().stream()).toList();
        if (all.isEmpty() && defaults.isEmpty()) {
            return Optional.empty();
        }
        var plan =
                new TracePlan(
                        defaults.stream().findFirst().flatMap(mesh::provider),
                        false,
                        Optional.empty(),
                        Map.of(),
                        true,
                        true,
                        false);
        for (var tracing : all) {
            if (tracing.mode().server()) {
                plan = plan.with(tracing, mesh);
            }
        }
        return Optional.of(plan);
    }

    private TracePlan with(Telemetry.Tracing said, MeshObserve mesh) {
        return new TracePlan(
                // One provider at most: the first that is named.
                said.providers().isEmpty() ? provider : mesh.provider(said.providers().getFirst()),
                said.disableSpans().orElse(disabled),
                said.sampling().or(() -> sampling),
                said.customTags().isEmpty() ? tags : said.customTags(),
                said.useRequestId().orElse(useRequestId),
                said.istioTags().orElse(istioTags),
                said.disablePropagation().orElse(disablePropagation));
    }
}
