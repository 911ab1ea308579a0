package dev.ambit.bench.load;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;

/// Opens connections, sends one byte there and back on each, and then keeps them, silent.
final class Holder implements AutoCloseable {
    private final List<SocketChannel> held = new ArrayList<>();

    /// @throws IOException when one cannot be opened; those before it are closed
    Holder(InetSocketAddress to, int count) throws IOException {
        var one = ByteBuffer.allocateDirect(1);
        try {
            for (int i = 0; i < count; i++) {
                var connection = SocketChannel.open(to);
                held.add(connection);
                one.clear();
                connection.write(one);
                one.clear();
                if (connection.read(one) != 1) {
                    throw new IOException("connection " + i + " ended without an answer");
                }
            }
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    int count() {
        return held.size();
    }

    @Override
    public void close() throws IOException {
        for (var connection : held) {
            connection.close();
        }
    }
}
