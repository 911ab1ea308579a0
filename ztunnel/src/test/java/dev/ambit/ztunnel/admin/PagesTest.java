package dev.ambit.ztunnel.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.mesh.model.Endpoint;
import dev.ambit.mesh.model.Service;
import dev.ambit.mesh.model.ServiceKey;
import dev.ambit.mesh.model.Workload;
import dev.ambit.mesh.policy.Policy;
import dev.ambit.process.admin.Ask;
import dev.ambit.process.admin.PageLimits;
import dev.ambit.process.admin.PageServer;
import dev.ambit.process.admin.ProfilePage;
import dev.ambit.process.admin.Readiness;
import dev.ambit.process.log.Logs;
import dev.ambit.ztunnel.Recorded;
import dev.ambit.ztunnel.telemetry.Telemetry;
import dev.ambit.ztunnel.telemetry.TelemetryLimits;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPInputStream;
import java.util.zip.InflaterInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Over real sockets, byte for byte.
class PagesTest {
    private static final InetSocketAddress ANY_PORT =
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    private static final Clock THEN =
            Clock.fixed(Instant.parse("2026-11-23T09:05:54Z"), ZoneOffset.UTC);

    private final AtomicInteger failingAccepts = new AtomicInteger();
    private final Pages pages =
            new Pages(
                    new PageServer(
                            task -> Thread.ofVirtual().start(task),
                            PageLimits.defaults(),
                            THEN,
                            FailingSockets::new));
    private final Readiness readiness = new Readiness(() -> 0);
    private final List<String> actions = new ArrayList<>();
    private Logs logs;

    /// Runs out of file descriptors when it is told to.
    private final class FailingSockets extends NioServerSocketChannel {
        @Override
        protected int doReadMessages(List<Object> into) throws Exception {
            if (failingAccepts.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
                throw new IOException("Too many open files");
            }
            return super.doReadMessages(into);
        }
    }

    private record Empty() implements DumpSource {
        @Override
        public Collection<Workload> workloads() {
            return List.of();
        }

        @Override
        public Collection<Service> services() {
            return List.of();
        }

        @Override
        public List<Endpoint> endpoints(ServiceKey service) {
            return List.of();
        }

        @Override
        public Collection<Policy> policies() {
            return List.of();
        }

        @Override
        public StaticConfig staticConfig() {
            return StaticConfig.NONE;
        }

        @Override
        public List<IdentityCertificates> certificates() {
            return List.of();
        }

        @Override
        public Map<String, ProxiedWorkload> workloadState() {
            return Map.of();
        }

        @Override
        public Map<String, ?> config() {
            return Map.of();
        }

        @Override
        public Map<String, String> version() {
            return Map.of();
        }
    }

    @BeforeEach
    void install() {
        logs = Logs.detached("info");
    }

    @AfterEach
    void close() {
        pages.close();
        logs.reset();
    }

    private InetSocketAddress admin() throws IOException {
        return pages.admin(
                ANY_PORT,
                new Empty(),
                logs,
                new Pages.Actions() {
                    @Override
                    public void quit() {
                        actions.add("quit");
                    }

                    @Override
                    public boolean rotate(String identity) {
                        return false;
                    }
                });
    }

    private record Reply(String head, byte[] body) {
        String text() {
            return new String(body, StandardCharsets.UTF_8);
        }

        String status() {
            return head.substring(0, head.indexOf("\r\n"));
        }

        String header(String name) {
            return head.lines()
                    .filter(line -> line.startsWith(name + ": "))
                    .map(line -> line.substring(name.length() + 2))
                    .findFirst()
                    .orElse("");
        }
    }

    private static Reply ask(InetSocketAddress where, String request, String... headers)
            throws IOException {
        try (var socket = new Socket(where.getAddress(), where.getPort())) {
            socket.setSoTimeout(20_000);
            var text =
                    request
                            + " HTTP/1.1\r\nhost: x\r\nconnection: close\r\n"
                            + String.join("", headers)
                            + "\r\n";
            socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
            var bytes = socket.getInputStream().readAllBytes();
            var all = new String(bytes, StandardCharsets.ISO_8859_1);
            int end = all.indexOf("\r\n\r\n");
            var body = new ByteArrayOutputStream();
            body.write(bytes, end + 4, bytes.length - end - 4);
            return new Reply(all.substring(0, end), body.toByteArray());
        }
    }

    // ---- readiness

    @Test
    void readiness_namesWhatIsAwaited_andAgainWhenItIsUndone() throws Exception {
        var where = pages.readiness(ANY_PORT, readiness);
        var state = readiness.register("state manager");
        var pods = readiness.register("workload proxy manager");

        var before = ask(where, "GET /healthz/ready");
        state.done();
        pods.done();
        var then = ask(where, "GET /healthz/ready");
        pods.undone();
        var after = ask(where, "GET /healthz/ready");

        assertThat(before.status()).isEqualTo("HTTP/1.1 500 Internal Server Error");
        assertThat(before.text())
                .isEqualTo("not ready, pending: state manager, workload proxy manager\n");
        assertThat(then.status()).isEqualTo("HTTP/1.1 200 OK");
        assertThat(then.text()).isEqualTo("ready\n");
        assertThat(then.header("content-type")).isEqualTo("text/plain");
        assertThat(then.header("date")).isEqualTo("Mon, 23 Nov 2026 09:05:54 GMT");
        assertThat(after.text()).isEqualTo("not ready, pending: workload proxy manager\n");
    }

    @ParameterizedTest
    @CsvSource({"POST /healthz/ready,405", "GET /healthz,404", "GET /,404"})
    void readiness_otherAsks(String request, int status) throws Exception {
        var reply = ask(pages.readiness(ANY_PORT, readiness), request);

        assertThat(reply.status()).contains(" " + status + " ");
        assertThat(reply.body()).isEmpty();
    }

    @Test
    void closed_refusesConnections() throws Exception {
        var where = pages.readiness(ANY_PORT, readiness);

        pages.close();

        org.assertj.core.api.Assertions.assertThatThrownBy(() -> ask(where, "GET /healthz/ready"))
                .isInstanceOf(IOException.class);
    }

    @Test
    void failedAccepts_areSurvived() throws Exception {
        var where = pages.readiness(ANY_PORT, readiness);
        failingAccepts.set(2);

        assertThat(ask(where, "GET /healthz/ready").text()).isEqualTo("ready\n");
        assertThat(ask(where, "GET /healthz/ready").text()).isEqualTo("ready\n");
        assertThat(failingAccepts).hasValue(0);
    }

    @Test
    void silentConnection_isClosed_andDisturbsNobody() throws Exception {
        var where = pages.readiness(ANY_PORT, readiness);
        try (var silent = new Socket(where.getAddress(), where.getPort())) {
            silent.setSoTimeout(20_000);
            assertThat(ask(where, "GET /healthz/ready").text()).isEqualTo("ready\n");

            assertThat(silent.getInputStream().read()).isEqualTo(-1);
        }
    }

    @Test
    void hugeHeader_isRefused() throws Exception {
        var where = pages.readiness(ANY_PORT, readiness);

        var reply = ask(where, "GET /healthz/ready", "x: " + "y".repeat(9_000) + "\r\n");

        assertThat(reply.status()).isEqualTo("HTTP/1.1 400 Bad Request");
    }

    // ---- metrics

    private InetSocketAddress metrics() throws IOException {
        var telemetry = new Telemetry(TelemetryLimits.defaults(), "1.2", () -> 0);
        return pages.metrics(ANY_PORT, telemetry::exposition);
    }

    @Test
    void metrics_plainUnlessAskedOtherwise() throws Exception {
        var where = metrics();

        var plain = ask(where, "GET /metrics");
        var open = ask(where, "GET /stats/prometheus", "accept: application/openmetrics-text\r\n");

        assertThat(plain.header("content-type")).isEqualTo("text/plain; charset=utf-8");
        assertThat(plain.header("vary")).isEqualTo("accept-encoding");
        assertThat(plain.text()).contains("istio_build{").endsWith("# EOF\n");
        assertThat(open.header("content-type"))
                .isEqualTo("application/openmetrics-text;charset=utf-8;version=1.0.0");
        assertThat(open.text()).isEqualTo(plain.text());
    }

    @Test
    void metrics_arePacked_ifTheReaderTakesIt() throws Exception {
        var where = metrics();
        var plain = ask(where, "GET /metrics").text();

        var gzip = ask(where, "GET /metrics", "Accept-Encoding: gzip, deflate, br\r\n");
        var deflate = ask(where, "GET /metrics", "Accept-Encoding: deflate\r\n");

        assertThat(gzip.header("content-encoding")).isEqualTo("gzip");
        assertThat(new GZIPInputStream(new ByteArrayInputStream(gzip.body())).readAllBytes())
                .isEqualTo(plain.getBytes(StandardCharsets.UTF_8));
        assertThat(new InflaterInputStream(new ByteArrayInputStream(deflate.body())).readAllBytes())
                .isEqualTo(plain.getBytes(StandardCharsets.UTF_8));
    }

    // ---- admin

    /// The reference's answers, but for the one name of a Rust library that it always lists.
    @Test
    void logging_answersAsRecorded() throws Exception {
        var where = admin();
        var recorded = Recorded.text("j1-admin.http").replace("hickory_server::server=off,", "");
        for (var part : recorded.split("### ", -1)) {
            var request = part.lines().findFirst().orElse("");
            if (!request.startsWith("POST /logging")
                    && !request.equals("GET /quitquitquit")
                    && !request.equals("GET /nothing")) {
                continue;
            }
            var status = part.lines().skip(1).findFirst().orElseThrow();
            int end = part.indexOf("\n\n");

            var reply = ask(where, request);

            assertThat(reply.status()).as(request).isEqualTo(status);
            assertThat(reply.text().strip()).as(request).isEqualTo(part.substring(end).strip());
        }
    }

    @Test
    void logging_levelsByScope_areAddedAndReset() throws Exception {
        var where = admin();

        assertThat(ask(where, "POST /logging?level=ztunnel::inpod=debug,access=warn").text())
                .isEqualTo("current log level is ztunnel::inpod=debug,access=warn,info\n");
        assertThat(ask(where, "POST /logging?level=error").text())
                .isEqualTo("current log level is ztunnel::inpod=debug,access=warn,error\n");
        assertThat(ask(where, "POST /logging?reset&level=mesh=trace").text())
                .isEqualTo("current log level is mesh=trace,info\n");
        assertThat(ask(where, "POST /logging?reset").text())
                .isEqualTo("current log level is info\n");
        assertThat(ask(where, "GET /logging").status()).contains(" 405 ");
        assertThat(ask(where, "POST /logging?level=ztunnel").status()).contains(" 400 ");
    }

    @Test
    void quit_isPostOnly() throws Exception {
        var where = admin();
        ask(where, "GET /quitquitquit");
        assertThat(actions).isEmpty();

        assertThat(ask(where, "POST /quitquitquit").text()).isEqualTo("shutdown now\n");
        assertThat(actions).containsExactly("quit");
    }

    @Test
    void dashboardAndDump_areThere() throws Exception {
        var where = admin();

        assertThat(ask(where, "GET /").text()).contains("config_dump", "logging", "quitquitquit");
        assertThat(ask(where, "GET /config_dump").header("content-type"))
                .isEqualTo("application/json");
        assertThat(ask(where, "GET /debug/pprof/profile?seconds=0").text())
                .isEqualTo("invalid seconds value; expected 1-300\n");
        assertThat(ask(where, "POST /certificates/rotate?identity=x").status()).contains(" 404 ");
    }

    @Test
    void profile_isAFlightRecording() {
        var slept = new ArrayList<String>();
        var page = new ProfilePage(duration -> slept.add(duration.toString()));

        var answer =
                page.apply(
                        new Ask("GET", "/debug/pprof/profile", Map.of(), Map.of("seconds", "3")));

        assertThat(answer.status()).isEqualTo(200);
        assertThat(new String(answer.body(), 0, 3, StandardCharsets.US_ASCII)).isEqualTo("FLR");
        assertThat(slept).containsExactly("PT3S");
    }
}
