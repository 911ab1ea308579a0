package dev.ambit.hbone;

/// Told how long the steps towards a stream took, in nanoseconds of the loop's clock. On the loop;
/// called often, so it must be quick.
public interface TunnelTimings {
    TunnelTimings NONE = new TunnelTimings() {};

    /// A request waited for a tunnel, and got one.
    default void waited(long nanos) {}

    /// A TLS handshake that succeeded.
    default void handshake(long nanos) {}

    /// From a CONNECT to its answer, whatever that was.
    default void connect(long nanos) {}
}
