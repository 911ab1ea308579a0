package dev.ambit.control.l7;

import dev.ambit.control.compile.MeshModel;
import dev.ambit.control.l7.authz.PolicyIndex;
import dev.ambit.control.l7.cluster.DestinationRules;
import dev.ambit.control.l7.extend.ExtensionIndex;
import dev.ambit.control.l7.jwt.Jwks;
import dev.ambit.control.l7.registry.Registry;
import dev.ambit.control.l7.route.RouteIndex;
import dev.ambit.control.l7.telemetry.TelemetryIndex;
import dev.ambit.control.resource.ResourceSet;

/// One moment of the mesh as L7 sees it: immutable, made once per change, shared by all waypoints.
///
/// @param input everything as it was written
/// @param mesh what ztunnels are sent, with what attaches services and workloads to waypoints
/// @param registry services and endpoints
/// @param extensions that can't run here
/// @param telemetry what is told of traffic, by namespace
/// @param routes by the hosts that they are for
/// @param rules how services are called
/// @param policies who may do what, by what they are attached to
/// @param jwks keys of token issuers, as far as they are known
public record L7Model(
        ResourceSet input,
        MeshModel mesh,
        Registry registry,
        RouteIndex routes,
        DestinationRules rules,
        TelemetryIndex telemetry,
        ExtensionIndex extensions,
        PolicyIndex policies,
        Jwks jwks,
        L7Settings settings) {

    /// Keys of issuers that are not written inline are not known then.
    public static L7Model of(ResourceSet input, MeshModel mesh, L7Settings settings) {
        return of(input, mesh, Jwks.none(), settings);
    }

    /// The same with other keys.
    public L7Model with(Jwks others) {
        return new L7Model(
                input,
                mesh,
                registry,
                routes,
                rules,
                telemetry,
                extensions,
                policies,
                others,
                settings);
    }

    public static L7Model of(ResourceSet input, MeshModel mesh, Jwks jwks, L7Settings settings) {
        var registry = Registry.of(input, mesh);
        return new L7Model(
                input,
                mesh,
                registry,
                RouteIndex.of(input, registry),
                DestinationRules.of(input),
                TelemetryIndex.of(input),
                ExtensionIndex.of(input),
                PolicyIndex.of(input, registry),
                jwks,
                settings);
    }
}
