package dev.ambit.e2e.scenario;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.ambit.e2e.mesh.MeshLab;
import dev.ambit.e2e.mesh.MeshPod;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/// Clients in a pod that ask one after another over connections that they keep for a while, until
/// they are stopped. A request without an answer is sent once more on a new connection, as such
/// clients do, and again until its time is over.
final class Load implements AutoCloseable {
    /// Between two requests of a client.
    private static final Duration THINK = Duration.ofMillis(5);

    /// On one connection, then a new one is made: so that new waypoints are found.
    private static final int REQUESTS = 20;

    /// For a request with all that are sent in its place.
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final MeshLab mesh;
    private final MeshPod from;
    private final InetAddress address;
    private final String request;
    private final int waitMillis;
    private final List<Thread> clients = new ArrayList<>();
    private final AtomicInteger answered = new AtomicInteger();
    private final ConcurrentLinkedQueue<String> again = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<String> lost = new ConcurrentLinkedQueue<>();
    private volatile boolean stopped;

    private Load(MeshLab mesh, MeshPod from, String address, String target, Duration wait) {
        this.mesh = mesh;
        this.from = from;
        this.address = InetAddress.ofLiteral(address);
        this.request = "GET " + target + " HTTP/1.1\r\nHost: api.shop\r\n\r\n";
        this.waitMillis = (int) wait.toMillis();
    }

    /// @param wait for an answer, until the request is sent again
    static Load start(L7Mesh l7, int clients, String target, Duration wait) {
        var load = new Load(l7.mesh(), l7.web(), L7Mesh.API_VIP, target, wait);
        for (int i = 0; i < clients; i++) {
            load.clients.add(Thread.ofVirtual().start(load::run));
        }
        return load;
    }

    /// Requests with a good answer.
    int answered() {
        return answered.get();
    }

    /// Why requests were sent again, one each time.
    List<String> again() {
        return List.copyOf(again);
    }

    /// Requests that never had a good answer.
    List<String> lost() {
        return List.copyOf(lost);
    }

    private void run() {
        var client = new Client();
        for (int i = 1; !stopped; i++) {
            client.askUntilAnswered();
            if (i % REQUESTS == 0) {
                client.hangUp();
            }
            LockSupport.parkNanos(THINK.toNanos());
        }
        client.hangUp();
    }

    @Override
    public void close() {
        stopped = true;
        for (var client : clients) {
            try {
                client.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private final class Client {
        private Socket socket = new Socket();

        void askUntilAnswered() {
            long began = System.nanoTime();
            var why = ask();
            while (!why.isEmpty() && System.nanoTime() - began < PATIENCE.toNanos()) {
                again.add(why);
                hangUp();
                why = ask();
            }
            if (why.isEmpty()) {
                answered.incrementAndGet();
            } else {
                lost.add(why);
            }
        }

        /// @return what was wrong; empty for nothing
        private String ask() {
            boolean fresh = !socket.isConnected() || socket.isClosed();
            try {
                if (fresh) {
                    socket = mesh.sockets().connect(from.place().netns(), address, 80);
                    socket.setSoTimeout(waitMillis);
                }
                socket.getOutputStream().write(request.getBytes(US_ASCII));
                return read(fresh);
            } catch (IOException e) {
                return (fresh ? "new connection: " : "kept connection: ") + e;
            }
        }

        private String read(boolean fresh) throws IOException {
            var in = socket.getInputStream();
            var head = AppServer.head(in).toLowerCase(Locale.ROOT);
            if (head.isEmpty()) {
                return (fresh ? "new" : "kept") + " connection: ended";
            }
            int at = head.indexOf("content-length: ");
            int length = Integer.parseInt(head.substring(at + 16, head.indexOf('\r', at)).strip());
            int got = in.readNBytes(length).length;
            if (head.contains("\r\nconnection: close")) {
                hangUp();
            }
            if (got != length) {
                return "cut off after %d of %d bytes".formatted(got, length);
            }
            return head.startsWith("http/1.1 200") ? "" : head.substring(0, head.indexOf('\r'));
        }

        void hangUp() {
            try {
                socket.close();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }
    }
}
