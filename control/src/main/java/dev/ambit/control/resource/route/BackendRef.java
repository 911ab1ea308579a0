package dev.ambit.control.resource.route;

import java.util.Optional;

/// Where a Gateway API route leads to.
///
/// @param group of the kind, empty for Kubernetes' own
/// @param port 0: not said
public record BackendRef(
        String group, String kind, Optional<String> namespace, String name, int port, int weight) {}
