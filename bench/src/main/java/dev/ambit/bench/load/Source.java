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
import java.util.Map;

/// The sending end of a throughput measurement: writes as much as each stream takes, until the
/// receiver says on it that it has enough.
final class Source {
    /// @param lifetime after which it gives up
    record Plan(InetSocketAddress to, int streams, Duration lifetime) {}

    private static final int WRITE_BYTES = 128 * 1024;

    private final Plan plan;
    private final ByteBuffer payload = ByteBuffer.allocateDirect(WRITE_BYTES);
    private final ByteBuffer answer = ByteBuffer.allocateDirect(64);
    private int open;
    private long sent;

    Source(Plan plan) {
        this.plan = plan;
        while (payload.hasRemaining()) {
            payload.put((byte) (payload.position() * 31));
        }
    }

    LoadReport run() throws IOException {
        long deadline = System.nanoTime() + plan.lifetime().toNanos();
        try (var selector = Selector.open()) {
            for (int i = 0; i < plan.streams(); i++) {
                var stream = SocketChannel.open(plan.to());
                stream.setOption(StandardSocketOptions.TCP_NODELAY, true);
                stream.configureBlocking(false);
                // A position of its own: a part of a write leaves the rest for the next.
                stream.register(
                        selector,
                        SelectionKey.OP_WRITE | SelectionKey.OP_READ,
                        payload.duplicate().clear());
                open++;
            }
            while (open > 0) {
                if (System.nanoTime() - deadline > 0) {
                    throw new IOException(
                            open
                                    + " streams were not ended by the receiver within "
                                    + plan.lifetime());
                }
                selector.select(this::ready, 100);
            }
        }
        return new LoadReport(Map.of("sent", sent));
    }

    private void ready(SelectionKey key) {
        try {
            var stream = (SocketChannel) key.channel();
            if (key.isReadable() && answered(key, stream)) {
                return;
            }
            if (key.isWritable()) {
                var rest = (ByteBuffer) key.attachment();
                if (!rest.hasRemaining()) {
                    rest.clear();
                }
                sent += stream.write(rest);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private boolean answered(SelectionKey key, SocketChannel stream) throws IOException {
        answer.clear();
        int count = stream.read(answer);
        if (count == 0) {
            return false;
        }
        if (count > 0) {
            stream.shutdownOutput();
            key.interestOps(SelectionKey.OP_READ);
        } else {
            stream.close();
            open--;
        }
        return true;
    }
}
