package dev.ambit.bench.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class OpenLoopTest {
    private static final Duration STALL = Duration.ofMillis(200);

    /// 1,600 messages at 800/s. While the server stands still for 200 ms, 160 of them fall due: a
    /// tenth of all, spread evenly from 200 ms down to nothing. So the slowest hundredth took at
    /// least 180 ms. A client that waited for its answers would have sent 4 in that time (one a
    /// connection), a four-hundredth: its p99 would not know.
    @Test
    @Timeout(60)
    void stall_injected_isSeenInP99() throws Exception {
        var result = measure(400);

        assertThat(result.lost()).isZero();
        assertThat(result.latency().getTotalCount()).isEqualTo(1_600);
        assertThat(result.latency().getValueAtPercentile(99))
                .isGreaterThanOrEqualTo(Duration.ofMillis(170).toNanos());
        assertThat(result.latency().getMaxValue())
                .isGreaterThanOrEqualTo(Duration.ofMillis(190).toNanos());
    }

    /// The other half of the proof: what the test above sees is the stall, not the client.
    @Test
    @Timeout(60)
    void noStall_halfOfTheMessages_areFast() throws Exception {
        var result = measure(0);

        assertThat(result.lost()).isZero();
        assertThat(result.latency().getValueAtPercentile(50)).isLessThan(STALL.toNanos() / 2);
    }

    @Test
    void plan_rateAndTimes_giveTheNumberOfMessages() {
        var plan =
                new OpenLoop.Plan(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 1),
                        4,
                        1_000,
                        1_024,
                        Duration.ofMillis(500),
                        Duration.ofSeconds(2),
                        List.of());

        assertThat(plan.unmeasured()).isEqualTo(500);
        assertThat(plan.messages()).isEqualTo(2_500);
    }

    private static OpenLoop.Result measure(int stallAfter) throws Exception {
        var plan = new EchoServer.Plan(0, stallAfter, STALL, Duration.ofSeconds(50));
        try (var server = new EchoServer(plan)) {
            int port = server.port();
            var serving =
                    new FutureTask<Void>(() -> {
                        server.run();
                        return null;
                    });
            Thread.ofPlatform().daemon().start(serving);
            return new OpenLoop(
                            new OpenLoop.Plan(
                                    new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
                                    4,
                                    800,
                                    1_024,
                                    Duration.ZERO,
                                    Duration.ofSeconds(2),
                                    List.of()))
                    .run();
        }
    }
}
