package dev.ambit.mesh.xds;

/// A resource that can't be used: the control plane is told so, and the last good one stays.
public final class MappingFault extends Exception {
    private static final long serialVersionUID = 1;

    MappingFault(String field, Object value, String expected) {
        super(field + ": " + value + " (expected: " + expected + ")", null, false, false);
    }

    public String text() {
        return String.valueOf(getMessage());
    }
}
