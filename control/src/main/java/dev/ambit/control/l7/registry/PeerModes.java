package dev.ambit.control.l7.registry;

import dev.ambit.control.resource.PeerAuthentication;
import dev.ambit.control.resource.PeerAuthentication.Mode;
import dev.ambit.control.resource.ResourceSet;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Which sidecars do not take mutual TLS, although they could: PeerAuthentication, of the port, the
/// workload, the namespace, the mesh.
final class PeerModes {
    private final String root;
    private final Map<String, List<PeerAuthentication>> byNamespace = new HashMap<>();

    PeerModes(ResourceSet input) {
        root = input.mesh().rootNamespace();
        for (var policy : input.all(PeerAuthentication.class)) {
            byNamespace
                    .computeIfAbsent(policy.meta().namespace(), n -> new ArrayList<>())
                    .add(policy);
        }
    }

    boolean disabled(String namespace, Map<String, String> labels, int port) {
        var own =
                of(namespace)
                        .filter(p -> !isWide(p))
                        .filter(p ->
                                labels.entrySet()
                                        .containsAll(p.selector().orElse(Map.of()).entrySet()))
                        .findFirst();
        var ofPort = own.map(p -> p.ports().getOrDefault(port, Mode.UNSET));
        return said(ofPort)
                        .or(() -> said(own.map(PeerAuthentication::mode)))
                        .or(() -> said(wide(namespace)))
                        .or(() -> said(wide(root)))
                        .orElse(Mode.PERMISSIVE)
                == Mode.DISABLE;
    }

    private Optional<Mode> wide(String namespace) {
        return of(namespace).filter(PeerModes::isWide).findFirst().map(PeerAuthentication::mode);
    }

    private java.util.stream.Stream<PeerAuthentication> of(String namespace) {
        return byNamespace.getOrDefault(namespace, List.of()).stream();
    }

    private static boolean isWide(PeerAuthentication policy) {
        return policy.selector().orElse(Map.of()).isEmpty();
    }

    private static Optional<Mode> said(Optional<Mode> mode) {
        return mode.filter(m -> m != Mode.UNSET);
    }
}
