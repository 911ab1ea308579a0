package dev.ambit.ztunnel.admin;

import dev.ambit.process.admin.Answer;
import dev.ambit.process.admin.Ask;
import dev.ambit.process.admin.LoggingPage;
import dev.ambit.process.admin.MetricsPage;
import dev.ambit.process.admin.PageLimits;
import dev.ambit.process.admin.PageServer;
import dev.ambit.process.admin.ProfilePage;
import dev.ambit.process.admin.Readiness;
import dev.ambit.process.log.Logs;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/// The process's HTTP pages: admin (loopback), metrics, readiness. Never on a data loop.
public final class Pages implements AutoCloseable {
    private final PageServer server;

    /// @param executor where answers are made; they may take their time
    public Pages(Executor executor, PageLimits limits, Clock clock) {
        this(new PageServer(executor, limits, clock));
    }

    Pages(PageServer server) {
        this.server = server;
    }

    public InetSocketAddress readiness(InetSocketAddress address, Readiness readiness)
            throws IOException {
        return server.listen(address, Map.of("/healthz/ready", ask -> ready(ask, readiness)));
    }

    private static Answer ready(Ask ask, Readiness readiness) {
        if (!ask.method().equals("GET")) {
            return Answer.text(405, "");
        }
        var pending = readiness.pending();
        return pending.isEmpty()
                ? Answer.text(200, "ready\n")
                : Answer.text(500, "not ready, pending: " + String.join(", ", pending) + "\n");
    }

    /// @param exposition OpenMetrics text
    public InetSocketAddress metrics(InetSocketAddress address, Supplier<byte[]> exposition)
            throws IOException {
        var page = new MetricsPage(exposition);
        return server.listen(address, Map.of("/metrics", page, "/stats/prometheus", page));
    }

    /// What the admin page may set in motion.
    public interface Actions {
        void quit();

        /// Fetches new certificates for one identity.
        ///
        /// @return false when it is not an identity of this node
        boolean rotate(String identity);
    }

    public InetSocketAddress admin(
            InetSocketAddress address, DumpSource dump, Logs logs, Actions actions)
            throws IOException {
        return server.listen(
                address,
                Map.of(
                        "/", _ -> html(INDEX),
                        "/config_dump",
                                _ ->
                                        Answer.of(
                                                200,
                                                "application/json",
                                                ConfigDump.text(dump)
                                                        .getBytes(StandardCharsets.UTF_8)),
                        "/logging", new LoggingPage(logs),
                        "/debug/pprof/profile", new ProfilePage(Thread::sleep),
                        "/quitquitquit", ask -> quit(ask, actions),
                        "/certificates/rotate", ask -> rotate(ask, actions)));
    }

    private static Answer html(String text) {
        return Answer.of(200, "text/html; charset=utf-8", text.getBytes(StandardCharsets.UTF_8));
    }

    private static Answer quit(Ask ask, Actions actions) {
        if (!ask.method().equals("POST")) {
            return Answer.text(405, "");
        }
        actions.quit();
        return Answer.text(200, "shutdown now\n");
    }

    private static Answer rotate(Ask ask, Actions actions) {
        if (!ask.method().equals("POST")) {
            return Answer.text(405, "POST /certificates/rotate?identity=spiffe://...\n");
        }
        var identity = ask.parameter("identity").orElse("");
        return actions.rotate(identity)
                ? Answer.text(200, "fetching a new certificate for " + identity + "\n")
                : Answer.text(
                        404,
                        "identity: '" + identity + "' (expected: one that /config_dump lists)\n");
    }

    /// Stops accepting everywhere. Answers under way are lost.
    @Override
    public void close() {
        server.close();
    }

    private static final String INDEX =
            """
            <!doctype html><meta charset="utf-8"><title>ztunnel</title><h1>ztunnel</h1><table>
            <tr><td><a href="config_dump">config_dump</a><td>what this node knows and carries, as JSON
            <tr><td><a href="logging">logging</a><td>POST: show and change log levels
            <tr><td><a href="debug/pprof/profile">debug/pprof/profile</a><td>what the process does for \
            ?seconds=1 to 300 (10), as a Java flight recording
            <tr><td><a href="certificates/rotate">certificates/rotate</a><td>POST ?identity=...: fetch a \
            new certificate now
            <tr><td><a href="quitquitquit">quitquitquit</a><td>POST: drain and end
            </table>
            """;
}
