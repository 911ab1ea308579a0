/// The waypoint beside a stock Envoy with the same configuration: requests for a CPU second, added
/// latency, memory.
@NullMarked
package dev.ambit.bench.waypoint;

import org.jspecify.annotations.NullMarked;
