package dev.ambit.waypoint;

import dev.ambit.hbone.HboneLimits;
import dev.ambit.hbone.SocketDuplex;
import dev.ambit.process.AcceptRest;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.util.NetUtil;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.function.Consumer;

/// One port whose connections are carried.
record Listening(Channel server) {
    /// @param accepted each connection, on its loop, not reading yet
    /// @throws IOException when the address is taken
    static Listening open(
            EventLoopGroup loops,
            InetSocketAddress address,
            HboneLimits hbone,
            WaypointLimits limits,
            Consumer<Channel> accepted)
            throws IOException {
        var bound =
                new ServerBootstrap()
                        .group(loops)
                        .channelFactory(EpollServerSocketChannel::new)
                        .option(ChannelOption.SO_BACKLOG, limits.listenBacklog())
                        .handler(new AcceptRest(limits.acceptPause()))
                        .childOption(ChannelOption.AUTO_READ, false)
                        .childHandler(new Accepting(hbone, accepted))
                        .bind(address)
                        .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new IOException(
                    "listen on "
                            + NetUtil.toSocketAddressString(address)
                            + ": "
                            + bound.cause().getMessage()
                            + " (does another process listen there?)",
                    bound.cause());
        }
        return new Listening(bound.channel());
    }

    InetSocketAddress address() {
        return (InetSocketAddress) server.localAddress();
    }

    void close() {
        server.close().awaitUninterruptibly(1_000);
    }

    private static final class Accepting extends ChannelInitializer<Channel> {
        private final HboneLimits limits;
        private final Consumer<Channel> accepted;

        Accepting(HboneLimits limits, Consumer<Channel> accepted) {
            this.limits = limits;
            this.accepted = accepted;
        }

        @Override
        protected void initChannel(Channel channel) {
            SocketDuplex.prepare(channel, limits);
            channel.pipeline()
                    .addLast(
                            new ChannelInboundHandlerAdapter() {
                                @Override
                                public void channelActive(ChannelHandlerContext ctx) {
                                    ctx.pipeline().remove(this);
                                    accepted.accept(ctx.channel());
                                }
                            });
        }
    }
}
