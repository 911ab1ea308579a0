package dev.ambit.e2e.mesh;

import dev.ambit.e2e.lab.LabFault;
import dev.ambit.e2e.lab.NetNamespace;
import dev.ambit.linux.LinuxException;
import dev.ambit.linux.NamespaceThread;
import dev.ambit.linux.NetworkNamespace;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.CompletionException;

/// Sockets of ours inside a namespace, and small HTTP requests over them: for looking after
/// processes and for tests that need a connection in their own hands.
public final class PodHttp implements AutoCloseable {
    private static final int TIMEOUT_MILLIS = 20_000;
    private final NamespaceThread thread;

    public PodHttp() {
        try {
            thread = new NamespaceThread("lab-sockets");
        } catch (LinuxException e) {
            throw new LabFault("cannot enter namespaces: " + e.getMessage(), e);
        }
    }

    /// @param status 0 when there was no answer that is HTTP
    public record Answer(int status, String body) {}

    /// A connected socket that belongs to the namespace, with a read timeout.
    public Socket connect(NetNamespace where, InetAddress address, int port) throws IOException {
        SocketChannel channel;
        try (var namespace = NetworkNamespace.open(where.path())) {
            channel = thread.call(namespace, SocketChannel::open).join();
        } catch (CompletionException e) {
            throw new IOException("no socket in " + where + ": " + e.getCause(), e);
        }
        Socket socket = channel.socket();
        try {
            socket.setSoTimeout(TIMEOUT_MILLIS);
            socket.connect(new InetSocketAddress(address, port), TIMEOUT_MILLIS);
            return socket;
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /// A request to a port on the namespace's loopback; empty when nobody answers.
    public Optional<Answer> request(NetNamespace where, String method, int port, String target) {
        try (var socket = connect(where, InetAddress.getLoopbackAddress(), port)) {
            // HTTP/1.0: the answer ends with the connection, and never comes in chunks.
            var text = "%s %s HTTP/1.0\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n";
            socket.getOutputStream()
                    .write(text.formatted(method, target).getBytes(StandardCharsets.UTF_8));
            var all = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return Optional.of(parse(all));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    static Answer parse(String text) {
        String[] parts = text.split("\r\n\r\n", 2);
        String[] status = parts[0].split(" ", 3);
        boolean http = parts.length == 2 && status.length >= 2 && status[0].startsWith("HTTP/");
        return http && status[1].matches("\\d{3}")
                ? new Answer(Integer.parseInt(status[1]), parts[1])
                : new Answer(0, text);
    }

    @Override
    public void close() {
        thread.close();
    }
}
