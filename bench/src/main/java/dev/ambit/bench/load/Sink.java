package dev.ambit.bench.load;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The receiving end of a throughput measurement, which also times it: what counts are bytes that
/// arrived, not bytes that a sender got rid of.
///
/// When all streams are there, it reads for the warm-up and then counts for the window. Then it
/// sends one byte back on each stream, which tells the sender to end it properly: a stream that is
/// cut would put errors into the logs of the proxies under test.
final class Sink {
    /// @param port where to listen, on all addresses; 0 for any
    /// @param watched processes whose CPU time to take over the window
    record Plan(int port, int streams, Duration warmup, Duration window, List<Long> watched) {}

    private static final int READ_BYTES = 256 * 1024;
    private static final Duration GATHER = Duration.ofSeconds(20);
    private static final Duration DRAIN = Duration.ofSeconds(10);

    private enum Phase {
        GATHERING,
        WARMING,
        COUNTING,
        DRAINING
    }

    private final Plan plan;
    private final ServerSocketChannel listener;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(READ_BYTES);
    private Phase phase = Phase.GATHERING;
    private int accepted;
    private int open;
    private long phaseEnd;
    private long windowBegan;
    private long windowTook;
    private long bytes;
    private @Nullable Watch watch;
    private final Map<String, Long> numbers = new HashMap<>();

    Sink(Plan plan) throws IOException {
        this.plan = plan;
        this.listener = ServerSocketChannel.open();
        listener.bind(new InetSocketAddress(plan.port()), plan.streams());
    }

    int port() throws IOException {
        return ((InetSocketAddress) listener.getLocalAddress()).getPort();
    }

    /// Runs to the end of the measurement.
    ///
    /// @throws IOException when the streams don't come, or don't end, in time
    LoadReport run() throws IOException {
        try (listener;
                var selector = Selector.open()) {
            listener.configureBlocking(false);
            listener.register(selector, SelectionKey.OP_ACCEPT);
            phaseEnd = System.nanoTime() + GATHER.toNanos();
            while (phase != Phase.DRAINING || open > 0) {
                selector.select(key -> ready(selector, key), 100);
                advance(selector);
            }
        }
        numbers.put("bytes", bytes);
        numbers.put("nanos", windowTook);
        return new LoadReport(numbers);
    }

    private void ready(Selector selector, SelectionKey key) {
        try {
            if (key.isAcceptable()) {
                accept(selector);
            } else if (key.isReadable()) {
                read((SocketChannel) key.channel());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void accept(Selector selector) throws IOException {
        SocketChannel stream = listener.accept();
        if (stream == null) {
            return;
        }
        stream.configureBlocking(false);
        stream.register(selector, SelectionKey.OP_READ);
        accepted++;
        open++;
        if (accepted == plan.streams()) {
            phase = Phase.WARMING;
            phaseEnd = System.nanoTime() + plan.warmup().toNanos();
        }
    }

    private void read(SocketChannel stream) throws IOException {
        buffer.clear();
        int count = stream.read(buffer);
        if (count < 0) {
            stream.close();
            open--;
            if (phase != Phase.DRAINING) {
                throw new IOException("a stream ended before the window did, in phase " + phase);
            }
        } else if (phase == Phase.COUNTING) {
            bytes += count;
        }
    }

    private void advance(Selector selector) throws IOException {
        long now = System.nanoTime();
        if (now - phaseEnd < 0) {
            return;
        }
        switch (phase) {
            case GATHERING ->
                    throw new IOException(
                            "%d of %d streams came within %s"
                                    .formatted(accepted, plan.streams(), GATHER));
            case WARMING -> {
                watch = Watch.begin(plan.watched());
                phase = Phase.COUNTING;
                windowBegan = System.nanoTime();
                phaseEnd = windowBegan + plan.window().toNanos();
            }
            case COUNTING -> {
                windowTook = now - windowBegan;
                if (watch != null) {
                    watch.end(numbers);
                }
                phase = Phase.DRAINING;
                phaseEnd = now + DRAIN.toNanos();
                tellSenders(selector);
            }
            case DRAINING -> throw new IOException(open + " streams did not end within " + DRAIN);
        }
    }

    private void tellSenders(Selector selector) throws IOException {
        for (SelectionKey key : selector.keys()) {
            if (key.channel() instanceof SocketChannel stream) {
                stream.write(ByteBuffer.wrap(new byte[] {1}));
            }
        }
    }
}
