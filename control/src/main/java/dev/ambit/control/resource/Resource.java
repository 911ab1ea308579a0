package dev.ambit.control.resource;

/// One resource as it was written, checked but not yet related to others.
public sealed interface Resource
        permits Namespace,
                Node,
                Pod,
                Deployment,
                ReplicaSet,
                Service,
                EndpointSlice,
                ServiceAccount,
                ServiceEntry,
                WorkloadEntry,
                PeerAuthentication,
                AuthorizationPolicy,
                Gateway,
                GatewayClass {
    Meta meta();

    /// Not written so: in effect in place of a written one that can't be used.
    default boolean standIn() {
        return false;
    }

    default String kind() {
        return getClass().getSimpleName();
    }

    /// Unique among resources: kind, namespace and name.
    default Key key() {
        return new Key(kind(), meta().namespace(), meta().name());
    }

    record Key(String kind, String namespace, String name) {
        @Override
        public String toString() {
            return kind + " " + (namespace.isEmpty() ? name : namespace + "/" + name);
        }
    }
}
