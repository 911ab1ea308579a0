package dev.ambit.ztunnel.telemetry;

import dev.ambit.mesh.policy.Verdict.Denial;
import java.util.Optional;

/// How a connection ended: exactly one per connection. Each kind has one access log line and one
/// set of counters, and no other place decides about either.
public sealed interface Outcome {
    /// Both sides said all they had to say.
    record Completed() implements Outcome {}

    /// This node decided against it.
    ///
    /// @param text what the log says as `error`
    /// @param why of a policy's refusal; the log adds it after the reference's fields
    record Refused(ResponseFlag flag, String text, Optional<Denial> why) implements Outcome {
        public Refused(ResponseFlag flag, String text) {
            this(flag, text, Optional.empty());
        }
    }

    /// The world decided against it: at the start, or at any time later.
    record Failed(ResponseFlag flag, String text) implements Outcome {}

    /// Cut because this process or the pod ends. An error in the log, not one in the metrics.
    record Drained(String text) implements Outcome {}

    Completed COMPLETED = new Completed();

    /// A policy refused it, before it began or when the policy changed.
    static Refused denied(Denial why) {
        return new Refused(
                ResponseFlag.DENY,
                "connection closed due to policy rejection: " + why.text(),
                Optional.of(why));
    }
}
