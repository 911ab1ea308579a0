package dev.ambit.mesh.local;

/// A local mesh that can't be used as a whole.
public final class LocalMeshFault extends Exception {
    private static final long serialVersionUID = 1;

    LocalMeshFault(String message) {
        super(message, null, false, false);
    }

    LocalMeshFault(String where, Object value, String expected) {
        this(where + ": '" + value + "' (expected: " + expected + ")");
    }
}
