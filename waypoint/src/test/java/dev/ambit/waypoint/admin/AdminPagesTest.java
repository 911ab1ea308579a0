package dev.ambit.waypoint.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.identity.CertificateStatus;
import dev.ambit.process.admin.Answer;
import dev.ambit.process.admin.Ask;
import dev.ambit.process.admin.Readiness;
import dev.ambit.process.log.Logs;
import dev.ambit.waypoint.upstream.ClusterStatus;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AdminPagesTest {
    private final Readiness readiness = new Readiness(() -> 0);
    private final Readiness.Task task = readiness.register("listeners");
    private final ServerState state = new ServerState(readiness);
    private final List<String> actions = new ArrayList<>();
    private final Logs logs = Logs.detached("info");
    private final AdminPages pages =
            new AdminPages(
                    new View(),
                    new AdminPages.Actions() {
                        @Override
                        public void quit() {
                            actions.add("quit");
                        }

                        @Override
                        public void drain() {
                            actions.add("drain");
                        }
                    },
                    state,
                    new StatsPage(() -> List.of(new StatsPage.Named("http.x.rbac.denied", 3)))
                            .add("server.live", () -> 1)
                            .add("server.zero", () -> 0),
                    logs,
                    Clock.fixed(Instant.ofEpochSecond(100), ZoneOffset.UTC));

    private static final class View implements AdminPages.View {
        @Override
        public String configDump(boolean endpoints) {
            return "{\"endpoints\":" + endpoints + "}";
        }

        @Override
        public List<ClusterStatus> clusters() {
            return List.of();
        }

        @Override
        public List<CertificateStatus> certificates() {
            return List.of();
        }

        @Override
        public List<AdminPages.Listening> listeners() {
            return List.of(new AdminPages.Listening("connect_terminate", "[::]:15008"));
        }

        @Override
        public byte[] metrics() {
            return "m 1\n".getBytes(StandardCharsets.US_ASCII);
        }

        @Override
        public AdminPages.Server server() {
            return new AdminPages.Server("1", Instant.ofEpochSecond(40), "node", "cluster");
        }
    }

    @AfterEach
    void levels() {
        logs.reset();
    }

    private Answer ask(String method, String uri) {
        var parts = uri.split("\\?", 2);
        var parameters = new HashMap<String, String>();
        if (parts.length > 1) {
            for (var pair : parts[1].split("&", -1)) {
                var sides = pair.split("=", 2);
                parameters.put(sides[0], sides.length > 1 ? sides[1] : "");
            }
        }
        return pages.apply(new Ask(method, parts[0], Map.of(), parameters));
    }

    private String text(String method, String uri) {
        return new String(ask(method, uri).body(), StandardCharsets.UTF_8);
    }

    @Test
    void ready_followsTheState() {
        assertThat(ask("GET", "/ready").status()).isEqualTo(503);
        assertThat(text("GET", "/ready")).isEqualTo("INITIALIZING\n");

        task.done();
        assertThat(text("GET", "/ready")).isEqualTo("LIVE\n");

        assertThat(ask("POST", "/healthcheck/fail").status()).isEqualTo(200);
        assertThat(text("GET", "/ready")).isEqualTo("DRAINING\n");
        ask("POST", "/healthcheck/ok");
        assertThat(text("GET", "/ready")).isEqualTo("LIVE\n");

        ask("POST", "/drain_listeners?graceful");
        assertThat(text("GET", "/ready")).isEqualTo("DRAINING\n");
        assertThat(actions).containsExactly("drain");
    }

    @ParameterizedTest
    @CsvSource({"/quitquitquit", "/drain_listeners", "/healthcheck/fail", "/logging"})
    void whatChangesSomething_isPostOnly(String path) {
        assertThat(ask("GET", path).status()).isEqualTo(405);
        assertThat(actions).isEmpty();
        assertThat(ask("POST", path).status()).isEqualTo(200);
    }

    @Test
    void stats_areNamesAndValues_filtered() {
        assertThat(text("GET", "/stats"))
                .isEqualTo("http.x.rbac.denied: 3\nserver.live: 1\nserver.zero: 0\n");
        assertThat(text("GET", "/stats?filter=^server"))
                .isEqualTo("server.live: 1\nserver.zero: 0\n");
        assertThat(text("GET", "/stats?usedonly")).doesNotContain("zero");
        assertThat(text("GET", "/stats?filter=(")).isEmpty();
    }

    @Test
    void levels_areShownAndChanged() {
        assertThat(text("POST", "/logging")).isEqualTo("active loggers:\n  all: info\n");
        assertThat(text("POST", "/logging?paths=waypoint::xds:debug"))
                .isEqualTo("active loggers:\n  waypoint::xds: debug\n  all: info\n");
        assertThat(text("POST", "/logging?level=warning")).contains("  all: warn\n");
        assertThat(ask("POST", "/logging?level=loud").status()).isEqualTo(400);
    }

    @Test
    void pages_answerInEnvoysForms() {
        assertThat(text("GET", "/config_dump")).isEqualTo("{\"endpoints\":false}");
        assertThat(text("GET", "/config_dump?include_eds")).isEqualTo("{\"endpoints\":true}");
        assertThat(text("GET", "/listeners")).isEqualTo("connect_terminate::[::]:15008\n");
        assertThat(text("GET", "/listeners?format=json")).contains("\"listener_statuses\"");
        assertThat(text("GET", "/clusters?format=json")).contains("\"cluster_statuses\"");
        assertThat(text("GET", "/stats/prometheus")).isEqualTo("m 1\n");
        assertThat(text("GET", "/server_info"))
                .contains("\"INITIALIZING\"")
                .contains("\"60s\"")
                .contains("\"node\"");
        assertThat(text("GET", "/certs")).contains("\"certificates\"");
        assertThat(text("GET", "/memory")).contains("\"allocated\"");
        assertThat(text("GET", "/help")).contains("/config_dump");
        assertThat(ask("GET", "/nothing").status()).isEqualTo(404);
    }
}
