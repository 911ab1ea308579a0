package dev.ambit.control.l7.route;

import dev.ambit.control.l7.registry.Registry;
import dev.ambit.control.resource.Resource;
import dev.ambit.control.resource.ResourceSet;
import dev.ambit.control.resource.Service;
import dev.ambit.control.resource.route.BackendRef;
import dev.ambit.control.resource.route.RouteParts.Destination;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/// What Gateway API routes lead to.
final class Backends {
    private static final String ISTIO_NETWORKING = "networking.istio.io";
    private static final String MULTI_CLUSTER = "multicluster.x-k8s.io";

    private final Registry registry;
    private final Set<String> services = new HashSet<>();

    Backends(ResourceSet input, Registry registry) {
        this.registry = registry;
        input.all(Service.class).forEach(s -> services.add(s.meta().path()));
    }

    /// @param reason of a Gateway API condition
    record Wrong(String reason, String message) {
        Wrong and(Wrong other) {
            return new Wrong(reason, message + "; " + other.message);
        }
    }

    sealed interface Outcome {}

    /// @param wrong it does not exist: its share of the traffic fails
    record Usable(Destination destination, Optional<Wrong> wrong) implements Outcome {}

    /// Makes the whole route unusable.
    record Refused(Wrong wrong) implements Outcome {}

    Outcome of(BackendRef ref, String namespace) {
        if (ref.group().isEmpty() && ref.kind().equals("Service")) {
            if (ref.name().indexOf('.') >= 0) {
                return refused(
                        "service name invalid; the name of the Service must be used, not the"
                                + " hostname.");
            }
            return service(ref, namespace);
        }
        if (ref.group().equals(MULTI_CLUSTER) && ref.kind().equals("ServiceImport")) {
            return service(ref, namespace);
        }
        if (ref.group().equals(ISTIO_NETWORKING) && ref.kind().equals("Hostname")) {
            if (ref.namespace().isPresent()) {
                return refused("namespace may not be set with Hostname type");
            }
            return checked(ref, ref.name(), registry.service(ref.name(), namespace).isPresent());
        }
        return new Usable(
                Destination.UNUSABLE,
                Optional.of(
                        new Wrong(
                                "InvalidKind",
                                "referencing unsupported backendRef: group \"%s\" kind \"%s\""
                                        .formatted(ref.group(), ref.kind()))));
    }

    private Outcome service(BackendRef ref, String namespace) {
        var where = ref.namespace().orElse(namespace);
        return checked(
                ref,
                ref.name() + "." + where + ".svc.cluster.local",
                services.contains(where + "/" + ref.name()));
    }

    private static Outcome checked(BackendRef ref, String host, boolean exists) {
        if (ref.port() == 0) {
            return refused("port is required in backendRef");
        }
        return new Usable(
                new Destination(host, "", ref.port()),
                exists
                        ? Optional.empty()
                        : Optional.of(
                                new Wrong("BackendNotFound", "backend(" + host + ") not found")));
    }

    private static Outcome refused(String message) {
        return new Refused(new Wrong("InvalidDestination", message));
    }

    /// The key of the resource that a backend names, for findings.
    static Resource.Key key(BackendRef ref, String namespace) {
        return new Resource.Key(ref.kind(), ref.namespace().orElse(namespace), ref.name());
    }
}
