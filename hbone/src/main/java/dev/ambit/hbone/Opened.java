package dev.ambit.hbone;

/// What became of asking for a stream.
///
/// @param <P> the proof of the peer's identity, see `TunnelTls`
public sealed interface Opened<P> {
    /// The peer answered 200; `stream` delivers nothing before `attach`.
    record Stream<P>(HboneStream stream, ConnectReply reply, P peer) implements Opened<P> {}

    /// The peer answered, with another status.
    record Refused<P>(ConnectReply reply, P peer) implements Opened<P> {}

    record Failed<P>(HboneFault fault) implements Opened<P> {}
}
