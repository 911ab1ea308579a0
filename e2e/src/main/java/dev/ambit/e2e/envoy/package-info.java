/// A real Envoy under Ambit's control plane: the judge of what it sends to waypoints.
@org.jspecify.annotations.NullMarked
package dev.ambit.e2e.envoy;
