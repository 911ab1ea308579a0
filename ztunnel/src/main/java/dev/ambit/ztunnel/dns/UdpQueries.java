package dev.ambit.ztunnel.dns;

import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DatagramPacket;
import java.net.InetSocketAddress;

/// Queries over UDP. Answers leave by the socket on which the query came: by that the kernel knows
/// that they belong to a redirected query, and gives them the address that the client asked.
final class UdpQueries extends SimpleChannelInboundHandler<DatagramPacket> {
    private final DnsPod pod;

    UdpQueries(DnsPod pod) {
        this.pod = pod;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, DatagramPacket packet) {
        var bytes = ByteBufUtil.getBytes(packet.content());
        var refused = DnsWire.refuseQuery(bytes);
        if (refused.isPresent()) {
            // Without an answer: answering an answer could go on for ever.
            pod.reporter().refused(refused.get());
            return;
        }
        var client = new Answering(ctx, packet.sender());
        new DnsExchange(pod, bytes, false, ctx.channel().eventLoop(), client).start();
    }

    private final class Answering implements DnsExchange.Client {
        private final ChannelHandlerContext ctx;
        private final InetSocketAddress to;

        Answering(ChannelHandlerContext ctx, InetSocketAddress to) {
            this.ctx = ctx;
            this.to = to;
        }

        @Override
        public void reply(byte[] message) {
            if (!ctx.channel().isWritable()) {
                pod.reporter().refused(DnsRefusal.SLOW_CLIENT);
                return;
            }
            ctx.writeAndFlush(new DatagramPacket(Unpooled.wrappedBuffer(message), to));
        }

        @Override
        public void done() {
            // A datagram has no end.
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        // An answer that could not be delivered (its client is gone) shows here. The socket lives
        // on for the others.
        DnsServer.LOG.debug("DNS socket: " + cause.getMessage());
    }
}
