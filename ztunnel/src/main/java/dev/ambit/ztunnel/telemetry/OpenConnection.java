package dev.ambit.ztunnel.telemetry;

import dev.ambit.mesh.policy.ConnectionFacts;
import dev.ambit.mesh.policy.PolicySet;
import dev.ambit.mesh.policy.Verdict;
import java.time.Duration;

/// A connection that was opened and not yet closed. Its methods are called by one thread at a time.
public interface OpenConnection {

    /// Bytes that moved since the last call. Optional: it only makes them visible before the end.
    /// One atomic add per direction that is not 0, so call it per read batch, not per buffer.
    ///
    /// @param received from the client towards the server, in bytes, not negative
    /// @param sent from the server towards the client, in bytes, not negative
    void bytes(long received, long sent);

    /// What the TLS handshake came to, for the access log. Empty texts are not known.
    ///
    /// @param cipher for example `TLS_AES_128_GCM_SHA256`
    /// @param group the key exchange, for example `X25519MLKEM768`
    default void handshake(String protocol, String cipher, String group) {}

    /// What policy said of it, before it was let through or refused.
    ///
    /// @param policies that apply to the destination, those in dry run included
    default void judged(PolicySet policies, ConnectionFacts facts, Verdict verdict) {}

    /// How long it spent in one phase.
    default void took(Phase phase, long nanos) {}

    /// Ends it: counters and one access log line. Only the first call counts.
    ///
    /// @param received total from the client towards the server, in bytes, whatever `bytes` said
    /// @param sent total from the server towards the client, in bytes
    /// @param lasted since the connection was accepted
    void close(Outcome outcome, long received, long sent, Duration lasted);
}
