package dev.ambit.e2e.app;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

/// The answers of [Mode#HTTP]: see `Trouble` for how to ask for another one than 200.
final class HttpAnswers {
    private static final int BLOCK_BYTES = 16 * 1024;
    private static final String BYTES = "/bytes/";

    /// `/seen/ID`: how many requests with `?id=ID` have come to this process.
    private static final String SEEN = "/seen/";

    private static final Map<String, Integer> COUNTS = new ConcurrentHashMap<>();

    private HttpAnswers() {}

    static void answer(String name, HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getPath();
            if (path.startsWith(BYTES)) {
                sendBytes(exchange, path.substring(BYTES.length()));
            } else if (path.equals("/count")) {
                say(exchange, 200, count(exchange) + "\n");
            } else if (path.startsWith(SEEN)) {
                say(exchange, 200, seen(path.substring(SEEN.length())) + "\n");
            } else {
                say(
                        exchange,
                        Trouble.of(exchange.getRequestURI()).status(name),
                        who(name, exchange));
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

    /// Trouble that a request asks for in its query.
    ///
    /// @param id by which requests are counted; empty: they are not
    /// @param fail how many of that id are answered 503 before the others are answered 200
    /// @param at the only server that makes trouble, by the end of its name; empty: each
    private record Trouble(String id, int fail, String at) {
        static Trouble of(URI uri) {
            var values = new HashMap<String, String>();
            var query = uri.getQuery() == null ? "" : uri.getQuery();
            for (var pair : query.split("&")) {
                int equals = pair.indexOf('=');
                if (equals > 0) {
                    values.put(pair.substring(0, equals), pair.substring(equals + 1));
                }
            }
            return new Trouble(
                    values.getOrDefault("id", ""),
                    Integer.parseInt(values.getOrDefault("fail", "0")),
                    values.getOrDefault("at", ""));
        }

        int status(String name) {
            int count = id.isEmpty() ? 0 : COUNTS.merge(id, 1, Integer::sum);
            return count <= fail && fail > 0 && name.endsWith(at) ? 503 : 200;
        }
    }

    private static int seen(String id) {
        return COUNTS.getOrDefault(id, 0);
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
