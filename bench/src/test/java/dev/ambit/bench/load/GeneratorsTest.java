package dev.ambit.bench.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class GeneratorsTest {
    private static final long SELF = ProcessHandle.current().pid();

    @Test
    void throughput_eightStreams_countsWhatArrivedInTheWindow() throws Exception {
        var sink =
                new Sink(
                        new Sink.Plan(
                                0,
                                8,
                                Duration.ofMillis(50),
                                Duration.ofMillis(300),
                                List.of(SELF)));
        var received = start(sink::run);
        var source = new Source(new Source.Plan(to(sink.port()), 8, Duration.ofSeconds(30)));

        LoadReport sent = source.run();
        LoadReport report = received.get();

        assertThat(report.get("nanos")).isGreaterThanOrEqualTo(300_000_000L);
        assertThat(report.get("bytes")).isPositive().isLessThanOrEqualTo(sent.get("sent"));
        assertThat(report.get("cpu0")).isNotNegative();
    }

    @Test
    void sink_streamThatEndsEarly_isAnError() throws Exception {
        var sink =
                new Sink(
                        new Sink.Plan(
                                0, 1, Duration.ofSeconds(5), Duration.ofSeconds(5), List.of()));
        var received = start(sink::run);

        java.nio.channels.SocketChannel.open(to(sink.port())).close();

        assertThatThrownBy(received::get)
                .rootCause()
                .isInstanceOf(IOException.class)
                .hasMessageContaining("before the window did");
    }

    @Test
    void churn_upToItsMost_countsEachConnectionOnce() throws Exception {
        try (var server = new EchoServer(echo())) {
            start(() -> {
                server.run();
                return "";
            });

            LoadReport report =
                    new Churn(
                                    new Churn.Plan(
                                            to(server.port()),
                                            8,
                                            100,
                                            Duration.ZERO,
                                            Duration.ofSeconds(30),
                                            List.of()))
                            .run();

            assertThat(report.get("connections")).isEqualTo(100);
            assertThat(report.get("failed")).isZero();
            assertThat(report.get("p99")).isGreaterThanOrEqualTo(report.get("p50"));
        }
    }

    @Test
    void holder_count_keepsAsMany() throws Exception {
        try (var server = new EchoServer(echo())) {
            start(() -> {
                server.run();
                return "";
            });
            try (var holder = new Holder(to(server.port()), 50)) {
                assertThat(holder.count()).isEqualTo(50);
            }
        }
    }

    @Test
    void echo_moreThanTheSocketTakes_comesBackWhole() throws Exception {
        int bytes = 8 << 20;
        try (var server = new EchoServer(echo());
                var socket = new java.net.Socket()) {
            start(() -> {
                server.run();
                return "";
            });
            socket.connect(to(server.port()));
            var sender =
                    start(() -> {
                        socket.getOutputStream().write(new byte[bytes]);
                        return "";
                    });

            sender.get();
            assertThat(socket.getInputStream().readNBytes(bytes)).hasSize(bytes);
        }
    }

    private static EchoServer.Plan echo() {
        return new EchoServer.Plan(0, 0, Duration.ZERO, Duration.ofSeconds(50));
    }

    private static InetSocketAddress to(int port) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    private static <T> FutureTask<T> start(Callable<T> body) {
        var task = new FutureTask<>(body);
        Thread.ofPlatform().daemon().start(task);
        return task;
    }
}
