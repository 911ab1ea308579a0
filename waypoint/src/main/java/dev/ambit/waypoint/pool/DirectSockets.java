package dev.ambit.waypoint.pool;

import dev.ambit.hbone.Duplex;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/// Makes TCP connections.
public interface DirectSockets {
    /// @param whenDone on `loop`, once
    void connect(
            InetSocketAddress to,
            Optional<TransportConfig.TcpKeepAlive> keepAlive,
            Duration timeout,
            EventLoop loop,
            Consumer<Connected> whenDone);

    /// The same for a tunnel, which brings its own handlers.
    ///
    /// @param whenDone on `loop`, once; the channel reads nothing yet
    void channel(
            InetSocketAddress to, Duration timeout, EventLoop loop, Consumer<Channelled> whenDone);

    /// What came of it.
    sealed interface Channelled {
        record Ready(Channel channel) implements Channelled {}

        record Failed(boolean timedOut, String detail) implements Channelled {}
    }

    /// What came of it.
    sealed interface Connected {
        /// @param local `ip:port`
        record Ready(Duplex bytes, String local) implements Connected {}

        record Failed(boolean timedOut, String detail) implements Connected {}
    }
}
