package dev.ambit.waypoint.xds;

/// A configuration that can't be used: the resource is refused (NACK) and the last good one stays.
/// Says where, what was there, what was expected, and the likely cause.
public class Refused extends Exception {
    private static final long serialVersionUID = 1;

    /// @param field path in the resource, in protobuf names, as `http_filters[rbac].rules`
    /// @param value what is there
    /// @param expected what would have been good, with the likely cause
    public Refused(String field, String value, String expected) {
        super(field + ": '" + value + "' (expected: " + expected + ")");
    }

    /// @param told field, value and expectation in one text
    public Refused(String told) {
        super(told);
    }

    Refused(String message, @org.jspecify.annotations.Nullable Refused cause) {
        super(message, cause);
    }

    /// The same, with what the field is in.
    public Refused in(String where) {
        return new Refused(where + ": " + getMessage(), this);
    }

    public String text() {
        return String.valueOf(getMessage());
    }
}
