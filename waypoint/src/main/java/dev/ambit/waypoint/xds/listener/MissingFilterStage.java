package dev.ambit.waypoint.xds.listener;

import dev.ambit.waypoint.exchange.ResponseFlag;
import dev.ambit.waypoint.stage.Exchange;
import dev.ambit.waypoint.stage.HttpStage;
import dev.ambit.waypoint.stage.LocalReply;
import dev.ambit.waypoint.stage.Step;

/// Stands where a filter should be whose configuration can't be had: nobody passes.
record MissingFilterStage(String name) implements HttpStage {
    private static final int INTERNAL_SERVER_ERROR = 500;

    @Override
    public Step onRequest(Exchange exchange) {
        return Step.answer(
                LocalReply.of(INTERNAL_SERVER_ERROR, "", "filter_config_not_found")
                        .flagged(ResponseFlag.NO_FILTER_CONFIG_FOUND));
    }
}
