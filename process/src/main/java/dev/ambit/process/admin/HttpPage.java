package dev.ambit.process.admin;

import dev.ambit.process.AcceptRest;
import dev.ambit.process.log.FieldLog;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.NetUtil;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// One HTTP/1.1 listener. Sockets are on a loop that carries nobody's traffic, answers are made on
/// threads that may wait.
public final class HttpPage implements AutoCloseable {
    private static final FieldLog LOG = FieldLog.of(HttpPage.class);
    private static final DateTimeFormatter DATE =
            DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ROOT)
                    .withZone(ZoneOffset.UTC);

    private final Function<Ask, Answer> answers;
    private final PageLimits limits;
    private final Executor executor;
    private final Clock clock;
    private final AtomicInteger open = new AtomicInteger();
    private final Channel server;

    /// @throws IOException when the address is taken
    public HttpPage(
            EventLoopGroup loop,
            ChannelFactory<? extends ServerSocketChannel> sockets,
            InetSocketAddress address,
            Function<Ask, Answer> answers,
            PageLimits limits,
            Executor executor,
            Clock clock)
            throws IOException {
        this.answers = answers;
        this.limits = limits;
        this.executor = executor;
        this.clock = clock;
        var bound =
                new ServerBootstrap()
                        .group(loop)
                        .channelFactory(sockets)
                        .handler(new AcceptRest(limits.acceptPause()))
                        .childHandler(new Pipeline())
                        .bind(address)
                        .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new IOException(
                    "listen on "
                            + NetUtil.toSocketAddressString(address)
                            + ": "
                            + bound.cause().getMessage()
                            + " (does another process listen there in this network namespace?)",
                    bound.cause());
        }
        server = bound.channel();
    }

    public InetSocketAddress address() {
        return (InetSocketAddress) server.localAddress();
    }

    /// Stops accepting, at once.
    @Override
    public void close() {
        server.close().awaitUninterruptibly(1, TimeUnit.SECONDS);
    }

    private final class Pipeline extends ChannelInitializer<Channel> {
        @Override
        protected void initChannel(Channel channel) {
            if (open.incrementAndGet() > limits.connections()) {
                open.decrementAndGet();
                channel.close();
                return;
            }
            channel.closeFuture().addListener(_ -> open.decrementAndGet());
            channel.pipeline()
                    .addLast(
                            new HttpServerCodec(
                                    new HttpDecoderConfig()
                                            .setMaxInitialLineLength(limits.headerBytes())
                                            .setMaxHeaderSize(limits.headerBytes())))
                    .addLast(new Exchange());
        }
    }

    /// One connection: a request at a time; bodies are read and dropped.
    private final class Exchange extends SimpleChannelInboundHandler<HttpObject> {
        private @Nullable HttpRequest request;
        private @Nullable ScheduledFuture<?> deadline;

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            expectRequest(ctx);
        }

        /// A connection on which no request comes is a slot that somebody else needs.
        private void expectRequest(ChannelHandlerContext ctx) {
            deadline =
                    ctx.executor()
                            .schedule(
                                    () -> ctx.close(),
                                    limits.header().toNanos(),
                                    TimeUnit.NANOSECONDS);
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, HttpObject part) {
            if (part.decoderResult().isFailure()) {
                send(ctx, false, Answer.text(400, ""), false);
                return;
            }
            if (part instanceof HttpRequest head) {
                request = head;
            }
            var head = request;
            if (part instanceof LastHttpContent && head != null) {
                request = null;
                if (deadline != null) {
                    deadline.cancel(false);
                }
                ctx.channel().config().setAutoRead(false);
                boolean keepAlive = HttpUtil.isKeepAlive(head);
                executor.execute(() -> answer(ctx, new Ask(head), keepAlive));
            }
        }

        private void answer(ChannelHandlerContext ctx, Ask ask, boolean keepAlive) {
            Answer answer;
            try {
                answer = answers.apply(ask);
            } catch (RuntimeException failed) {
                LOG.error("page " + ask.path() + ": " + failed);
                answer = Answer.text(500, failed + "\n");
            }
            var made = answer;
            ctx.executor().execute(() -> send(ctx, keepAlive, made, ask.method().equals("HEAD")));
        }

        private void send(
                ChannelHandlerContext ctx, boolean keepAlive, Answer answer, boolean headOnly) {
            var written = ctx.writeAndFlush(response(answer, keepAlive, headOnly));
            if (!keepAlive) {
                written.addListener(_ -> ctx.close());
                return;
            }
            expectRequest(ctx);
            ctx.channel().config().setAutoRead(true);
        }

        private FullHttpResponse response(Answer answer, boolean keepAlive, boolean headOnly) {
            var response =
                    new DefaultFullHttpResponse(
                            HttpVersion.HTTP_1_1,
                            HttpResponseStatus.valueOf(answer.status()),
                            headOnly
                                    ? Unpooled.EMPTY_BUFFER
                                    : Unpooled.wrappedBuffer(answer.body()));
            var headers = response.headers();
            answer.headers().forEach(headers::set);
            headers.set(HttpHeaderNames.CONTENT_LENGTH, answer.body().length);
            headers.set(HttpHeaderNames.DATE, DATE.format(clock.instant()));
            if (!keepAlive) {
                headers.set(HttpHeaderNames.CONNECTION, "close");
            }
            return response;
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ctx.close();
        }
    }
}
