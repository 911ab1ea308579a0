package dev.ambit.e2e.lab;

/// Something the lab needed did not work. The message says what was attempted, what was expected
/// and what came instead; the lab cannot go on with the step that threw it.
public final class LabFault extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public LabFault(String message) {
        super(message);
    }

    public LabFault(String message, Throwable cause) {
        super(message, cause);
    }
}
