package dev.ambit.hbone;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.ReferenceCountUtil;
import java.net.InetSocketAddress;

/// A tunnel's end made of Netty's stock HTTP/2 codec: the independent peer of the contract.
final class StockPeer {
    private StockPeer() {}

    static void serve(Channel channel, InetSocketAddress application) {
        channel.pipeline()
                .addLast(TestTls.context("server", false).newHandler(channel.alloc()))
                .addLast(
                        Http2FrameCodecBuilder.forServer()
                                .initialSettings(Http2Settings.defaultSettings())
                                .build())
                .addLast(
                        new Http2MultiplexHandler(
                                new ChannelInitializer<Channel>() {
                                    @Override
                                    protected void initChannel(Channel stream) {
                                        stream.config().setOption(ChannelOption.AUTO_READ, false);
                                        stream.pipeline().addLast(new ServedStream(application));
                                        stream.read();
                                    }
                                }));
        channel.config().setAutoRead(true);
    }

    /// Answers the CONNECT once the application is connected, then copies.
    private static final class ServedStream extends ChannelInboundHandlerAdapter {
        private final InetSocketAddress application;

        ServedStream(InetSocketAddress application) {
            this.application = application;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (message instanceof Http2HeadersFrame) {
                var stream = ctx.channel();
                TunnelContractTest.dial(
                        stream.parent().eventLoop(),
                        application,
                        app -> {
                            stream.writeAndFlush(
                                    new DefaultHttp2HeadersFrame(
                                            new DefaultHttp2Headers().status("200")));
                            stream.pipeline().removeFirst();
                            join(stream, app);
                        });
            } else {
                ReferenceCountUtil.release(message);
            }
        }
    }

    static final class Client {
        private final EventLoop loop;
        private final InetSocketAddress server;
        private @org.jspecify.annotations.Nullable Channel tunnel;

        Client(EventLoop loop, InetSocketAddress server) {
            this.loop = loop;
            this.server = server;
        }

        void carry(Channel app) {
            var known = tunnel;
            if (known != null) {
                open(known, app);
                return;
            }
            TunnelContractTest.dial(
                    loop,
                    server,
                    channel -> {
                        channel.pipeline()
                                .addLast(
                                        TestTls.context("client", true).newHandler(channel.alloc()))
                                .addLast(
                                        Http2FrameCodecBuilder.forClient()
                                                .initialSettings(Http2Settings.defaultSettings())
                                                .build())
                                .addLast(
                                        new Http2MultiplexHandler(
                                                new ChannelInboundHandlerAdapter()))
                                .addLast(new WhenSecure(() -> open(channel, app)));
                        tunnel = channel;
                        channel.config().setAutoRead(true);
                    });
        }

        private static void open(Channel tunnel, Channel app) {
            new Http2StreamChannelBootstrap(tunnel)
                    .option(ChannelOption.AUTO_READ, false)
                    .handler(new ChannelInboundHandlerAdapter())
                    .open()
                    .addListener(opened -> {
                        var stream = (Channel) opened.getNow();
                        stream.writeAndFlush(
                                new DefaultHttp2HeadersFrame(
                                        new DefaultHttp2Headers()
                                                .method("CONNECT")
                                                .authority("app:80")));
                        join(stream, app);
                    });
        }
    }

    private static final class WhenSecure extends ChannelInboundHandlerAdapter {
        private final Runnable action;

        WhenSecure(Runnable action) {
            this.action = action;
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof SslHandshakeCompletionEvent) {
                action.run();
            }
            ctx.fireUserEventTriggered(event);
        }
    }

    private static void join(Channel stream, Channel app) {
        stream.pipeline().addLast(new StreamToSocket(app));
        app.pipeline().addLast(new SocketToStream(stream));
        stream.read();
        app.read();
    }

    /// One read at a time, the next when the write is done: slow, and plainly right.
    private static final class StreamToSocket extends ChannelInboundHandlerAdapter {
        private final Channel app;

        StreamToSocket(Channel app) {
            this.app = app;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            switch (message) {
                case Http2DataFrame data -> {
                    boolean end = data.isEndStream();
                    ByteBuf content = data.content();
                    app.writeAndFlush(content)
                            .addListener(written -> {
                                if (end) {
                                    ((DuplexChannel) app).shutdownOutput();
                                } else if (written.isSuccess()) {
                                    ctx.channel().read();
                                }
                            });
                }
                case Http2ResetFrame _ -> reset(app);
                default -> {
                    ReferenceCountUtil.release(message);
                    ctx.channel().read();
                }
            }
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof Http2ResetFrame) {
                reset(app);
            }
        }

        private static void reset(Channel app) {
            app.config().setOption(ChannelOption.SO_LINGER, 0);
            app.close();
        }
    }

    private static final class SocketToStream extends ChannelInboundHandlerAdapter {
        private final Channel stream;

        SocketToStream(Channel stream) {
            this.stream = stream;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            stream.writeAndFlush(new DefaultHttp2DataFrame((ByteBuf) message, false))
                    .addListener(written -> {
                        if (written.isSuccess()) {
                            ctx.channel().read();
                        }
                    });
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof ChannelInputShutdownEvent) {
                stream.writeAndFlush(new DefaultHttp2DataFrame(Unpooled.EMPTY_BUFFER, true));
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            stream.writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.CONNECT_ERROR));
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            stream.writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.CONNECT_ERROR));
            ctx.close();
        }
    }
}
