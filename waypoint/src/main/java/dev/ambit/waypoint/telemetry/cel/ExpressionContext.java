package dev.ambit.waypoint.telemetry.cel;

import java.util.Map;

/// What expressions may know besides the exchange.
///
/// @param ownTls whether the connection's TLS is the exchange's own
/// @param chain `xds.filter_chain_name`
/// @param node `xds.node`
/// @param listenerMetadata `xds.listener_metadata`
public record ExpressionContext(
        boolean ownTls,
        String chain,
        Map<String, Object> node,
        Map<String, Map<String, Object>> listenerMetadata) {}
