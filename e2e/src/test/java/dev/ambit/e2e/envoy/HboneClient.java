package dev.ambit.e2e.envoy;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.JsonObject;
import dev.ambit.identity.tls.WorkloadTls;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.handler.codec.http2.Http2StreamFrameToHttpObjectCodec;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/// Asks a waypoint as a ztunnel would: one tunnel, one CONNECT, one HTTP request in it.
final class HboneClient {
    private static final int ANSWER_BYTES_MAX = 4 << 20;
    private static final int WITHIN_SECONDS = 20;

    private final EventLoopGroup loops;
    private final InetSocketAddress waypoint;

    HboneClient(EventLoopGroup loops, InetSocketAddress waypoint) {
        this.loops = loops;
        this.waypoint = waypoint;
    }

    /// @param request `to`, `method`, `path`, `host`, `headers`, `body`, `http2`; `raw`: bytes to
    ///   send without HTTP
    /// @return `status`, `headers`, `body`, or `error`: what became of the connection
    JsonObject ask(WorkloadTls tls, JsonObject request) throws Exception {
        var answer = new CompletableFuture<JsonObject>();
        var channel =
                new Bootstrap()
                        .group(loops)
                        .channel(NioSocketChannel.class)
                        .handler(
                                new ChannelInitializer<>() {
                                    @Override
                                    protected void initChannel(Channel socket) {
                                        socket.pipeline()
                                                .addLast(
                                                        tls.newClientHandler(socket.alloc()),
                                                        Http2FrameCodecBuilder.forClient().build(),
                                                        new Http2MultiplexHandler(new Nothing()));
                                    }
                                })
                        .connect(waypoint)
                        .sync()
                        .channel();
        channel.closeFuture().addListener(_ -> answer.complete(error("connection closed")));
        try {
            var stream =
                    new Http2StreamChannelBootstrap(channel)
                            .handler(new Connect(request, answer))
                            .open()
                            .sync()
                            .getNow();
            var headers =
                    new DefaultHttp2Headers()
                            .method("CONNECT")
                            .authority(request.get("to").getAsString());
            stream.writeAndFlush(new DefaultHttp2HeadersFrame(headers, false));
            return answer.get(WITHIN_SECONDS, TimeUnit.SECONDS);
        } finally {
            channel.close();
        }
    }

    static JsonObject error(String what) {
        var told = new JsonObject();
        told.addProperty("error", what);
        return told;
    }

    @io.netty.channel.ChannelHandler.Sharable
    private static final class Nothing extends io.netty.channel.ChannelInboundHandlerAdapter {}

    /// Waits for the CONNECT's answer, then makes the stream a connection.
    private static final class Connect extends SimpleChannelInboundHandler<Http2HeadersFrame> {
        private final JsonObject request;
        private final CompletableFuture<JsonObject> answer;

        Connect(JsonObject request, CompletableFuture<JsonObject> answer) {
            this.request = request;
            this.answer = answer;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, Http2HeadersFrame reply) {
            var status = String.valueOf(reply.headers().status());
            if (!status.equals("200")) {
                answer.complete(error("CONNECT answered " + status));
                return;
            }
            var pipeline = ctx.pipeline();
            pipeline.addLast(new TunnelBytes());
            if (request.has("raw")) {
                pipeline.addLast(new RawAnswer(answer));
                ctx.channel()
                        .writeAndFlush(
                                Unpooled.copiedBuffer(request.get("raw").getAsString(), UTF_8));
            } else if (request.has("http2")) {
                overHttp2(ctx.channel());
            } else {
                pipeline.addLast(new HttpClientCodec());
                send(ctx.channel());
            }
            pipeline.remove(this);
        }

        private void overHttp2(Channel tunnel) {
            tunnel.pipeline()
                    .addLast(
                            Http2FrameCodecBuilder.forClient().build(),
                            new Http2MultiplexHandler(new Nothing()));
            new Http2StreamChannelBootstrap(tunnel)
                    .handler(new Http2StreamFrameToHttpObjectCodec(false))
                    .open()
                    .addListener(opened -> {
                        if (opened.isSuccess()) {
                            send((Http2StreamChannel) opened.getNow());
                        } else {
                            answer.complete(error(String.valueOf(opened.cause())));
                        }
                    });
        }

        private void send(Channel channel) {
            channel.pipeline()
                    .addLast(new HttpObjectAggregator(ANSWER_BYTES_MAX), new Answer(answer));
            channel.writeAndFlush(http());
        }

        private DefaultFullHttpRequest http() {
            var body = request.has("body") ? request.get("body").getAsString() : "";
            var http =
                    new DefaultFullHttpRequest(
                            HttpVersion.HTTP_1_1,
                            HttpMethod.valueOf(
                                    request.has("method")
                                            ? request.get("method").getAsString()
                                            : "GET"),
                            request.has("path") ? request.get("path").getAsString() : "/",
                            Unpooled.copiedBuffer(body, UTF_8));
            var host =
                    request.has("host")
                            ? request.get("host").getAsString()
                            : request.get("to").getAsString();
            http.headers().set("host", host);
            if (!body.isEmpty()) {
                http.headers().set("content-length", http.content().readableBytes());
            }
            if (request.has("headers")) {
                for (var header : request.getAsJsonObject("headers").entrySet()) {
                    http.headers().add(header.getKey(), header.getValue().getAsString());
                }
            }
            return http;
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            answer.complete(error("stream closed"));
        }
    }

    private static final class RawAnswer
            extends SimpleChannelInboundHandler<io.netty.buffer.ByteBuf> {
        private final CompletableFuture<JsonObject> answer;
        private final StringBuilder text = new StringBuilder();

        RawAnswer(CompletableFuture<JsonObject> answer) {
            this.answer = answer;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, io.netty.buffer.ByteBuf bytes) {
            text.append(bytes.toString(UTF_8));
            var told = new JsonObject();
            told.addProperty("raw", text.toString());
            answer.complete(told);
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            answer.complete(error("stream closed"));
        }
    }

    private static final class Answer extends SimpleChannelInboundHandler<FullHttpResponse> {
        private final CompletableFuture<JsonObject> answer;

        Answer(CompletableFuture<JsonObject> answer) {
            this.answer = answer;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, FullHttpResponse response) {
            if (response.status().code() < 200 && response.status().code() != 101) {
                return;
            }
            var told = new JsonObject();
            told.addProperty("status", response.status().code());
            told.addProperty("body", response.content().toString(UTF_8));
            var headers = new JsonObject();
            for (var header : response.headers()) {
                headers.addProperty(
                        header.getKey().toLowerCase(java.util.Locale.ROOT), header.getValue());
            }
            told.add("headers", headers);
            answer.complete(told);
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            answer.complete(error("stream closed"));
        }
    }
}
