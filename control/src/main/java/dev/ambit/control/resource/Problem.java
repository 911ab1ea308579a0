package dev.ambit.control.resource;

/// Something in the input that is not in effect as it was written.
///
/// @param resource `Kind namespace/name`, empty when the file as a whole is meant
/// @param field path inside the resource, empty when the resource as a whole is meant
/// @param message the value, what was expected, and what was done instead
public record Problem(
        Severity severity, Origin origin, String resource, String field, String message) {

    public enum Severity {
        /// Not accepted: left out, or an older state stays in effect.
        ERROR,
        /// Accepted, but without effect here.
        NOTICE
    }

    public static Problem error(Origin origin, String resource, String field, String message) {
        return new Problem(Severity.ERROR, origin, resource, field, message);
    }

    public static Problem notice(Origin origin, String resource, String message) {
        return new Problem(Severity.NOTICE, origin, resource, "", message);
    }

    Problem because(String addition) {
        return new Problem(severity, origin, resource, field, message + "; " + addition);
    }

    @Override
    public String toString() {
        var text = new StringBuilder().append(origin).append(": ");
        if (!resource.isEmpty()) {
            text.append(resource).append(": ");
        }
        if (!field.isEmpty()) {
            text.append(field).append(": ");
        }
        return text.append(message).toString();
    }
}
