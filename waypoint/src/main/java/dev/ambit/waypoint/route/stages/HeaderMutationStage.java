package dev.ambit.waypoint.route.stages;

import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.stage.Exchange;
import dev.ambit.waypoint.stage.HttpStage;
import dev.ambit.waypoint.stage.Step;

/// Header operations of a chain, as `envoy.filters.http.header_mutation` does them, with those of
/// the route behind them.
///
/// @param specificLast whether the route's operations have the last word against those of its host
///   and its table
public record HeaderMutationStage(String name, HeaderMutationPolicy policy, boolean specificLast)
        implements HttpStage {
    @Override
    public Step onRequest(Exchange exchange) {
        var request = exchange.request();
        var headers = request.headers();
        HeaderMutationPolicy.apply(policy.request(), headers, request, null, exchange.info());
        if (exchange.routeConfig(name) instanceof HeaderMutationPolicy.Levels levels) {
            for (int at = 0; at < levels.size(); at++) {
                HeaderMutationPolicy.apply(
                        levels.at(at, specificLast).request(),
                        headers,
                        request,
                        null,
                        exchange.info());
            }
        }
        return Step.NEXT;
    }

    @Override
    public void onResponse(Exchange exchange, ResponseHead head) {
        var request = exchange.request();
        HeaderMutationPolicy.apply(
                policy.response(), head.headers(), request, head, exchange.info());
        if (exchange.routeConfig(name) instanceof HeaderMutationPolicy.Levels levels) {
            for (int at = 0; at < levels.size(); at++) {
                HeaderMutationPolicy.apply(
                        levels.at(at, specificLast).response(),
                        head.headers(),
                        request,
                        head,
                        exchange.info());
            }
        }
    }
}
