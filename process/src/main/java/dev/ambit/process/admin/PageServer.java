package dev.ambit.process.admin;

import io.netty.channel.ChannelFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/// A process's HTTP listeners for people and probes, on a loop that carries nobody's traffic.
public final class PageServer implements AutoCloseable {
    private final List<HttpPage> pages = new ArrayList<>();
    private final MultiThreadIoEventLoopGroup loop =
            new MultiThreadIoEventLoopGroup(
                    1, new DefaultThreadFactory("pages", true), NioIoHandler.newFactory());
    private final Executor executor;
    private final PageLimits limits;
    private final Clock clock;
    private final ChannelFactory<? extends ServerSocketChannel> sockets;

    /// @param executor where answers are made; they may take their time
    public PageServer(Executor executor, PageLimits limits, Clock clock) {
        this(executor, limits, clock, NioServerSocketChannel::new);
    }

    /// @param sockets of the listeners
    public PageServer(
            Executor executor,
            PageLimits limits,
            Clock clock,
            ChannelFactory<? extends ServerSocketChannel> sockets) {
        this.executor = executor;
        this.limits = limits;
        this.clock = clock;
        this.sockets = sockets;
    }

    /// Answers these paths there, and 404 to all others.
    ///
    /// @return where it listens
    /// @throws IOException when the address is taken
    public InetSocketAddress listen(
            InetSocketAddress address, Map<String, Function<Ask, Answer>> paths)
            throws IOException {
        return listen(
                address,
                ask -> paths.getOrDefault(ask.path(), _ -> Answer.text(404, "")).apply(ask));
    }

    /// @param answers every path
    public InetSocketAddress listen(InetSocketAddress address, Function<Ask, Answer> answers)
            throws IOException {
        var page = new HttpPage(loop, sockets, address, answers, limits, executor, clock);
        pages.add(page);
        return page.address();
    }

    /// Stops accepting everywhere. Answers under way are lost.
    @Override
    public void close() {
        pages.forEach(HttpPage::close);
        pages.clear();
        loop.shutdownGracefully(0, 500, TimeUnit.MILLISECONDS);
    }
}
