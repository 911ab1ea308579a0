package dev.ambit.waypoint.telemetry.format;

/// A format that can't be used: with what is wrong, in Envoy's words where it has some.
public final class FormatFault extends Exception {
    private static final long serialVersionUID = 1;

    public FormatFault(String message) {
        super(message);
    }

    public String text() {
        return String.valueOf(getMessage());
    }
}
