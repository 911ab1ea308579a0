package dev.ambit.control.l7;

import dev.ambit.control.compile.MeshCompilation;
import dev.ambit.control.compile.MeshModel;
import dev.ambit.control.l7.authz.PolicyIndex;
import dev.ambit.control.l7.cluster.DestinationRules;
import dev.ambit.control.l7.extend.ExtensionIndex;
import dev.ambit.control.l7.jwt.Jwks;
import dev.ambit.control.l7.limits.LimitIndex;
import dev.ambit.control.l7.registry.Registry;
import dev.ambit.control.l7.route.RouteIndex;
import dev.ambit.control.l7.telemetry.TelemetryIndex;
import dev.ambit.control.resource.Resource;
import dev.ambit.control.resource.ResourceSet;
import java.util.List;

/// One moment of the mesh as L7 sees it: immutable, made once per change, shared by all waypoints.
///
/// @param input everything as it was written
/// @param mesh what ztunnels are sent, with what attaches services and workloads to waypoints
/// @param registry services and endpoints
/// @param routes by the hosts that they are for
/// @param rules how services are called
/// @param telemetry what is told of traffic, by namespace
/// @param extensions that can't run here
/// @param policies who may do what, by what they are attached to
/// @param limits how many requests services take
/// @param jwks keys of token issuers, as far as they are known
/// @param rest all resources of this cluster but pods and slices; the same instance as long as
///   nothing but those has changed
public record L7Model(
        ResourceSet input,
        MeshModel mesh,
        Registry registry,
        RouteIndex routes,
        DestinationRules rules,
        TelemetryIndex telemetry,
        ExtensionIndex extensions,
        PolicyIndex policies,
        LimitIndex limits,
        Jwks jwks,
        List<Resource> rest,
        L7Settings settings) {

    /// Keys of issuers that are not written inline are not known then.
    public static L7Model of(ResourceSet input, MeshModel mesh, L7Settings settings) {
        return of(input, mesh, Jwks.none(), settings);
    }

    public static L7Model of(ResourceSet input, MeshModel mesh, Jwks jwks, L7Settings settings) {
        return of(input, mesh, jwks, MeshCompilation.rest(input.resources()), settings);
    }

    public static L7Model of(MeshCompilation compiled, Jwks jwks, L7Settings settings) {
        return of(compiled.input(), compiled.model(), jwks, compiled.rest(), settings);
    }

    private static L7Model of(
            ResourceSet input,
            MeshModel mesh,
            Jwks jwks,
            List<Resource> rest,
            L7Settings settings) {
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
                LimitIndex.of(input),
                jwks,
                rest,
                settings);
    }

    /// The same with other keys.
    public L7Model with(Jwks others) {
        return with(input, mesh, registry, others);
    }

    /// The moment after this one. Where nothing but pods and their endpoints has changed, the rest
    /// is taken over.
    public L7Model next(MeshCompilation compiled, Jwks keys, L7Settings others) {
        var following = compiled.input();
        boolean same =
                compiled.rest().equals(rest)
                        && following.remotes().isEmpty()
                        && input.remotes().isEmpty()
                        && following.mesh().equals(input.mesh())
                        && others.equals(settings);
        return same
                ? with(
                        following,
                        compiled.model(),
                        registry.next(following, compiled.model()),
                        keys)
                : of(compiled, keys, others);
    }

    private L7Model with(
            ResourceSet otherInput, MeshModel otherMesh, Registry otherRegistry, Jwks others) {
        return new L7Model(
                otherInput,
                otherMesh,
                otherRegistry,
                routes,
                rules,
                telemetry,
                extensions,
                policies,
                limits,
                others,
                rest,
                settings);
    }
}
