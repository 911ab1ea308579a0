package dev.ambit.process;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class AcceptRestTest {
    private static final Duration PAUSE = Duration.ofMillis(100);
    private static final IOException FULL = new IOException("accept: Too many open files");

    @Test
    void failedAccept_isNotTriedAgainBeforeThePause() {
        var listener = new EmbeddedChannel(new AcceptRest(PAUSE));
        listener.freezeTime();
        for (int failures = 0; failures < 2; failures++) {
            listener.pipeline().fireExceptionCaught(FULL);
            listener.advanceTimeBy(99, TimeUnit.MILLISECONDS);
            listener.runScheduledPendingTasks();
            assertThat(listener.config().isAutoRead()).isFalse();

            listener.advanceTimeBy(1, TimeUnit.MILLISECONDS);
            listener.runScheduledPendingTasks();

            assertThat(listener.config().isAutoRead()).isTrue();
        }
        // Nothing reached the end of the pipeline.
        listener.checkException();
    }

    /// With the same event loops as in pods: a resting listener leaves epoll and comes back.
    @Test
    void connectionMadeMeanwhile_isAcceptedAfterwards() throws Exception {
        var loops = new MultiThreadIoEventLoopGroup(1, SteadyEpoll.newFactory());
        try {
            var server =
                    new ServerBootstrap()
                            .group(loops)
                            .channel(EpollServerSocketChannel.class)
                            .handler(new AcceptRest(PAUSE))
                            .childHandler(new Greeting())
                            .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                            .sync()
                            .channel();
            server.eventLoop().submit(() -> server.pipeline().fireExceptionCaught(FULL)).sync();
            assertThat(server.config().isAutoRead()).isFalse();
            var address = (InetSocketAddress) server.localAddress();

            try (var client = new Socket(address.getAddress(), address.getPort())) {
                client.setSoTimeout(5_000);
                assertThat(client.getInputStream().readNBytes(2))
                        .isEqualTo("hi".getBytes(US_ASCII));
            }
        } finally {
            loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        }
    }

    private static final class Greeting extends ChannelInboundHandlerAdapter {
        @Override
        public boolean isSharable() {
            return true;
        }

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            ctx.writeAndFlush(Unpooled.copiedBuffer("hi", US_ASCII));
        }
    }
}
