package dev.ambit.bench.load;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/// Sends back what it gets, all connections on one thread. Can stall once, to prove that whoever
/// measures it sees that.
final class EchoServer implements AutoCloseable {
    /// @param port where to listen, on all addresses; 0 for any
    /// @param stallAfter reads after which it stalls once; 0 for never
    /// @param lifetime after which it ends by itself
    record Plan(int port, int stallAfter, Duration stall, Duration lifetime) {}

    private static final int BUFFER_BYTES = 64 * 1024;
    private static final int BACKLOG = 4_096;

    private final Plan plan;
    private final ServerSocketChannel listener;
    private final Selector selector;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
    private int reads;
    private volatile boolean closed;

    EchoServer(Plan plan) throws IOException {
        this.plan = plan;
        this.selector = Selector.open();
        this.listener = ServerSocketChannel.open();
        listener.setOption(StandardSocketOptions.SO_REUSEADDR, true);
        listener.bind(new InetSocketAddress(plan.port()), BACKLOG);
        listener.configureBlocking(false);
        listener.register(selector, SelectionKey.OP_ACCEPT);
    }

    int port() throws IOException {
        return ((InetSocketAddress) listener.getLocalAddress()).getPort();
    }

    /// Serves until `close` or the end of its lifetime.
    void run() throws IOException {
        long deadline = System.nanoTime() + plan.lifetime().toNanos();
        try (listener;
                selector) {
            while (!closed && System.nanoTime() - deadline < 0) {
                selector.select(this::ready, 1_000);
            }
            for (SelectionKey key : selector.keys()) {
                key.channel().close();
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        selector.wakeup();
    }

    private void ready(SelectionKey key) {
        try {
            if (key.isAcceptable()) {
                accept();
            } else if (key.attachment() instanceof ByteBuffer unsent) {
                flush(key, unsent);
            } else {
                echo(key);
            }
        } catch (IOException e) {
            // A connection that was reset: the client knows, and counts it.
            drop(key);
        }
    }

    private void accept() throws IOException {
        for (SocketChannel one = listener.accept(); one != null; one = listener.accept()) {
            one.configureBlocking(false);
            one.setOption(StandardSocketOptions.TCP_NODELAY, true);
            one.register(selector, SelectionKey.OP_READ);
        }
    }

    private void echo(SelectionKey key) throws IOException {
        var connection = (SocketChannel) key.channel();
        buffer.clear();
        if (connection.read(buffer) < 0) {
            connection.close();
            return;
        }
        if (++reads == plan.stallAfter()) {
            LockSupport.parkNanos(plan.stall().toNanos());
        }
        buffer.flip();
        connection.write(buffer);
        if (buffer.hasRemaining()) {
            var unsent = ByteBuffer.allocate(buffer.remaining()).put(buffer).flip();
            key.attach(unsent);
            key.interestOps(SelectionKey.OP_WRITE);
        }
    }

    private static void flush(SelectionKey key, ByteBuffer unsent) throws IOException {
        ((SocketChannel) key.channel()).write(unsent);
        if (!unsent.hasRemaining()) {
            key.attach(null);
            key.interestOps(SelectionKey.OP_READ);
        }
    }

    private static void drop(SelectionKey key) {
        try {
            key.channel().close();
        } catch (IOException e) {
            key.cancel();
        }
    }
}
