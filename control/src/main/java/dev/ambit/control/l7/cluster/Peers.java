package dev.ambit.control.l7.cluster;

import dev.ambit.control.l7.WaypointScope;
import dev.ambit.control.l7.registry.MeshEndpoint;
import dev.ambit.control.l7.registry.MeshService;
import dev.ambit.control.resource.MeshConfig;
import dev.ambit.control.resource.PeerAuthentication;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/// Who answers for a service that is only called, and whether they can be asked for Istio's mTLS.
///
/// @param endpoints of the service
record Peers(WaypointScope scope, MeshService service, List<MeshEndpoint> endpoints) {
    private static final String SPIFFE = "spiffe://";

    static Peers of(WaypointScope scope, MeshService service) {
        return new Peers(scope, service, scope.model().registry().endpoints(service));
    }

    /// Identities that a server may prove: those of all endpoints, in each trust domain of the
    /// mesh; and what a ServiceEntry says.
    List<String> identities() {
        var identities = new TreeSet<String>();
        var mesh = scope.model().input().mesh();
        for (var endpoint : endpoints) {
            if (!endpoint.serviceAccount().isEmpty()) {
                var path = "/ns/" + endpoint.namespace() + "/sa/" + endpoint.serviceAccount();
                identities.add(SPIFFE + mesh.trustDomain() + path);
                mesh.traffic()
                        .trustDomainAliases()
                        .forEach(alias -> identities.add(SPIFFE + alias + path));
            }
        }
        service.subjectAltNames().forEach(name -> expand(mesh, name, identities));
        return List.copyOf(identities);
    }

    private static void expand(MeshConfig mesh, String name, TreeSet<String> into) {
        into.add(name);
        var own = SPIFFE + mesh.trustDomain() + "/";
        if (name.startsWith(own)) {
            mesh.traffic()
                    .trustDomainAliases()
                    .forEach(a -> into.add(SPIFFE + a + "/" + name.substring(own.length())));
        }
    }

    /// Every endpoint takes HBONE, so nobody speaks of peers in another way.
    boolean allHbone(int port) {
        var of = at(port);
        return !of.isEmpty() && of.stream().allMatch(MeshEndpoint::hbone);
    }

    private List<MeshEndpoint> at(int port) {
        return endpoints.stream().filter(e -> e.ports().containsKey(port)).toList();
    }

    /// Whether a proxy may try mTLS by itself: a guess from policies of namespaces and of the mesh,
    /// as istiod's; workloads' own don't count.
    ///
    /// @param passthrough connections go where the client wants: all endpoints must be able to
    boolean mutualTls(int port, boolean passthrough) {
        if (service.external() || !scope.model().input().mesh().traffic().autoMtls()) {
            return false;
        }
        if (passthrough
                && (at(port).isEmpty() || !at(port).stream().allMatch(MeshEndpoint::istioTls))) {
            return false;
        }
        return mode() != PeerAuthentication.Mode.DISABLE;
    }

    private PeerAuthentication.Mode mode() {
        var input = scope.model().input();
        var all = input.all(PeerAuthentication.class);
        var root = whole(all, input.mesh().rootNamespace());
        return whole(all, service.namespace())
                .filter(m -> m != PeerAuthentication.Mode.UNSET)
                .or(() -> root)
                .orElse(PeerAuthentication.Mode.PERMISSIVE);
    }

    /// Of the oldest policy for a whole namespace.
    private static Optional<PeerAuthentication.Mode> whole(
            List<PeerAuthentication> all, String namespace) {
        return all.stream()
                .filter(p -> p.meta().namespace().equals(namespace))
                .filter(p -> p.selector().map(java.util.Map::isEmpty).orElse(true))
                .map(PeerAuthentication::mode)
                .findFirst();
    }
}
