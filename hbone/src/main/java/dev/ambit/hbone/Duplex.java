package dev.ambit.hbone;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;

/// One end of a two-way byte stream: a TCP socket (`SocketDuplex`) or one CONNECT stream of a
/// tunnel (`HboneStream`). Every call, in both directions, is made on `loop()`.
///
/// Back-pressure is credit and nothing else. A duplex delivers bytes to its inlet and counts them
/// as outstanding until `grant` returns them; it delivers no more than its own named limit of
/// outstanding bytes (a socket stops reading, a stream lets the HTTP/2 window run dry). Bytes given
/// to `write` are reported back by `Inlet.onTaken` once the kernel, or the tunnel's socket, has
/// taken them. A `Splice` grants one side what the other side has taken, so nothing is buffered
/// beyond the two limits.
public interface Duplex {
    EventLoop loop();

    /// Starts delivery. Called once; nothing is delivered before.
    void attach(Inlet inlet);

    /// Queues bytes to be sent; ownership passes. Sent at the next `flush`.
    void write(ByteBuf bytes);

    void flush();

    /// Ends this direction after what was written: FIN, or END_STREAM. Idempotent.
    void endOutput();

    /// Aborts both directions at once: RST, or RST_STREAM. What was written may be lost, queued
    /// buffers are released, the inlet is told nothing more. Idempotent.
    void reset(ResetReason reason);

    /// Returns credit for bytes that were delivered. RFC 9113 section 5.2 for streams.
    void grant(int bytes);

    /// Who receives what a duplex delivers. After `onReset`, or after both `onEnd` and `endOutput`
    /// have happened, nothing follows but the last `onTaken`.
    interface Inlet {
        /// Ownership of `bytes` passes.
        void onBytes(ByteBuf bytes);

        /// The end of a burst of `onBytes`: the moment to flush the other side.
        void onBurstEnd();

        /// The peer will send nothing more: FIN, or END_STREAM.
        void onEnd();

        /// The peer, or the connection under it, is gone.
        void onReset(ResetReason reason);

        /// `bytes` of those written have left this process.
        void onTaken(int bytes);
    }
}
