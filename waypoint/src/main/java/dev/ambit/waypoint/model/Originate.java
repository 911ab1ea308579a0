package dev.ambit.waypoint.model;

import java.util.Optional;

/// How tunnels to destinations are asked for: listeners `connect_originate`,
/// `inner_connect_originate` and `outer_connect_originate`.
///
/// @param baggage whether this waypoint tells destinations, in `baggage`, who it is
/// @param forwardedNetwork `x-forwarded-network` inside another network's tunnel: our own network
/// @param source `x-istio-source` to another network's gateway
public record Originate(
        boolean baggage, Optional<String> forwardedNetwork, Optional<String> source) {
    public static final Originate DEFAULTS =
            new Originate(false, Optional.empty(), Optional.empty());
}
