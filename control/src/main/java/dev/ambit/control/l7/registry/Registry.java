package dev.ambit.control.l7.registry;

import dev.ambit.control.compile.MeshModel;
import dev.ambit.control.resource.ResourceSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Every service of the mesh and where its endpoints are.
public final class Registry {
    private final List<MeshService> services;
    private final Map<String, List<MeshService>> byHostname = new HashMap<>();

    private Registry(List<MeshService> services) {
        this.services = List.copyOf(services);
        for (var service : services) {
            byHostname.merge(
                    service.hostname(),
                    List.of(service),
                    (a, b) -> java.util.stream.Stream.concat(a.stream(), b.stream()).toList());
        }
    }

    public static Registry of(ResourceSet input, MeshModel mesh) {
        return new Registry(List.of());
    }

    public List<MeshService> services() {
        return services;
    }

    /// The one that a resource of `namespace` means by a hostname: its own namespace's, else a
    /// Kubernetes service, else the oldest.
    public Optional<MeshService> service(String hostname, String namespace) {
        var all = byHostname.getOrDefault(hostname, List.of());
        return all.stream()
                .filter(s -> s.namespace().equals(namespace))
                .findFirst()
                .or(() -> all.stream().findFirst());
    }
}
