package dev.ambit.waypoint.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;

/// One exchange of a request and a response on a connection, as the codec of that connection shows
/// it: an HTTP/2 stream, or an HTTP/1 connection's turn. Every call, both ways, is on `loop()`.
///
/// Back-pressure is credit, as with `dev.ambit.hbone.Duplex`: a stream delivers body bytes and
/// counts them as outstanding until `grant` returns them, and delivers no more than its named
/// limit; bytes given to `writeData` are reported by `Inlet.onTaken` once the connection under it
/// has taken them. Heads and trailers are nobody's credit.
public interface HttpStream {
    EventLoop loop();

    /// Queues body bytes; ownership passes. Sent at the next `flush`.
    void writeData(ByteBuf bytes);

    /// Ends this direction, with trailers where there are any. Once; nothing may be written after.
    void end(Headers trailers);

    void flush();

    /// Aborts both directions. With HTTP/1 the connection ends. The inlet is told nothing more.
    /// Idempotent. Of an answer that was ended, what is queued still leaves (HTTP/2): so whoever
    /// has answered early resets with `LOCAL` to be rid of the rest of the request.
    void reset(StreamReset reason);

    /// Returns credit for body bytes that were delivered.
    void grant(int bytes);

    /// Bytes of this exchange on the connection so far, heads and framing included.
    long wireBytesSent();

    long wireBytesReceived();

    /// Body bytes and the end, as they come. After `onReset` nothing follows.
    interface Inlet {
        /// Ownership passes.
        void onData(ByteBuf bytes);

        /// The end of a burst of what has come, heads included: the moment to flush the other side.
        /// Not told again where `onEnd` was the last of a burst.
        void onBurstEnd();

        /// The peer's direction ended; empty trailers where there were none.
        void onEnd(Headers trailers);

        void onReset(StreamReset reason);

        /// `bytes` of those written have left this process.
        void onTaken(int bytes);
    }
}
