package dev.ambit.ztunnel.dns;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.util.concurrent.ScheduledFuture;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// One try over TCP: a connection for one query. For a zone transfer it stays until the server
/// closes it or falls silent.
final class UpstreamTcp {
    private final DnsSockets sockets;
    private final DnsLimits limits;
    private final UpstreamTry told;
    private final boolean many;

    /// @param many whether more than one reply may come
    UpstreamTcp(DnsSockets sockets, DnsLimits limits, UpstreamTry told, boolean many) {
        this.sockets = sockets;
        this.limits = limits;
        this.told = told;
        this.many = many;
    }

    void ask(byte[] query, InetSocketAddress server, Duration time, EventLoop loop) {
        sockets.stream(
                server.getAddress(),
                loop,
                (channel, failed) -> {
                    if (channel == null) {
                        told.over("no socket: " + failed);
                    } else {
                        connect(channel, query, server, time, loop);
                    }
                });
    }

    private void connect(
            EpollSocketChannel channel,
            byte[] query,
            InetSocketAddress server,
            Duration time,
            EventLoop loop) {
        channel.config().setOption(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) time.toMillis());
        channel.pipeline()
                .addLast(DnsFrames.decoder(limits))
                .addLast(new Waiting(query, time, loop));
        loop.register(channel)
                .addListener(registered -> {
                    if (!registered.isSuccess()) {
                        channel.unsafe().closeForcibly();
                        told.over(String.valueOf(registered.cause()));
                        return;
                    }
                    channel.connect(server)
                            .addListener(connected -> {
                                if (!connected.isSuccess()) {
                                    told.over(String.valueOf(connected.cause().getMessage()));
                                    channel.close();
                                    return;
                                }
                                channel.writeAndFlush(
                                        DnsFrames.frame(Unpooled.wrappedBuffer(query)));
                            });
                });
    }

    private final class Waiting extends SimpleChannelInboundHandler<ByteBuf> {
        private final byte[] query;
        private final Duration time;
        private final EventLoop loop;
        private @Nullable ScheduledFuture<?> late;
        private boolean continued;

        Waiting(byte[] query, Duration time, EventLoop loop) {
            this.query = query;
            this.time = time;
            this.loop = loop;
        }

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            await(ctx);
        }

        /// From here on, until it is called again.
        private void await(ChannelHandlerContext ctx) {
            var before = late;
            if (before != null) {
                before.cancel(false);
            }
            late =
                    loop.schedule(
                            () -> {
                                told.over("no answer within " + time.toMillis() + " ms");
                                ctx.close();
                            },
                            time.toNanos(),
                            TimeUnit.NANOSECONDS);
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, ByteBuf frame) {
            var message = ByteBufUtil.getBytes(frame);
            var refused = DnsWire.refuseReply(query, message, continued);
            if (refused.isPresent()) {
                told.refused(refused.get());
                return;
            }
            continued = true;
            boolean last = !many || DnsWire.rcode(message) != 0;
            told.reply(message, last);
            if (last) {
                ctx.close();
            } else {
                await(ctx);
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            var waiting = late;
            if (waiting != null) {
                waiting.cancel(false);
            }
            told.over(null);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            told.over(String.valueOf(cause.getMessage()));
            ctx.close();
        }
    }
}
