package dev.ambit.waypoint.http2;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.ambit.hbone.HboneLimits;
import dev.ambit.hbone.SocketDuplex;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.HttpStream;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.http.ServerConnection;
import dev.ambit.waypoint.http.ServerStream;
import dev.ambit.waypoint.http.StreamReset;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import java.io.File;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Our server against nghttp2's own clients over real sockets, where they are installed. It sends
/// back what it gets, with a trailer.
@Timeout(120)
class Nghttp2Test {
    private static final int LONG = 3_000_000;

    @TempDir Path directory;

    private final Queue<String> requests = new ConcurrentLinkedQueue<>();
    private final EventLoopGroup group =
            new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private @Nullable Channel listening;

    @BeforeEach
    void start() throws InterruptedException {
        listening =
                new ServerBootstrap()
                        .group(group)
                        .channel(EpollServerSocketChannel.class)
                        .childHandler(
                                new ChannelInitializer<>() {
                                    @Override
                                    protected void initChannel(Channel channel) {
                                        accept(channel);
                                    }
                                })
                        .bind(InetAddress.getLoopbackAddress(), 0)
                        .sync()
                        .channel();
    }

    @AfterEach
    void stop() throws InterruptedException {
        listening().close().sync();
        group.shutdownGracefully(50, 5_000, TimeUnit.MILLISECONDS).sync();
    }

    private Channel listening() {
        return Objects.requireNonNull(listening);
    }

    private void accept(Channel channel) {
        SocketDuplex.prepare(channel, HboneLimits.defaults());
        Http2ServerConnection.over(
                SocketDuplex.of(channel, HboneLimits.defaults()),
                Http2Options.defaults(),
                Http2Limits.defaults(),
                new Echo());
    }

    private final class Echo implements ServerConnection.Handler {
        @Override
        public HttpStream.Inlet onRequest(ServerStream stream, RequestHead head, boolean body) {
            requests.add(head.method() + " " + head.authority().isEmpty() + " " + head.path());
            stream.respond(new ResponseHead(200, new Headers().add("x-echo", "yes")), true);
            return new HttpStream.Inlet() {
                @Override
                public void onData(ByteBuf bytes) {
                    stream.writeData(bytes);
                }

                @Override
                public void onBurstEnd() {
                    stream.flush();
                }

                @Override
                public void onEnd(Headers trailers) {
                    stream.end(new Headers().add("x-end", trailers.joined("x-sent") + "!"));
                }

                @Override
                public void onReset(StreamReset reason) {
                    requests.add("reset " + reason);
                }

                @Override
                public void onTaken(int bytes) {
                    stream.grant(bytes);
                }
            };
        }

        @Override
        public void onRejected(ServerConnection.Rejected rejected) {
            requests.add("rejected " + rejected);
        }

        @Override
        public void onClosed() {}
    }

    private String url(String path) {
        var address = (InetSocketAddress) listening().localAddress();
        return "http://127.0.0.1:" + address.getPort() + path;
    }

    private String run(String... command) throws Exception {
        var program =
                List.of("/usr/bin", "/usr/local/bin", "/usr/sbin").stream()
                        .map(folder -> new File(folder, command[0]))
                        .filter(File::canExecute)
                        .findFirst();
        assumeTrue(program.isPresent(), () -> command[0] + " is not installed");
        var out = directory.resolve("out").toFile();
        var process =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(out).start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).as(command[0]).isTrue();
        return Files.readString(out.toPath(), java.nio.charset.StandardCharsets.ISO_8859_1);
    }

    @Test
    void body_comesBack_withTrailersBothWays() throws Exception {
        var file = directory.resolve("body");
        Files.writeString(file, "0123456789".repeat(LONG / 10), UTF_8);
        var out =
                run(
                        "nghttp",
                        "-nv",
                        "-w",
                        "14",
                        "-d",
                        file.toString(),
                        "--trailer=x-sent: here",
                        url("/long"));

        assertThat(requests).containsExactly("POST false /long");
        assertThat(out)
                .contains(":status: 200", "x-echo: yes", "x-end: here!")
                .doesNotContain("INVALID");
        long bytes = 0;
        for (var line : out.lines().toList()) {
            if (line.contains("recv DATA frame")) {
                bytes += Long.parseLong(line.replaceAll(".*length=(\\d+).*", "$1"));
            }
        }
        assertThat(bytes).isEqualTo(LONG);
    }

    @Test
    void manyRequests_onManyStreams_areAllAnswered() throws Exception {
        var out = run("h2load", "-n", "4000", "-c", "4", "-m", "50", url("/"));

        assertThat(out).contains("4000 succeeded, 0 failed, 0 errored, 0 timeout");
        assertThat(new ArrayList<>(requests)).hasSize(4_000);
    }
}
