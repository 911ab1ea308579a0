package dev.ambit.ztunnel.outbound;

import dev.ambit.mesh.model.GatewayAddress;
import dev.ambit.mesh.model.ServiceKey;

/// Why an outbound connection is turned away: a value, because nothing is broken.
public sealed interface Refusal {
    record SelfCall() implements Refusal {}

    record NoHealthyUpstream(OriginalDst dst) implements Refusal {}

    /// The endpoint has no address that could be dialled.
    record NoRoute(String workloadUid) implements Refusal {}

    /// The workload is on another network and no service was addressed: gateways know services.
    record OtherNetwork(OriginalDst dst, String network) implements Refusal {}

    /// Nothing has the waypoint's name or address; going around it would skip its policy.
    record UnknownWaypoint(GatewayAddress waypoint) implements Refusal {}

    /// The waypoint is known, and nobody behind it can take the connection.
    record NoHealthyWaypoint(GatewayAddress waypoint) implements Refusal {}

    record UnknownGateway(GatewayAddress gateway) implements Refusal {}

    record NoHealthyGateway(GatewayAddress gateway) implements Refusal {}

    /// The far end of a tunnel through a gateway could not be told from anybody else.
    ///
    /// @param named whose names are missing: the service, or the waypoint's
    record NoNamesForOtherNetwork(ServiceKey named) implements Refusal {}

    /// @param why what the resolver said
    record NotResolved(String workloadUid, String hostname, String why) implements Refusal {}

    record NoAddressRecords(String workloadUid) implements Refusal {}

    /// The access log's `error`; where the reference has a text for it, it starts with that.
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
            case UnknownWaypoint(var waypoint) ->
                    "unknown waypoint: waypoint " + name(waypoint) + " not found";
            case NoHealthyWaypoint(var waypoint) ->
                    "unknown waypoint: waypoint "
                            + name(waypoint)
                            + " not found: no healthy endpoint takes port "
                            + waypoint.hbonePort();
            case UnknownGateway(var gateway) ->
                    "unknown network gateway: network gateway " + name(gateway) + " not found";
            case NoHealthyGateway(var gateway) ->
                    "unknown network gateway: network gateway "
                            + name(gateway)
                            + " not found: no healthy endpoint takes port "
                            + gateway.hbonePort();
            case NoNamesForOtherNetwork(var service) ->
                    "no valid routing destination for service: "
                            + service
                            + " is on another network and has no SPIFFE id in subject_alt_names,"
                            + " so its far end could not be recognised";
            case NotResolved(var uid, var hostname, var why) ->
                    "no ip addresses were resolved for workload: "
                            + uid
                            + " ("
                            + hostname
                            + ": "
                            + why
                            + ")";
            case NoAddressRecords(var uid) ->
                    "ip addresses were resolved for workload "
                            + uid
                            + ", but valid dns response had no A/AAAA records";
        };
    }

    private static String name(GatewayAddress reference) {
        return switch (reference.destination()) {
            case GatewayAddress.Destination.ByHostname(var service) -> service.hostname();
            case GatewayAddress.Destination.ByAddress(var address) ->
                    address.network()
                            + "/"
                            + Addresses.text(address.address(), reference.hbonePort());
        };
    }
}
