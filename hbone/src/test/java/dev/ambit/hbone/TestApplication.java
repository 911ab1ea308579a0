package dev.ambit.hbone;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;

/// The application behind a tunnel: a plain listening socket.
final class TestApplication implements AutoCloseable {
    private final ServerSocket server;

    TestApplication() throws IOException {
        server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        server.setSoTimeout(20_000);
    }

    InetSocketAddress address() {
        return (InetSocketAddress) server.getLocalSocketAddress();
    }

    Socket next() throws IOException {
        var socket = server.accept();
        socket.setSoTimeout(20_000);
        return socket;
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
