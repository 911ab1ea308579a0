package dev.ambit.control.l7.jwt;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;

/// An issuer on loopback that answers what a test tells it to.
public final class Issuer implements AutoCloseable {
    private final HttpServer server;
    private final Map<String, Answer> answers = new ConcurrentHashMap<>();
    private final CountDownLatch ended = new CountDownLatch(1);

    /// @param location of a redirect, else empty
    /// @param hangs it never answers
    private record Answer(int status, byte[] body, String location, boolean hangs) {}

    public Issuer() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Thread::startVirtualThread);
        server.createContext("/", this::answer);
        server.start();
    }

    public String address() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    URI uri(String path) {
        return URI.create(address() + path);
    }

    public Issuer answers(String path, int status, String body) {
        answers.put(path, new Answer(status, body.getBytes(StandardCharsets.UTF_8), "", false));
        return this;
    }

    Issuer redirects(String path, String location) {
        answers.put(path, new Answer(302, new byte[0], location, false));
        return this;
    }

    Issuer hangs(String path) {
        answers.put(path, new Answer(200, new byte[0], "", true));
        return this;
    }

    private void answer(HttpExchange exchange) throws IOException {
        var answer =
                answers.getOrDefault(
                        exchange.getRequestURI().getPath(),
                        new Answer(404, new byte[0], "", false));
        if (answer.hangs()) {
            // A beginning of an answer: its rest never comes.
            exchange.sendResponseHeaders(200, 10);
            try {
                ended.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        } else {
            if (!answer.location().isEmpty()) {
                exchange.getResponseHeaders().add("location", answer.location());
            }
            exchange.sendResponseHeaders(
                    answer.status(), answer.body().length == 0 ? -1 : answer.body().length);
            exchange.getResponseBody().write(answer.body());
        }
        exchange.close();
    }

    @Override
    public void close() {
        ended.countDown();
        server.stop(0);
    }
}
