package dev.ambit.process;

/// A setting that can't be used; the process does not start with it.
public final class ConfigFault extends RuntimeException {
    private static final long serialVersionUID = 1;

    /// @param name the variable
    /// @param expected what would have been a good value
    public ConfigFault(String name, String value, String expected) {
        super(name + ": '" + value + "' (expected: " + expected + ")");
    }
}
