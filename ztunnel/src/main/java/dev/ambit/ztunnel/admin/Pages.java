package dev.ambit.ztunnel.admin;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.ambit.ztunnel.log.Logs;
import io.prometheus.metrics.expositionformats.OpenMetricsTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Function;

/// The process's HTTP pages: admin (loopback), metrics, readiness. On virtual threads, never on a
/// data loop.
public final class Pages implements AutoCloseable {
    private static final String OPEN_METRICS =
            "application/openmetrics-text;charset=utf-8;version=1.0.0";
    private static final int BACKLOG = 16;

    private final List<HttpServer> servers = new ArrayList<>();
    private final Executor executor;

    public Pages(Executor executor) {
        this.executor = executor;
    }

    record Answer(int status, String type, String body) {
        static Answer text(int status, String body) {
            return new Answer(status, "text/plain; charset=utf-8", body);
        }
    }

    private HttpServer listen(InetSocketAddress address) throws IOException {
        var server = HttpServer.create(address, BACKLOG);
        server.setExecutor(executor);
        servers.add(server);
        return server;
    }

    private static void page(
            HttpServer server, String path, Function<HttpExchange, Answer> answer) {
        server.createContext(
                path,
                exchange -> {
                    try (exchange) {
                        boolean exact =
                                path.equals("/")
                                        ? exchange.getRequestURI().getPath().equals("/")
                                        : exchange.getRequestURI().getPath().equals(path);
                        send(exchange, exact ? answer.apply(exchange) : Answer.text(404, ""));
                    }
                });
    }

    private static void send(HttpExchange exchange, Answer answer) throws IOException {
        var body = answer.body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("content-type", answer.type);
        exchange.sendResponseHeaders(answer.status, body.length == 0 ? -1 : body.length);
        if (body.length > 0) {
            exchange.getResponseBody().write(body);
        }
    }

    public void readiness(InetSocketAddress address, Readiness readiness) throws IOException {
        var server = listen(address);
        page(
                server,
                "/healthz/ready",
                exchange -> {
                    if (!exchange.getRequestMethod().equals("GET")) {
                        return Answer.text(405, "");
                    }
                    return readiness.ready()
                            ? Answer.text(200, "ready\n")
                            : Answer.text(
                                    500,
                                    "not ready, pending: "
                                            + String.join(", ", readiness.pending())
                                            + "\n");
                });
        server.start();
    }

    public void metrics(InetSocketAddress address, PrometheusRegistry registry) throws IOException {
        var server = listen(address);
        Function<HttpExchange, Answer> metrics =
                exchange -> {
                    var accept =
                            Optional.ofNullable(exchange.getRequestHeaders().getFirst("Accept"));
                    boolean open = accept.filter(a -> a.contains("openmetrics")).isPresent();
                    return new Answer(
                            200, open ? OPEN_METRICS : "text/plain; charset=utf-8", text(registry));
                };
        page(server, "/metrics", metrics);
        page(server, "/stats/prometheus", metrics);
        server.start();
    }

    private static String text(PrometheusRegistry registry) {
        var out = new ByteArrayOutputStream();
        try {
            new OpenMetricsTextFormatWriter(false, false).write(out, registry.scrape());
        } catch (IOException impossible) {
            throw new IllegalStateException(impossible);
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    /// What the admin page may set in motion.
    public interface Actions {
        void quit();

        /// Fetches new certificates for one identity.
        ///
        /// @return false when it is not an identity of this node
        boolean rotate(String identity);
    }

    public void admin(InetSocketAddress address, DumpSource dump, Logs logs, Actions actions)
            throws IOException {
        var server = listen(address);
        page(server, "/", _ -> new Answer(200, "text/html; charset=utf-8", INDEX));
        page(
                server,
                "/config_dump",
                _ -> new Answer(200, "application/json", ConfigDump.text(dump)));
        page(server, "/logging", exchange -> logging(exchange, logs));
        page(
                server,
                "/quitquitquit",
                exchange -> {
                    if (!exchange.getRequestMethod().equals("POST")) {
                        return Answer.text(405, "");
                    }
                    actions.quit();
                    return Answer.text(200, "shutdown now\n");
                });
        page(server, "/certificates/rotate", exchange -> rotate(exchange, actions));
        server.start();
    }

    private static Answer rotate(HttpExchange exchange, Actions actions) {
        if (!exchange.getRequestMethod().equals("POST")) {
            return Answer.text(405, "POST /certificates/rotate?identity=spiffe://...\n");
        }
        var identity = parameter(exchange, "identity").orElse("");
        return actions.rotate(identity)
                ? Answer.text(200, "fetching a new certificate for " + identity + "\n")
                : Answer.text(
                        404,
                        "identity: '" + identity + "' (expected: one that /config_dump lists)\n");
    }

    private static Answer logging(HttpExchange exchange, Logs logs) {
        if (!exchange.getRequestMethod().equals("POST")) {
            return Answer.text(405, LOGGING_HELP);
        }
        if (parameter(exchange, "reset").isPresent()) {
            logs.reset();
        }
        var level = parameter(exchange, "level");
        if (level.isPresent()) {
            try {
                logs.add(level.get());
            } catch (IllegalArgumentException wrong) {
                return Answer.text(
                        400,
                        "Invalid level provided: "
                                + level.get()
                                + "\n"
                                + wrong.getMessage()
                                + "\n"
                                + LOGGING_HELP);
            }
        }
        return Answer.text(200, "current log level is " + logs.describe() + "\n");
    }

    private static Optional<String> parameter(HttpExchange exchange, String name) {
        var query = exchange.getRequestURI().getRawQuery();
        if (query == null) {
            return Optional.empty();
        }
        for (var pair : query.split("&", -1)) {
            int equals = pair.indexOf('=');
            var key = equals < 0 ? pair : pair.substring(0, equals);
            if (key.equals(name)) {
                var value = equals < 0 ? "" : pair.substring(equals + 1);
                return Optional.of(URLDecoder.decode(value, StandardCharsets.UTF_8));
            }
        }
        return Optional.empty();
    }

    @Override
    public void close() {
        servers.forEach(server -> server.stop(0));
    }

    private static final String LOGGING_HELP =
            """
            usage: POST /logging (To list current level)
            usage: POST /logging?level=<level> (To change global levels)
            usage: POST /logging?level={mod1}:{level1},{mod2}:{level2} (To change specific levels)
            """;

    private static final String INDEX =
            """
            <!doctype html><title>ztunnel</title><h1>ztunnel</h1><ul>
            <li><a href="config_dump">config_dump</a>: what this node knows and carries, as JSON
            <li>POST logging: show and change log levels
            <li>POST certificates/rotate?identity=...: fetch a new certificate now
            <li>POST quitquitquit: drain and end
            </ul>
            """;
}
