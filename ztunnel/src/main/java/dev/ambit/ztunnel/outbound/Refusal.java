package dev.ambit.ztunnel.outbound;

import dev.ambit.mesh.model.GatewayAddress;

/// Why an outbound connection is turned away: a value, because nothing is broken.
public sealed interface Refusal {
    record SelfCall() implements Refusal {}

    record NoHealthyUpstream(OriginalDst dst) implements Refusal {}

    /// The endpoint has no address that could be dialled.
    record NoRoute(String workloadUid) implements Refusal {}

    /// The endpoint is on another network and no service was addressed, so no gateway is known.
    record OtherNetwork(OriginalDst dst, String network) implements Refusal {}

    /// A waypoint is set and can't be used; going around it would skip its policy.
    record WaypointUnavailable(String target, GatewayAddress waypoint) implements Refusal {}

    /// The access log's `error`; where the reference has a text for it, the same text.
    default String text() {
        return switch (this) {
            case SelfCall() -> "attempted recursive call to ourselves";
            case NoHealthyUpstream(var dst) -> "no healthy upstream: " + dst;
            case NoRoute(var uid) -> "no valid routing destination for workload: " + uid;
            case OtherNetwork(var dst, var network) ->
                    "no service for target address: "
                            + dst
                            + " (it is on network '"
                            + network
                            + "', reached only through a service)";
            case WaypointUnavailable(var target, var waypoint) ->
                    "unknown waypoint: "
                            + target
                            + " is behind waypoint "
                            + describe(waypoint)
                            + ", and this ztunnel can't send through waypoints; not sent around it";
        };
    }

    private static String describe(GatewayAddress waypoint) {
        var where =
                switch (waypoint.destination()) {
                    case GatewayAddress.Destination.ByHostname(var service) -> service.toString();
                    case GatewayAddress.Destination.ByAddress(var address) -> address.toString();
                };
        return where + " port " + waypoint.hbonePort();
    }
}
