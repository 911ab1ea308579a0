package dev.ambit.e2e.envoy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/// `Forward PORT SOCKET`: connections to a port of this namespace's loopback go to a unix socket,
/// which has no namespace.
public final class Forward {
    private static final int BUFFER = 64 << 10;

    private Forward() {}

    public static void main(String[] arguments) throws IOException {
        var target = UnixDomainSocketAddress.of(arguments[1]);
        try (var server = ServerSocketChannel.open()) {
            server.bind(
                    new InetSocketAddress(
                            InetAddress.getLoopbackAddress(), Integer.parseInt(arguments[0])));
            System.out.println("ready " + arguments[0]);
            while (true) {
                var from = server.accept();
                var to = SocketChannel.open(StandardProtocolFamily.UNIX);
                to.connect(target);
                Thread.ofVirtual().start(() -> copy(from, to));
                Thread.ofVirtual().start(() -> copy(to, from));
            }
        }
    }

    private static void copy(SocketChannel from, SocketChannel to) {
        var buffer = ByteBuffer.allocate(BUFFER);
        try (from;
                to) {
            while (from.read(buffer) >= 0) {
                buffer.flip();
                while (buffer.hasRemaining()) {
                    to.write(buffer);
                }
                buffer.clear();
            }
        } catch (IOException closed) {
            // The other direction closed both.
        }
    }
}
