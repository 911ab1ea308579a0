package dev.ambit.waypoint.pool;

import dev.ambit.hbone.HboneLimits;
import dev.ambit.hbone.SocketDuplex;
import io.netty.channel.ChannelOption;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.util.NetUtil;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// TCP connections out of this process's own network namespace.
public final class TcpSockets implements DirectSockets {
    /// `errno` of Linux.
    private static final int ECONNREFUSED = 111;

    private final HboneLimits limits;

    public TcpSockets(HboneLimits limits) {
        this.limits = limits;
    }

    @Override
    public void connect(
            InetSocketAddress to,
            Optional<TransportConfig.TcpKeepAlive> keepAlive,
            Duration timeout,
            EventLoop loop,
            Consumer<Connected> whenDone) {
        open(
                to,
                keepAlive,
                timeout,
                loop,
                channelled ->
                        whenDone.accept(
                                switch (channelled) {
                                    case Channelled.Ready(var channel) ->
                                            new Connected.Ready(
                                                    SocketDuplex.of(channel, limits),
                                                    NetUtil.toSocketAddressString(
                                                            (InetSocketAddress)
                                                                    channel.localAddress()));
                                    case Channelled.Failed(var timedOut, var detail) ->
                                            new Connected.Failed(timedOut, detail);
                                }));
    }

    @Override
    public void channel(
            InetSocketAddress to, Duration timeout, EventLoop loop, Consumer<Channelled> whenDone) {
        open(to, Optional.empty(), timeout, loop, whenDone);
    }

    private void open(
            InetSocketAddress to,
            Optional<TransportConfig.TcpKeepAlive> keepAlive,
            Duration timeout,
            EventLoop loop,
            Consumer<Channelled> whenDone) {
        var channel = new EpollSocketChannel();
        SocketDuplex.prepare(channel, limits);
        channel.config()
                .setOption(
                        ChannelOption.CONNECT_TIMEOUT_MILLIS,
                        (int) Math.min(timeout.toMillis(), Integer.MAX_VALUE));
        keepAlive.ifPresent(settings -> keepAlive(channel, settings));
        loop.register(channel)
                .addListener(registered -> {
                    if (registered.isSuccess()) {
                        connect(channel, to, whenDone);
                    } else {
                        whenDone.accept(failed(to, registered.cause()));
                    }
                });
    }

    private static void connect(
            EpollSocketChannel channel, InetSocketAddress to, Consumer<Channelled> whenDone) {
        channel.connect(to)
                .addListener(connected -> {
                    if (connected.isSuccess()) {
                        whenDone.accept(new Channelled.Ready(channel));
                    } else {
                        channel.close();
                        whenDone.accept(failed(to, connected.cause()));
                    }
                });
    }

    private static void keepAlive(
            EpollSocketChannel channel, TransportConfig.TcpKeepAlive settings) {
        var config = channel.config();
        config.setKeepAlive(true);
        if (settings.probes() > 0) {
            config.setOption(EpollChannelOption.TCP_KEEPCNT, settings.probes());
        }
        if (settings.time().toSeconds() > 0) {
            config.setOption(EpollChannelOption.TCP_KEEPIDLE, (int) settings.time().toSeconds());
        }
        if (settings.interval().toSeconds() > 0) {
            config.setOption(
                    EpollChannelOption.TCP_KEEPINTVL, (int) settings.interval().toSeconds());
        }
    }

    private static Channelled failed(InetSocketAddress to, @Nullable Throwable cause) {
        if (cause instanceof ConnectTimeoutException) {
            return new Channelled.Failed(true, "connection timeout: " + to);
        }
        if (cause instanceof ConnectException refused
                && String.valueOf(refused.getMessage()).contains("refused")) {
            return new Channelled.Failed(
                    false,
                    "delayed connect error: Connection refused|remote address:"
                            + NetUtil.toSocketAddressString(to)
                            + " (errno "
                            + ECONNREFUSED
                            + ")");
        }
        return new Channelled.Failed(
                false, String.valueOf(cause == null ? "" : cause.getMessage()));
    }
}
