package dev.ambit.waypoint.telemetry.metrics;

/// Builds a label set as the text format has it.
final class Labels {
    private final StringBuilder text = new StringBuilder(1_024);
    private final StringBuilder unknown = new StringBuilder(512);

    /// An empty value stays empty.
    void add(String name, String value) {
        if (!text.isEmpty()) {
            text.append(',');
            unknown.append(',');
        }
        text.append(name).append("=\"");
        escape(text, value);
        text.append('"');
        unknown.append(name).append("=\"");
        unknown.append(name.equals("reporter") ? value : "unknown").append('"');
    }

    String text() {
        return text.toString();
    }

    /// With every value but the reporter's unknown.
    String unknown() {
        return unknown.toString();
    }

    private static void escape(StringBuilder out, String value) {
        for (int at = 0; at < value.length(); at++) {
            char c = value.charAt(at);
            switch (c) {
                case '\\' -> out.append("\\\\");
                case '"' -> out.append("\\\"");
                case '\n' -> out.append("\\n");
                default -> out.append(c);
            }
        }
    }
}
