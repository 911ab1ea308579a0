/// Everybody around the measured waypoint in one process: clients that open tunnels, and
/// applications behind them. As light as it goes, so that the waypoint is what is waited for.
@NullMarked
package dev.ambit.bench.waypoint.peer;

import org.jspecify.annotations.NullMarked;
