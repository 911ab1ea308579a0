package dev.ambit.bench.load;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/// New connections as fast as they come, a few at a time: connect, one byte there, one byte back,
/// close. A closed loop on purpose: it asks how many, not how late.
final class Churn {
    /// @param inFlight connections at a time
    /// @param most connections in all, warm-up included; the run ends early there
    record Plan(
            InetSocketAddress to,
            int inFlight,
            int most,
            Duration warmup,
            Duration window,
            List<Long> watched) {}

    private static final long HIGHEST_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final Duration STUCK = Duration.ofSeconds(10);

    /// One connection's begin, in nanoseconds.
    private record Begun(long at) {}

    private final Plan plan;
    private final ByteBuffer one = ByteBuffer.allocateDirect(1);
    private final Histogram latency = new Histogram(HIGHEST_NANOS, 3);
    private int started;
    private int open;
    private long counted;
    private long failed;
    private long lastProgress;
    private boolean counting;

    Churn(Plan plan) {
        this.plan = plan;
    }

    LoadReport run() throws IOException {
        var numbers = new HashMap<String, Long>();
        try (var selector = Selector.open()) {
            lastProgress = System.nanoTime();
            phase(selector, plan.warmup());
            var watch = Watch.begin(plan.watched());
            counting = true;
            long began = System.nanoTime();
            phase(selector, plan.window());
            numbers.put("nanos", System.nanoTime() - began);
            watch.end(numbers);
            counting = false;
            for (var key : selector.keys()) {
                key.channel().close();
            }
        }
        numbers.put("connections", counted);
        numbers.put("failed", failed);
        numbers.put("p50", latency.getValueAtPercentile(50));
        numbers.put("p99", latency.getValueAtPercentile(99));
        return new LoadReport(numbers);
    }

    private void phase(Selector selector, Duration length) throws IOException {
        long end = System.nanoTime() + length.toNanos();
        while (System.nanoTime() - end < 0 && (started < plan.most() || open > 0)) {
            while (open < plan.inFlight() && started < plan.most()) {
                start(selector);
            }
            selector.select(this::ready, 100);
            if (System.nanoTime() - lastProgress > STUCK.toNanos()) {
                throw new IOException("no connection came through within " + STUCK);
            }
        }
    }

    private void start(Selector selector) throws IOException {
        var connection = SocketChannel.open();
        connection.configureBlocking(false);
        connection.setOption(StandardSocketOptions.TCP_NODELAY, true);
        var begun = new Begun(System.nanoTime());
        started++;
        open++;
        boolean connected = connection.connect(plan.to());
        var key = connection.register(selector, SelectionKey.OP_CONNECT, begun);
        if (connected) {
            ask(key, connection);
        }
    }

    private void ready(SelectionKey key) {
        var connection = (SocketChannel) key.channel();
        try {
            if (key.isConnectable()) {
                connection.finishConnect();
                ask(key, connection);
            } else if (key.isReadable()) {
                answered(key, connection);
            }
        } catch (IOException e) {
            failed++;
            drop(connection);
        }
    }

    private void ask(SelectionKey key, SocketChannel connection) throws IOException {
        one.clear();
        connection.write(one);
        key.interestOps(SelectionKey.OP_READ);
    }

    private void answered(SelectionKey key, SocketChannel connection) throws IOException {
        one.clear();
        if (connection.read(one) != 1) {
            throw new IOException("ended without an answer");
        }
        lastProgress = System.nanoTime();
        if (counting) {
            counted++;
            latency.recordValue(
                    Math.min(lastProgress - ((Begun) key.attachment()).at(), HIGHEST_NANOS));
        }
        drop(connection);
    }

    private void drop(SocketChannel connection) {
        open--;
        try {
            connection.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
