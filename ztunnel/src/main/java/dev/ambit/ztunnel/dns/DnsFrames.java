package dev.ambit.ztunnel.dns;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;

/// DNS over TCP: two bytes of length before each message (RFC 1035 section 4.2.2).
final class DnsFrames {
    private static final int LENGTH_BYTES = 2;

    private DnsFrames() {}

    static ChannelHandler decoder(DnsLimits limits) {
        return new LengthFieldBasedFrameDecoder(
                limits.messageBytes() + LENGTH_BYTES, 0, LENGTH_BYTES, 0, LENGTH_BYTES);
    }

    static ByteBuf frame(ByteBuf message) {
        var length = Unpooled.buffer(LENGTH_BYTES).writeShort(message.readableBytes());
        return Unpooled.wrappedBuffer(length, message);
    }
}
