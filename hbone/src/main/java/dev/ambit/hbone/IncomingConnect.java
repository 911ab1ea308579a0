package dev.ambit.hbone;

import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;

/// A CONNECT that a server received and nobody has answered yet. Answered exactly once, on its
/// loop; an unanswered one is refused with 503 at `HboneLimits.connectAnswer`.
///
/// @param <P> the proof of the peer's identity
public interface IncomingConnect<P> {
    ConnectRequest request();

    P peer();

    /// The tunnel's TCP peer.
    InetSocketAddress remote();

    /// The address on which the tunnel was accepted.
    InetSocketAddress local();

    EventLoop loop();

    /// Sends the reply, which must be a 200, and hands out the stream.
    HboneStream accept(ConnectReply reply);

    /// Sends a status other than 200 with END_STREAM.
    void refuse(int status);

    /// Called if the peer gives up before the answer; at most once, on the loop.
    void whenAbandoned(Runnable callback);
}
