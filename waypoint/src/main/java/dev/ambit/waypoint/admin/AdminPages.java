package dev.ambit.waypoint.admin;

import com.fasterxml.jackson.core.JsonFactory;
import dev.ambit.identity.CertificateStatus;
import dev.ambit.identity.WorkloadCertificate;
import dev.ambit.process.admin.Answer;
import dev.ambit.process.admin.Ask;
import dev.ambit.process.admin.MetricsPage;
import dev.ambit.process.admin.ProfilePage;
import dev.ambit.process.log.Logs;
import dev.ambit.waypoint.upstream.ClusterPages;
import dev.ambit.waypoint.upstream.ClusterStatus;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.function.Function;

/// Port 15000, loopback only: what Envoy's admin pages say, in the same forms.
public final class AdminPages implements Function<Ask, Answer> {
    private final View view;
    private final Actions actions;
    private final ServerState state;
    private final Clock clock;
    private final TreeMap<String, Function<Ask, Answer>> pages = new TreeMap<>();

    /// What there is to show. Any thread.
    public interface View {
        /// @param endpoints whether they are in it
        String configDump(boolean endpoints);

        List<ClusterStatus> clusters();

        List<CertificateStatus> certificates();

        /// Names of listeners and where they listen.
        List<Listening> listeners();

        byte[] metrics();

        /// For `/server_info`.
        Server server();
    }

    public record Listening(String name, String address) {}

    /// @param nodeId of xDS
    public record Server(String version, Instant started, String nodeId, String nodeCluster) {}

    /// What the pages may set in motion.
    public interface Actions {
        /// Ends the process, after a drain.
        void quit();

        /// Says goodbye to every peer; the process goes on.
        void drain();
    }

    public AdminPages(
            View view,
            Actions actions,
            ServerState state,
            StatsPage stats,
            Logs logs,
            Clock clock) {
        this.view = view;
        this.actions = actions;
        this.state = state;
        this.clock = clock;
        pages.put("/config_dump", this::configDump);
        pages.put("/clusters", this::clusters);
        pages.put("/listeners", this::listeners);
        pages.put("/certs", _ -> certs());
        pages.put("/stats", stats);
        pages.put("/stats/prometheus", new MetricsPage(view::metrics));
        pages.put("/logging", new LevelsPage(logs));
        pages.put("/ready", _ -> ready());
        pages.put("/server_info", _ -> serverInfo());
        pages.put("/memory", _ -> memory());
        pages.put("/healthcheck/fail", ask -> post(ask, () -> state.fail(true)));
        pages.put("/healthcheck/ok", ask -> post(ask, () -> state.fail(false)));
        pages.put("/quitquitquit", ask -> post(ask, actions::quit));
        pages.put("/drain_listeners", ask -> post(ask, this::drain));
        pages.put("/debug/pprof/profile", new ProfilePage(Thread::sleep));
    }

    @Override
    public Answer apply(Ask ask) {
        var page = pages.get(ask.path());
        if (page != null) {
            return page.apply(ask);
        }
        if (ask.path().equals("/") || ask.path().equals("/help")) {
            return Answer.text(
                    200, "admin commands are:\n  " + String.join("\n  ", pages.keySet()) + "\n");
        }
        return Answer.text(
                404,
                "invalid path. admin commands are:\n  "
                        + String.join("\n  ", pages.keySet())
                        + "\n");
    }

    private static Answer post(Ask ask, Runnable action) {
        if (!ask.method().equals("POST")) {
            return Answer.text(405, "Method Not Allowed");
        }
        action.run();
        return Answer.text(200, "OK\n");
    }

    /// Envoy tells clients to go away; the pod's probes fail meanwhile.
    private void drain() {
        state.drain();
        actions.drain();
    }

    private Answer clusters(Ask ask) {
        boolean json = ask.parameter("format").filter("json"::equals).isPresent();
        return json
                ? json(ClusterPages.json(view.clusters()))
                : Answer.text(200, ClusterPages.text(view.clusters()));
    }

    private Answer configDump(Ask ask) {
        boolean endpoints = ask.parameter("include_eds").isPresent();
        return json(view.configDump(endpoints));
    }

    private static Answer json(String text) {
        return Answer.of(200, "application/json", text.getBytes(StandardCharsets.UTF_8));
    }

    private Answer ready() {
        return switch (state.state()) {
            case LIVE -> Answer.text(200, "LIVE\n");
            case DRAINING, PRE_INITIALIZING, INITIALIZING -> Answer.text(503, state.state() + "\n");
        };
    }

    private interface Writer {
        void write(com.fasterxml.jackson.core.JsonGenerator json) throws IOException;
    }

    private static Answer json(Writer writer) {
        var out = new StringWriter();
        try (var json = new JsonFactory().createGenerator(out)) {
            json.useDefaultPrettyPrinter();
            json.writeStartObject();
            writer.write(json);
            json.writeEndObject();
        } catch (IOException impossible) {
            throw new IllegalStateException("writing to memory", impossible);
        }
        return json(out.toString());
    }

    private Answer listeners(Ask ask) {
        var all = view.listeners();
        if (ask.parameter("format").filter("json"::equals).isEmpty()) {
            var text = new StringBuilder();
            all.forEach(each ->
                    text.append(each.name()).append("::").append(each.address()).append('\n'));
            return Answer.text(200, text.toString());
        }
        return json(json -> {
            json.writeArrayFieldStart("listener_statuses");
            for (var each : all) {
                json.writeStartObject();
                json.writeStringField("name", each.name());
                json.writeStringField("local_address", each.address());
                json.writeEndObject();
            }
            json.writeEndArray();
        });
    }

    private Answer serverInfo() {
        var server = view.server();
        var up = Duration.between(server.started(), clock.instant()).toSeconds();
        return json(json -> {
            json.writeStringField("version", "ambit/" + server.version());
            json.writeStringField("state", state.state().name());
            json.writeStringField("uptime_current_epoch", up + "s");
            json.writeStringField("uptime_all_epochs", up + "s");
            json.writeObjectFieldStart("node");
            json.writeStringField("id", server.nodeId());
            json.writeStringField("cluster", server.nodeCluster());
            json.writeStringField("user_agent_name", "ambit");
            json.writeEndObject();
        });
    }

    private static Answer memory() {
        var runtime = Runtime.getRuntime();
        long used = runtime.totalMemory() - runtime.freeMemory();
        return json(json -> {
            json.writeStringField("allocated", Long.toString(used));
            json.writeStringField("heap_size", Long.toString(runtime.totalMemory()));
        });
    }

    private Answer certs() {
        return json(json -> {
            json.writeArrayFieldStart("certificates");
            for (var status : view.certificates()) {
                if (status.certificate().isPresent()) {
                    var own = status.certificate().get();
                    json.writeStartObject();
                    json.writeArrayFieldStart("ca_cert");
                    for (var root : own.trust().roots()) {
                        certificate(json, root, "");
                    }
                    json.writeEndArray();
                    json.writeArrayFieldStart("cert_chain");
                    certificate(json, own.leaf(), uri(own));
                    json.writeEndArray();
                    json.writeEndObject();
                }
            }
            json.writeEndArray();
        });
    }

    private static String uri(WorkloadCertificate own) {
        return own.id().toString();
    }

    private void certificate(
            com.fasterxml.jackson.core.JsonGenerator json, X509Certificate certificate, String uri)
            throws IOException {
        var until = certificate.getNotAfter().toInstant();
        json.writeStartObject();
        json.writeStringField("path", "<inline>");
        json.writeStringField(
                "serial_number",
                certificate.getSerialNumber().toString(16).toLowerCase(Locale.ROOT));
        json.writeArrayFieldStart("subject_alt_names");
        if (!uri.isEmpty()) {
            json.writeStartObject();
            json.writeStringField("uri", uri);
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeStringField(
                "days_until_expiration",
                Long.toString(Math.max(0, Duration.between(clock.instant(), until).toDays())));
        json.writeStringField("valid_from", certificate.getNotBefore().toInstant().toString());
        json.writeStringField("expiration_time", until.toString());
        json.writeEndObject();
    }
}
