package dev.ambit.control.l7.authz;

import dev.ambit.control.l7.WaypointNode;
import dev.ambit.control.l7.registry.MeshService;
import dev.ambit.control.l7.registry.Registry;
import dev.ambit.control.resource.AuthorizationPolicy;
import dev.ambit.control.resource.ResourceSet;
import dev.ambit.control.resource.security.RequestAuthentication;
import java.util.List;
import java.util.Optional;

/// Who may do what, by what it is attached to. Made once per change.
public final class PolicyIndex {
    private final Attachments<AuthorizationPolicy> authorization;
    private final Attachments<RequestAuthentication> authentication;
    private final ExtAuthz.Providers providers;
    private final TrustDomains trust;

    private PolicyIndex(ResourceSet input, Registry registry) {
        var mesh = input.mesh();
        this.authorization =
                new Attachments<>(
                        input.all(AuthorizationPolicy.class),
                        mesh.rootNamespace(),
                        AuthorizationPolicy::targets,
                        AuthorizationPolicy::selector,
                        // Of such a stand-in, ztunnels refuse everything already.
                        p -> false);
        this.authentication =
                new Attachments<>(
                        input.all(RequestAuthentication.class),
                        mesh.rootNamespace(),
                        RequestAuthentication::targets,
                        RequestAuthentication::selector,
                        p -> p.standIn() && p.targets().isEmpty());
        this.providers = ExtAuthz.of(mesh.providers().values(), registry);
        this.trust = TrustDomains.of(mesh.trustDomain(), mesh.traffic().trustDomainAliases());
    }

    public static PolicyIndex of(ResourceSet input, Registry registry) {
        return new PolicyIndex(input, registry);
    }

    List<AuthorizationPolicy> authorization(WaypointNode node, Optional<MeshService> service) {
        return authorization.at(node, service);
    }

    List<AuthorizationPolicy> authorization(
            String namespace, String gateway, String className, MeshService service) {
        return authorization.at(namespace, gateway, className, Optional.of(service));
    }

    List<AuthorizationPolicy> selecting(WaypointNode node) {
        return authorization.selecting(node);
    }

    List<RequestAuthentication> authentication(WaypointNode node, Optional<MeshService> service) {
        return authentication.at(node, service);
    }

    ExtAuthz.Providers providers() {
        return providers;
    }

    TrustDomains trust() {
        return trust;
    }
}
