package dev.ambit.control;

import com.nimbusds.jose.util.JSONArrayUtils;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.ambit.control.l7.Finding;
import dev.ambit.control.l7.report.Entry;
import dev.ambit.control.l7.report.Output;
import dev.ambit.control.resource.Problem;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/// HTTP in clear for people and for probes: `/ready`, `/metrics`, `/debug/…`.
final class AdminServer implements AutoCloseable {
    private static final int BACKLOG = 16;

    private final HttpServer server;
    private final ControlState state;
    private final Supplier<Map<String, Long>> counters;

    private record Page(int status, String type, String text) {}

    AdminServer(
            InetSocketAddress address,
            ControlState state,
            Supplier<Map<String, Long>> counters,
            Executor executor)
            throws IOException {
        this.state = state;
        this.counters = counters;
        this.server = HttpServer.create(address, BACKLOG);
        server.setExecutor(executor);
        server.createContext("/", this::handle);
    }

    void start() {
        server.start();
    }

    int port() {
        return server.getAddress().getPort();
    }

    @Override
    public void close() {
        server.stop(0);
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            var page = page(exchange.getRequestURI().getPath());
            var bytes = page.text().getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("content-type", page.type());
            exchange.sendResponseHeaders(page.status(), bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    private Page page(String path) {
        var moment = state.newest();
        return switch (path) {
            case "/ready" ->
                    moment.count() > 0
                            ? new Page(200, "text/plain", "ready\n")
                            : new Page(503, "text/plain", "not ready: no input was read yet\n");
            case "/metrics" -> new Page(200, "text/plain; version=0.0.4", metrics(moment));
            case "/debug/problems" ->
                    new Page(200, "application/json", problems(moment.problems()));
            case "/debug/findings" -> new Page(200, "application/json", findings());
            case "/debug/status" ->
                    new Page(
                            200,
                            "application/json",
                            Output.json(state.told().statuses().entries()));
            default ->
                    new Page(
                            404,
                            "text/plain",
                            "no such page (expected: /ready, /metrics, /debug/problems,"
                                    + " /debug/findings, /debug/status)\n");
        };
    }

    private String metrics(ControlState.Moment moment) {
        var values = new TreeMap<>(counters.get());
        values.put("ambit_control_applied_total", moment.count());
        values.put("ambit_control_workloads", (long) moment.model().workloads().size());
        values.put("ambit_control_services", (long) moment.model().services().size());
        values.put("ambit_control_policies", (long) moment.model().policies().size());
        values.put(
                "ambit_control_input_problems",
                moment.problems().stream()
                        .filter(p -> p.severity() == Problem.Severity.ERROR)
                        .count());
        for (var level : Finding.Level.values()) {
            values.put(
                    "ambit_control_findings_" + level.name().toLowerCase(Locale.ROOT),
                    state.told().report().entries().stream()
                            .filter(e -> e.level() == level)
                            .count());
        }
        var text = new StringBuilder();
        values.forEach((name, value) ->
                text.append("# TYPE ")
                        .append(name)
                        .append(name.endsWith("_total") ? " counter\n" : " gauge\n")
                        .append(name)
                        .append(' ')
                        .append(value)
                        .append('\n'));
        return text.toString();
    }

    private String findings() {
        return Output.json(state.told().report().entries().stream().map(Entry::tree).toList());
    }

    private static String problems(List<Problem> problems) {
        var list = new ArrayList<Map<String, Object>>();
        for (var problem : problems) {
            var entry = new LinkedHashMap<String, Object>();
            entry.put("severity", problem.severity().name().toLowerCase(Locale.ROOT));
            entry.put("file", problem.origin().file());
            entry.put("line", problem.origin().line());
            entry.put("resource", problem.resource());
            entry.put("field", problem.field());
            entry.put("message", problem.message());
            list.add(entry);
        }
        return JSONArrayUtils.toJSONString(list) + "\n";
    }
}
