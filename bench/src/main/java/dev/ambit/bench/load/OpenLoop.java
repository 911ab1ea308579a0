package dev.ambit.bench.load;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;

/// An open-loop latency client: messages leave at a constant rate whatever happens to those before
/// them, and each one's time counts from the moment it was *meant* to leave.
///
/// A client that waits for an answer before it sends again leaves out just those messages that a
/// stall would have hit; its percentiles then praise a server for standing still. Here a stall of
/// 200 ms at 1,000/s shows as 200 late messages, from 200 ms downwards.
///
/// One thread sends, one thread a connection reads: while nothing is due, all of them sleep, so the
/// core is left to the proxy that shares it.
final class OpenLoop {
    /// @param rate messages a second, over all connections together
    /// @param bytes of each message; the echo has as many
    /// @param warmup messages of this time are sent and not counted
    /// @param watched processes whose CPU time to take over the window
    record Plan(
            InetSocketAddress to,
            int connections,
            int rate,
            int bytes,
            Duration warmup,
            Duration window,
            List<Long> watched) {
        int unmeasured() {
            return (int) (rate * warmup.toMillis() / 1_000);
        }

        int messages() {
            return unmeasured() + (int) (rate * window.toMillis() / 1_000);
        }
    }

    /// @param lateness how long after its intended moment each message left: the client's own part
    record Result(Histogram latency, Histogram lateness, long lost, Map<String, Long> cpu) {
        LoadReport report() {
            var numbers = new HashMap<>(cpu);
            numbers.put("count", latency.getTotalCount());
            numbers.put("lost", lost);
            numbers.put("p50", latency.getValueAtPercentile(50));
            numbers.put("p90", latency.getValueAtPercentile(90));
            numbers.put("p99", latency.getValueAtPercentile(99));
            numbers.put("p999", latency.getValueAtPercentile(99.9));
            numbers.put("max", latency.getMaxValue());
            numbers.put("late50", lateness.getValueAtPercentile(50));
            numbers.put("late99", lateness.getValueAtPercentile(99));
            return new LoadReport(numbers);
        }
    }

    /// How long after the last message its echo may come.
    private static final Duration LAST_ECHO = Duration.ofSeconds(10);

    private static final long HIGHEST_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final int DIGITS = 3;

    private final Plan plan;
    private final long nanosPerMessage;

    OpenLoop(Plan plan) {
        this.plan = plan;
        this.nanosPerMessage = TimeUnit.SECONDS.toNanos(1) / plan.rate();
    }

    /// Runs to the end of the window.
    ///
    /// @throws IOException when it cannot connect, or a connection ends
    Result run() throws IOException {
        var connections = new ArrayList<SocketChannel>();
        try {
            for (int i = 0; i < plan.connections(); i++) {
                connections.add(connect());
            }
            // Readers must be up before the first message is due.
            long start = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(20);
            var readers = new ArrayList<Reader>();
            for (int i = 0; i < connections.size(); i++) {
                readers.add(new Reader(connections.get(i), i, start));
            }
            readers.forEach(reader -> Thread.ofPlatform().daemon().name("reader").start(reader));
            var lateness = new Histogram(HIGHEST_NANOS, DIGITS);
            var cpu = send(connections, start, lateness);
            return collect(readers, lateness, cpu);
        } finally {
            for (var connection : connections) {
                connection.close();
            }
        }
    }

    /// One message there and back first: a tunnel that has to be built is not this measurement.
    private SocketChannel connect() throws IOException {
        var connection = SocketChannel.open(plan.to());
        connection.setOption(StandardSocketOptions.TCP_NODELAY, true);
        var message = ByteBuffer.allocateDirect(plan.bytes());
        writeFully(connection, message);
        message.clear();
        while (message.hasRemaining()) {
            if (connection.read(message) < 0) {
                throw new IOException("the first echo did not come: connection ended");
            }
        }
        return connection;
    }

    private Map<String, Long> send(List<SocketChannel> connections, long start, Histogram lateness)
            throws IOException {
        TimerSlack.least();
        var message = ByteBuffer.allocateDirect(plan.bytes());
        var cpu = new HashMap<String, Long>();
        Watch watch = Watch.begin(plan.watched());
        for (int i = 0; i < plan.messages(); i++) {
            long due = start + i * nanosPerMessage;
            sleepUntil(due);
            if (i == plan.unmeasured()) {
                watch = Watch.begin(plan.watched());
            }
            if (i >= plan.unmeasured()) {
                lateness.recordValue(bounded(System.nanoTime() - due));
            }
            message.clear();
            writeFully(connections.get(i % connections.size()), message);
        }
        watch.end(cpu);
        return cpu;
    }

    private Result collect(List<Reader> readers, Histogram lateness, Map<String, Long> cpu)
            throws IOException {
        var all = new Histogram(HIGHEST_NANOS, DIGITS);
        long deadline = System.nanoTime() + LAST_ECHO.toNanos();
        for (var reader : readers) {
            try {
                long left = Math.max(1, deadline - System.nanoTime());
                all.add(reader.done.get(left, TimeUnit.NANOSECONDS));
            } catch (TimeoutException e) {
                // What has not come is counted below as lost.
                continue;
            } catch (ExecutionException e) {
                throw new IOException("a connection failed: " + e.getCause(), e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted", e);
            }
        }
        long lost = plan.messages() - plan.unmeasured() - all.getTotalCount();
        return new Result(all, lateness, lost, cpu);
    }

    private static void writeFully(SocketChannel to, ByteBuffer message) throws IOException {
        while (message.hasRemaining()) {
            to.write(message);
        }
    }

    private static void sleepUntil(long due) {
        for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    private static long bounded(long nanos) {
        return Math.clamp(nanos, 0, HIGHEST_NANOS);
    }

    /// Reads one connection's echoes. They come in the order of the messages, so counting tells
    /// which message an echo belongs to, and that when it was meant to leave.
    private final class Reader implements Runnable {
        private final SocketChannel connection;
        private final int ordinal;
        private final long start;
        private final Histogram latency = new Histogram(HIGHEST_NANOS, DIGITS);
        private final CompletableFuture<Histogram> done = new CompletableFuture<>();

        Reader(SocketChannel connection, int ordinal, long start) {
            this.connection = connection;
            this.ordinal = ordinal;
            this.start = start;
        }

        @Override
        public void run() {
            try {
                read();
                done.complete(latency);
            } catch (IOException | RuntimeException e) {
                done.completeExceptionally(e);
            }
        }

        private void read() throws IOException {
            var buffer = ByteBuffer.allocateDirect(64 * 1024);
            long bytes = 0;
            int message = ordinal;
            while (message < plan.messages()) {
                buffer.clear();
                int count = connection.read(buffer);
                if (count < 0) {
                    throw new IOException("ended with messages under way");
                }
                long now = System.nanoTime();
                bytes += count;
                while (bytes >= plan.bytes() && message < plan.messages()) {
                    bytes -= plan.bytes();
                    if (message >= plan.unmeasured()) {
                        latency.recordValue(bounded(now - start - message * nanosPerMessage));
                    }
                    message += plan.connections();
                }
            }
        }
    }
}
