package dev.ambit.waypoint.xds;

/// A resource that can't be used: it is refused as a whole, with this as the reason, and the last
/// good one stays.
public final class CompileFault extends Exception {
    private static final long serialVersionUID = 1L;

    /// @param what the field and its value
    /// @param expected what would have been accepted, or why this is not
    public CompileFault(String what, String expected) {
        super(what + ": " + expected);
    }

    private CompileFault(String message, CompileFault cause) {
        super(message, cause);
    }

    /// The same, told from further out.
    public CompileFault in(String where) {
        return new CompileFault(where + ": " + getMessage(), this);
    }
}
