package dev.ambit.waypoint.route.stages;

import dev.ambit.waypoint.route.HeaderValue;
import dev.ambit.waypoint.stage.Exchange;
import dev.ambit.waypoint.stage.HttpStage;
import dev.ambit.waypoint.stage.Step;
import java.util.List;

/// Puts texts into filter state, as `envoy.filters.http.set_filter_state` does.
public record FilterStateStage(String name, List<Entry> entries) implements HttpStage {
    /// @param skipIfEmpty whether a key is left alone that would get an empty text
    public record Entry(String key, HeaderValue value, boolean skipIfEmpty) {}

    @Override
    public Step onRequest(Exchange exchange) {
        for (var entry : entries) {
            var value = entry.value().format(exchange.request(), null, exchange.info());
            if (!value.isEmpty() || !entry.skipIfEmpty()) {
                exchange.info().filterState(entry.key(), value);
            }
        }
        return Step.NEXT;
    }
}
