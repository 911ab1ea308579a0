package dev.ambit.control.l7;

import dev.ambit.control.compile.MeshModel;
import dev.ambit.control.l7.cluster.DestinationRules;
import dev.ambit.control.l7.registry.Registry;
import dev.ambit.control.l7.route.RouteIndex;
import dev.ambit.control.resource.ResourceSet;

/// One moment of the mesh as L7 sees it: immutable, made once per change, shared by all waypoints.
///
/// @param input everything as it was written
/// @param mesh what ztunnels are sent, with what attaches services and workloads to waypoints
/// @param registry services and endpoints
/// @param routes by the hosts that they are for
/// @param rules how services are called
public record L7Model(
        ResourceSet input,
        MeshModel mesh,
        Registry registry,
        RouteIndex routes,
        DestinationRules rules,
        L7Settings settings) {

    public static L7Model of(ResourceSet input, MeshModel mesh, L7Settings settings) {
        var registry = Registry.of(input, mesh);
        return new L7Model(
                input,
                mesh,
                registry,
                RouteIndex.of(input, registry),
                DestinationRules.of(input),
                settings);
    }
}
