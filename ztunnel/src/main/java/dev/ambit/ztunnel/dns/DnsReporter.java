package dev.ambit.ztunnel.dns;

import dev.ambit.mesh.model.Workload;
import java.time.Duration;
import java.util.Optional;

/// Where the DNS proxy tells what it does. Never blocks; any thread.
public interface DnsReporter {
    /// A query has come to its end. Called exactly once for each.
    void completed(Report report);

    /// A message was not taken.
    void refused(DnsRefusal why);

    /// One query.
    ///
    /// @param typeLabel what was asked for, lower case; `unknown` if it was not understood
    /// @param type the same for people; empty if it was not understood
    /// @param domain the name, with its last dot; empty if it was not understood
    /// @param client the pod's workload; empty if the mesh does not know it
    record Report(
            String typeLabel,
            Optional<String> type,
            Optional<String> domain,
            boolean tcp,
            Optional<Workload> client,
            Outcome outcome) {}

    /// How it ended.
    sealed interface Outcome {
        /// By the mesh's own answer.
        ///
        /// @param result for the query log
        /// @param endpoints addresses or targets that the client was given
        record Answered(String result, int endpoints) implements Outcome {}

        /// By a name server's reply.
        ///
        /// @param answers records in its answer section
        record Forwarded(Duration took, int answers) implements Outcome {}

        record ForwardingFailed(Duration took, String why) implements Outcome {}

        /// The mesh did not tell in time whose pod it is.
        record ClientUnknown() implements Outcome {}

        /// Turned away.
        record Refused(DnsRefusal why) implements Outcome {}
    }
}
