package dev.ambit.control.l7.report;

/// One entry of a `status.conditions`, without what only the writer knows (times, generations).
///
/// @param reason one word in CamelCase, as the API that it belongs to names it
public record Condition(String type, State state, String reason, String message) {
    public enum State {
        TRUE("True"),
        FALSE("False"),
        UNKNOWN("Unknown");

        private final String spelling;

        State(String spelling) {
            this.spelling = spelling;
        }

        /// As the Kubernetes API has it.
        public String spelling() {
            return spelling;
        }
    }

    public static Condition yes(String type, String reason, String message) {
        return new Condition(type, State.TRUE, reason, message);
    }

    public static Condition no(String type, String reason, String message) {
        return new Condition(type, State.FALSE, reason, message);
    }
}
