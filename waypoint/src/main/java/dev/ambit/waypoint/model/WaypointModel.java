package dev.ambit.waypoint.model;

import java.util.Optional;

/// All that connections are judged by, in one immutable snapshot. A connection, and each request,
/// keeps the snapshot that it began with.
///
/// @param tunnel the HBONE front, listener `connect_terminate`; empty until it has come
/// @param chains behind every front, listener `main_internal`
/// @param originate how tunnels to destinations are asked for
public record WaypointModel(Optional<TunnelFront> tunnel, ChainTable chains, Originate originate) {
    public static final WaypointModel EMPTY =
            new WaypointModel(Optional.empty(), ChainTable.EMPTY, Originate.DEFAULTS);
}
