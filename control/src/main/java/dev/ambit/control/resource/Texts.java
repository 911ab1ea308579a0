package dev.ambit.control.resource;

/// Readings of label and annotation values.
public final class Texts {
    private Texts() {}

    /// As Go's `strconv.ParseBool`, which istiod uses; anything else is false.
    public static boolean isTrue(String text) {
        return switch (text) {
            case "1", "t", "T", "true", "TRUE", "True" -> true;
            default -> false;
        };
    }
}
