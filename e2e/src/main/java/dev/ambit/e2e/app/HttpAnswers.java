package dev.ambit.e2e.app;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.locks.LockSupport;

/// The answers of [Mode#HTTP].
final class HttpAnswers {
    private static final int BLOCK_BYTES = 16 * 1024;
    private static final String BYTES = "/bytes/";

    private HttpAnswers() {}

    static void answer(String name, HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getPath();
            if (path.startsWith(BYTES)) {
                sendBytes(exchange, path.substring(BYTES.length()));
            } else if (path.equals("/count")) {
                say(exchange, 200, count(exchange) + "\n");
            } else {
                say(exchange, 200, who(name, exchange));
            }
        } catch (NumberFormatException e) {
            say(exchange, 400, "not a number: " + e.getMessage() + "\n");
        }
    }

    /// One line, fields `key=value`, so that a shell can read it as easily as a test.
    private static String who(String name, HttpExchange exchange) throws IOException {
        long body = count(exchange);
        String host = exchange.getRequestHeaders().getFirst("Host");
        return "served-by=%s remote=%s local=%s method=%s path=%s host=%s body=%d%n"
                .formatted(
                        name,
                        exchange.getRemoteAddress().getAddress().getHostAddress(),
                        exchange.getLocalAddress().getAddress().getHostAddress(),
                        exchange.getRequestMethod(),
                        exchange.getRequestURI(),
                        host == null ? "-" : host,
                        body);
    }

    private static long count(HttpExchange exchange) throws IOException {
        return exchange.getRequestBody().transferTo(java.io.OutputStream.nullOutputStream());
    }

    private static void sendBytes(HttpExchange exchange, String wanted) throws IOException {
        long total = Long.parseLong(wanted);
        String query = exchange.getRequestURI().getQuery();
        long rate =
                query != null && query.startsWith("rate=")
                        ? Long.parseLong(query.substring("rate=".length()))
                        : Long.MAX_VALUE;
        exchange.sendResponseHeaders(200, total == 0 ? -1 : total);
        var out = exchange.getResponseBody();
        var block = new byte[BLOCK_BYTES];
        for (long sent = 0; sent < total; sent += block.length) {
            Pattern.fill(block, sent);
            out.write(block, 0, (int) Math.min(block.length, total - sent));
            if (rate != Long.MAX_VALUE) {
                out.flush();
                LockSupport.parkNanos(block.length * 1_000_000_000L / rate);
            }
        }
    }

    private static void say(HttpExchange exchange, int status, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
    }
}
