package dev.ambit.ztunnel.dns;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.timeout.IdleStateEvent;

/// Queries over one TCP connection: any number, answered as answers come (RFC 7766).
final class TcpQueries extends SimpleChannelInboundHandler<ByteBuf> implements DnsExchange.Client {
    private final DnsPod pod;
    private final ChannelHandlerContext ctx;
    private int waiting;
    private boolean ending;

    private TcpQueries(DnsPod pod, ChannelHandlerContext ctx) {
        this.pod = pod;
        this.ctx = ctx;
    }

    /// Adds itself behind `ctx`.
    static void install(DnsPod pod, ChannelHandlerContext ctx) {
        ctx.pipeline().addLast(new TcpQueries(pod, ctx));
    }

    @Override
    protected void channelRead0(ChannelHandlerContext unused, ByteBuf frame) {
        var bytes = ByteBufUtil.getBytes(frame);
        var refused = DnsWire.refuseQuery(bytes);
        if (refused.isPresent()) {
            pod.reporter().refused(refused.get());
            ctx.close();
            return;
        }
        waiting++;
        new DnsExchange(pod, bytes, true, ctx.channel().eventLoop(), this).start();
    }

    @Override
    public void reply(byte[] message) {
        if (!ctx.channel().isActive()) {
            return;
        }
        if (!ctx.channel().isWritable()) {
            pod.reporter().refused(DnsRefusal.SLOW_CLIENT);
            ctx.close();
            return;
        }
        ctx.channel().writeAndFlush(DnsFrames.frame(Unpooled.wrappedBuffer(message)));
    }

    @Override
    public void done() {
        waiting--;
        closeIfDone();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext unused, Object event) {
        if (event instanceof IdleStateEvent && waiting == 0) {
            ctx.close();
        } else if (event instanceof ChannelInputShutdownEvent) {
            // The client asks no more, but still listens.
            ending = true;
            closeIfDone();
        }
    }

    private void closeIfDone() {
        if (ending && waiting == 0) {
            // Behind what is still being written.
            ctx.channel()
                    .writeAndFlush(Unpooled.EMPTY_BUFFER)
                    .addListener(io.netty.channel.ChannelFutureListener.CLOSE);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext unused, Throwable cause) {
        DnsServer.LOG.debug("DNS connection: " + cause.getMessage());
        ctx.close();
    }
}
