package dev.ambit.control.resource;

/// One resource as it was written, checked but not yet related to others. Not sealed: each API
/// group has its kinds in a package of its own.
public interface Resource {
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
