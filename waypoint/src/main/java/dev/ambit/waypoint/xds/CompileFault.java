package dev.ambit.waypoint.xds;

/// A refusal whose field and value are told in one text.
public final class CompileFault extends Refused {
    private static final long serialVersionUID = 1L;

    /// @param what the field and its value
    /// @param expected what would have been accepted, or why this is not
    public CompileFault(String what, String expected) {
        super(what + ": " + expected, null);
    }

    private CompileFault(String message, CompileFault cause) {
        super(message, cause);
    }

    @Override
    public CompileFault in(String where) {
        return new CompileFault(where + ": " + getMessage(), this);
    }
}
