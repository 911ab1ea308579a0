package dev.ambit.control.l7.route;

import dev.ambit.control.l7.registry.Registry;
import dev.ambit.control.resource.ResourceSet;

/// All routes of the mesh, by the hosts that they are for.
public final class RouteIndex {
    private RouteIndex() {}

    public static RouteIndex of(ResourceSet input, Registry registry) {
        return new RouteIndex();
    }
}
