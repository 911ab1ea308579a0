package dev.ambit.e2e.envoy;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.JsonObject;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2StreamFrameToHttpObjectCodec;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/// An application that says what it was asked, in HTTP/1.1 or HTTP/2 with prior knowledge. A
/// request can ask for trouble: `x-test-status: 503`, `x-test-fail: N` (the first N requests of one
/// `x-test-id` get a 503), `x-test-delay: MS`, `x-test-header: NAME=VALUE` for the response.
final class Backend extends ByteToMessageDecoder {
    private static final int BODY_MAX = 1 << 20;
    private static final byte[] PREFACE = "PRI * HTTP/2".getBytes(UTF_8);

    private final String app;
    private final String peer;
    private final Map<String, Integer> asked;

    /// @param app which endpoint this is, `address:port`
    /// @param peer who called, empty without a tunnel
    /// @param asked requests so far by `x-test-id`, shared by all endpoints
    Backend(String app, String peer, Map<String, Integer> asked) {
        this.app = app;
        this.peer = peer;
        this.asked = asked;
    }

    static Map<String, Integer> counts() {
        return new ConcurrentHashMap<>();
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        if (in.readableBytes() < PREFACE.length && startsAsHttp2(in)) {
            return;
        }
        var pipeline = ctx.pipeline();
        if (startsAsHttp2(in)) {
            pipeline.addLast(
                    Http2FrameCodecBuilder.forServer().build(),
                    new Http2MultiplexHandler(
                            new ChannelInitializer<Channel>() {
                                @Override
                                protected void initChannel(Channel stream) {
                                    stream.pipeline()
                                            .addLast(new Http2StreamFrameToHttpObjectCodec(true));
                                    answer(stream.pipeline(), "HTTP/2");
                                }
                            }));
        } else {
            pipeline.addLast(new HttpServerCodec());
            answer(pipeline, "");
        }
        pipeline.remove(this);
    }

    private static boolean startsAsHttp2(ByteBuf in) {
        for (int i = 0; i < Math.min(in.readableBytes(), PREFACE.length); i++) {
            if (in.getByte(in.readerIndex() + i) != PREFACE[i]) {
                return false;
            }
        }
        return true;
    }

    private void answer(ChannelPipeline pipeline, String protocol) {
        pipeline.addLast(new HttpObjectAggregator(BODY_MAX), new Answers(protocol));
    }

    private final class Answers extends SimpleChannelInboundHandler<FullHttpRequest> {
        private final String protocol;

        Answers(String protocol) {
            this.protocol = protocol;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request) {
            var headers = request.headers();
            var response =
                    new DefaultFullHttpResponse(
                            HttpVersion.HTTP_1_1,
                            HttpResponseStatus.valueOf(status(request)),
                            Unpooled.copiedBuffer(described(request).toString(), UTF_8));
            response.headers().set("content-type", "application/json");
            var wanted = headers.get("x-test-header", "");
            int equals = wanted.indexOf('=');
            if (equals > 0) {
                response.headers().add(wanted.substring(0, equals), wanted.substring(equals + 1));
            }
            HttpUtil.setContentLength(response, response.content().readableBytes());
            int delay = headers.getInt("x-test-delay", 0);
            ctx.executor()
                    .schedule(() -> ctx.writeAndFlush(response), delay, TimeUnit.MILLISECONDS);
        }

        private int status(FullHttpRequest request) {
            var headers = request.headers();
            int first = headers.getInt("x-test-fail", 0);
            int count = asked.merge(headers.get("x-test-id", ""), 1, Integer::sum);
            // The question of somebody who decides for others: it carries some of their headers.
            if (request.uri().startsWith("/check")) {
                return headers.getInt("x-pre-test-status", 200);
            }
            return count <= first ? 503 : headers.getInt("x-test-status", 200);
        }

        private JsonObject described(FullHttpRequest request) {
            var told = new JsonObject();
            told.addProperty("app", app);
            told.addProperty("peer", peer);
            told.addProperty(
                    "protocol", protocol.isEmpty() ? request.protocolVersion().text() : protocol);
            told.addProperty("method", request.method().name());
            told.addProperty("path", request.uri());
            told.addProperty("body", request.content().toString(UTF_8));
            told.addProperty("count", asked.get(request.headers().get("x-test-id", "")));
            var headers = new JsonObject();
            for (var header : request.headers()) {
                headers.addProperty(
                        header.getKey().toLowerCase(java.util.Locale.ROOT), header.getValue());
            }
            told.add("headers", headers);
            return told;
        }
    }
}
