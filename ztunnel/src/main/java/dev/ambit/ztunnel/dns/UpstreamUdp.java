package dev.ambit.ztunnel.dns;

import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.socket.DatagramPacket;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// One try over UDP: a socket, a datagram, and the wait for the reply.
final class UpstreamUdp {
    private final DnsSockets sockets;
    private final DnsLimits limits;
    private final UpstreamTry told;

    UpstreamUdp(DnsSockets sockets, DnsLimits limits, UpstreamTry told) {
        this.sockets = sockets;
        this.limits = limits;
        this.told = told;
    }

    void ask(byte[] query, InetSocketAddress server, Duration time, EventLoop loop) {
        sockets.datagram(server.getAddress() instanceof Inet6Address, false)
                .whenComplete((channel, failed) ->
                        loop.execute(() -> {
                            if (channel == null) {
                                told.over("no socket: " + failed);
                            } else {
                                connect(channel, query, server, time, loop);
                            }
                        }));
    }

    /// The socket is connected: the kernel takes datagrams from this server alone, and tells when
    /// nobody listens there.
    private void connect(
            EpollDatagramChannel channel,
            byte[] query,
            InetSocketAddress server,
            Duration time,
            EventLoop loop) {
        channel.config()
                .setOption(
                        ChannelOption.RECVBUF_ALLOCATOR,
                        new FixedRecvByteBufAllocator(limits.messageBytes()));
        channel.pipeline().addLast(new Waiting(query));
        loop.register(channel)
                .addListener(registered -> {
                    if (!registered.isSuccess()) {
                        channel.unsafe().closeForcibly();
                        told.over(text(registered.cause()));
                        return;
                    }
                    var late =
                            loop.schedule(
                                    () -> {
                                        told.over("no answer within " + time.toMillis() + " ms");
                                        channel.close();
                                    },
                                    time.toNanos(),
                                    TimeUnit.NANOSECONDS);
                    channel.closeFuture().addListener(_ -> late.cancel(false));
                    channel.connect(server)
                            .addListener(connected -> {
                                if (connected.isSuccess()) {
                                    channel.writeAndFlush(Unpooled.wrappedBuffer(query))
                                            .addListener(sent -> fail(channel, sent.cause()));
                                } else {
                                    fail(channel, connected.cause());
                                }
                            });
                });
    }

    private void fail(EpollDatagramChannel channel, @Nullable Throwable cause) {
        if (cause != null) {
            told.over(text(cause));
            channel.close();
        }
    }

    private static String text(@Nullable Throwable cause) {
        return cause == null ? "failed" : String.valueOf(cause.getMessage());
    }

    private final class Waiting extends SimpleChannelInboundHandler<DatagramPacket> {
        private final byte[] query;

        Waiting(byte[] query) {
            this.query = query;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, DatagramPacket packet) {
            var message = ByteBufUtil.getBytes(packet.content());
            var refused = DnsWire.refuseReply(query, message, false);
            if (refused.isPresent()) {
                told.refused(refused.get());
                return;
            }
            told.reply(message, true);
            ctx.close();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            told.over(text(cause));
            ctx.close();
        }
    }
}
