package dev.ambit.control.resource.route;

import java.util.Optional;

/// What a Gateway API route is attached to, with what is not said left out, so that a status can
/// repeat it.
public record ParentRef(
        Optional<String> group,
        Optional<String> kind,
        Optional<String> namespace,
        String name,
        Optional<String> sectionName,
        Optional<Integer> port) {
    private static final String GATEWAY_API = "gateway.networking.k8s.io";

    public boolean isService() {
        return kindOr().equals("Service") && (groupOr().isEmpty() || groupOr().equals("core"));
    }

    public boolean isServiceEntry() {
        return kindOr().equals("ServiceEntry") && groupOr().equals("networking.istio.io");
    }

    public boolean isGateway() {
        return kindOr().equals("Gateway") && groupOr().equals(GATEWAY_API);
    }

    public String groupOr() {
        return group.orElse(GATEWAY_API);
    }

    public String kindOr() {
        return kind.orElse("Gateway");
    }

    /// @param own namespace of the route
    public String namespaceOr(String own) {
        return namespace.filter(n -> !n.isEmpty()).orElse(own);
    }
}
