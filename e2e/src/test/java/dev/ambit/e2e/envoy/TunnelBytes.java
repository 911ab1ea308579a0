package dev.ambit.e2e.envoy;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.util.ReferenceCountUtil;

/// The bytes in a CONNECT stream of Netty's stock HTTP/2 codec, so that HTTP runs in it as over a
/// socket.
final class TunnelBytes extends ChannelDuplexHandler {
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        switch (message) {
            case Http2DataFrame data -> {
                boolean last = data.isEndStream();
                ctx.fireChannelRead(data.content().retain());
                data.release();
                if (last) {
                    ctx.close();
                }
            }
            case Http2ResetFrame _ -> ctx.close();
            default -> ReferenceCountUtil.release(message);
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof Http2ResetFrame) {
            ctx.close();
        } else {
            ctx.fireUserEventTriggered(event);
        }
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        ctx.write(
                message instanceof ByteBuf bytes ? new DefaultHttp2DataFrame(bytes) : message,
                promise);
    }
}
