package dev.ambit.ztunnel.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.identity.SpiffeId;
import dev.ambit.mesh.model.ServiceKey;
import dev.ambit.ztunnel.Recorded;
import dev.ambit.ztunnel.connections.CutReason;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MetricsTest {
    private static final Pattern LABEL = Pattern.compile("([a-z_]+)=\"([^\"]*)\"");
    private static final InetSocketAddress ANY = new InetSocketAddress(0);
    private static final String OPENED = "istio_tcp_connections_opened_total";
    private static final String CLOSED = "istio_tcp_connections_closed_total";
    private static final String FAILED = "istio_tcp_connections_failed_total";
    private static final String RECEIVED = "istio_tcp_received_bytes_total";
    private static final String SENT = "istio_tcp_sent_bytes_total";

    private static final String SOCKETS = "istio_tcp_sockets_open";

    private record Sample(String name, Map<String, String> labels) {}

    private final AtomicLong now = new AtomicLong();
    private final Telemetry telemetry =
            new Telemetry(TelemetryLimits.defaults(), "1.2.3", now::get);

    private String exposition() {
        return new String(telemetry.exposition(), StandardCharsets.UTF_8);
    }

    /// Samples that are not zero: whether a series is there before its first event is not the
    /// readers' concern.
    private static Map<Sample, Double> samples(String text) {
        var all = new LinkedHashMap<Sample, Double>();
        text.lines()
                .filter(line -> line.startsWith("istio_tcp_"))
                .forEach(line -> {
                    int brace = line.indexOf('{');
                    var labels = new TreeMap<String, String>();
                    var matcher = LABEL.matcher(line);
                    while (matcher.find()) {
                        labels.put(matcher.group(1), matcher.group(2));
                    }
                    double value =
                            Double.parseDouble(line.substring(line.lastIndexOf('}') + 1).strip());
                    if (value != 0) {
                        all.put(new Sample(line.substring(0, brace), labels), value);
                    }
                });
        return all;
    }

    private static Set<String> types(String text) {
        return text.lines()
                .filter(line -> line.startsWith("# TYPE "))
                .map(line -> line.substring("# TYPE ".length()))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static ConnectionDescription described(Map<String, String> l) {
        return new ConnectionDescription(
                at(l, "reporter").equals("source") ? Direction.OUTBOUND : Direction.INBOUND,
                ANY,
                party(l, "source"),
                identity(l, "source_principal"),
                ANY,
                Optional.empty(),
                known(l, "destination_service")
                        .map(host -> new ServiceKey(at(l, "destination_service_namespace"), host)),
                party(l, "destination"),
                identity(l, "destination_principal"),
                at(l, "connection_security_policy").equals("mutual_tls")
                        ? SecurityPolicy.MUTUAL_TLS
                        : SecurityPolicy.UNKNOWN);
    }

    private static String at(Map<String, String> labels, String name) {
        return Objects.requireNonNull(labels.get(name), name);
    }

    private static Optional<String> known(Map<String, String> labels, String name) {
        return Optional.of(at(labels, name)).filter(value -> !value.equals("unknown"));
    }

    private static Optional<SpiffeId> identity(Map<String, String> labels, String name) {
        return known(labels, name).map(SpiffeId::parse);
    }

    private static Party party(Map<String, String> l, String side) {
        return new Party(
                "uid-" + l.get(side + "_workload"),
                "",
                known(l, side + "_workload_namespace").orElse(""),
                known(l, side + "_workload").orElse(""),
                known(l, side + "_canonical_service").orElse(""),
                known(l, side + "_canonical_revision").orElse(""),
                known(l, side + "_app").orElse(""),
                known(l, side + "_cluster").orElse(""),
                known(l, side + "_region").orElse(""),
                known(l, side + "_zone").orElse(""));
    }

    private static ResponseFlag flag(Map<String, String> labels) {
        for (var flag : ResponseFlag.values()) {
            if (flag.label().equals(labels.get("response_flags"))) {
                return flag;
            }
        }
        throw new AssertionError(labels.toString());
    }

    /// The recorded connections happen once more; the same numbers under the same labels come out.
    /// Not `istio_tcp_sockets_open`: the reference also counts the tunnels that wait in a pool,
    /// here it is the connections that are carried.
    @ParameterizedTest
    @ValueSource(strings = {"j1-metrics.txt", "j2-metrics.txt"})
    void recordedTraffic_isCountedAlike(String file) throws Exception {
        var recorded = samples(Recorded.text(file));
        recorded.keySet().removeIf(sample -> sample.name.equals(SOCKETS));
        var open = new HashMap<ConnectionDescription, List<OpenConnection>>();
        recorded.forEach((sample, count) -> {
            if (sample.name.equals(OPENED)) {
                var description = described(sample.labels);
                var all = open.computeIfAbsent(description, _ -> new ArrayList<>());
                for (int i = 0; i < count; i++) {
                    all.add(telemetry.opened(description));
                }
                all.getFirst()
                        .bytes(
                                recorded.getOrDefault(new Sample(RECEIVED, sample.labels), 0.0)
                                        .longValue(),
                                recorded.getOrDefault(new Sample(SENT, sample.labels), 0.0)
                                        .longValue());
            }
        });
        recorded.forEach((sample, count) -> {
            if (sample.name.equals(CLOSED)) {
                var flag = flag(sample.labels);
                var all = open.getOrDefault(described(sample.labels), List.of());
                for (int i = 0; i < count; i++) {
                    closed(all.removeLast(), flag, all.isEmpty(), recorded, sample);
                }
            }
        });

        assertThat(samples(exposition())).containsExactlyInAnyOrderEntriesOf(recorded);
        assertThat(recorded.keySet())
                .extracting(Sample::name)
                .contains(OPENED, CLOSED, FAILED, RECEIVED, SENT);
    }

    /// The first of a series is closed last, and has carried all its bytes.
    private static void closed(
            OpenConnection connection,
            ResponseFlag flag,
            boolean first,
            Map<Sample, Double> recorded,
            Sample sample) {
        var healthy = new TreeMap<>(sample.labels);
        healthy.put("response_flags", "-");
        long received =
                first ? recorded.getOrDefault(new Sample(RECEIVED, healthy), 0.0).longValue() : 0;
        long sent = first ? recorded.getOrDefault(new Sample(SENT, healthy), 0.0).longValue() : 0;
        Outcome outcome =
                flag == ResponseFlag.NONE
                        ? Outcome.COMPLETED
                        : new Outcome.Failed(flag, "as recorded");
        connection.close(outcome, received, sent, Duration.ZERO);
    }

    @Test
    void labels_standInTheReferencesOrder() throws Exception {
        failOnce();
        var recorded = Recorded.text("j2-metrics.txt");

        assertThat(labelNames(exposition(), FAILED)).isEqualTo(labelNames(recorded, FAILED));
        assertThat(labelNames(exposition(), OPENED))
                .hasSize(27)
                .isEqualTo(labelNames(recorded, OPENED));
    }

    private static List<String> labelNames(String text, String metric) {
        var line = text.lines().filter(l -> l.startsWith(metric + "{")).findFirst().orElseThrow();
        return LABEL.matcher(line).results().map(m -> m.group(1)).toList();
    }

    @Test
    void strangeLabelValues_areEscaped() {
        telemetry.opened(between("a\"b\\\n", "c"));

        assertThat(exposition()).contains("source_workload=\"a\\\"b\\\\\\n\"");
    }

    @Test
    void recordedFamilies_areAllThere_withTheirTypes() throws Exception {
        var expected = types(Recorded.text("j2-metrics.txt"));
        // Of the process, and of the pods' supervisor: other places register these.
        expected.removeIf(type -> type.matches("(tokio|process|workload_manager)_.*"));

        failOnce();

        assertThat(expected).hasSizeGreaterThan(5);
        assertThat(types(exposition())).containsAll(expected);
    }

    @Test
    void families_golden() throws Exception {
        var labels =
                Map.of(
                        "reporter", "source",
                        "source_principal", "unknown",
                        "destination_principal", "unknown",
                        "connection_security_policy", "unknown",
                        "destination_service", "unknown");
        var all = new HashMap<String, String>();
        for (var side : List.of("source", "destination")) {
            for (var what :
                    List.of(
                            "workload_namespace",
                            "workload",
                            "canonical_service",
                            "canonical_revision",
                            "app",
                            "cluster",
                            "region",
                            "zone")) {
                all.put(side + "_" + what, "unknown");
            }
        }
        all.putAll(labels);
        telemetry.opened(described(all));
        failOnce();
        telemetry.xdsReceived("type", 10);
        telemetry.xdsTerminated("Reconnect");
        telemetry.xdsRejected("type");

        assertThat(types(exposition()))
                .containsExactly(
                        "ambit_connection_phase_seconds histogram",
                        "ambit_connections_denied_early counter",
                        "ambit_xds_rejected counter",
                        "istio_build gauge",
                        "istio_tcp_connections_closed counter",
                        "istio_tcp_connections_failed counter",
                        "istio_tcp_connections_opened counter",
                        "istio_tcp_received_bytes counter",
                        "istio_tcp_sent_bytes counter",
                        "istio_tcp_sockets_open gauge",
                        "istio_xds_connection_terminations counter",
                        "istio_xds_message counter",
                        "istio_xds_message_bytes counter");
        assertThat(exposition())
                .contains("istio_build{component=\"ztunnel\",tag=\"1.2.3\"} 1")
                .contains("istio_xds_message_total{url=\"type\"} 1")
                .contains("istio_xds_message_bytes_total{url=\"type\"} 10")
                .contains("istio_xds_connection_terminations_total{reason=\"Reconnect\"} 1")
                .contains("istio_tcp_sockets_open{reporter=\"source\"} 1")
                .endsWith("# EOF\n");
    }

    private static Party named(String name) {
        return new Party("uid-" + name, name, "shop", name, name, "v1", name, "c", "", "");
    }

    private static ConnectionDescription between(String source, String destination) {
        return new ConnectionDescription(
                Direction.OUTBOUND,
                ANY,
                named(source),
                Optional.empty(),
                ANY,
                Optional.empty(),
                Optional.empty(),
                named(destination),
                Optional.empty(),
                SecurityPolicy.UNKNOWN);
    }

    /// A family without any series is not printed.
    private void failOnce() {
        telemetry
                .opened(between("a", "b"))
                .close(new Outcome.Failed(ResponseFlag.CONNECT, "x"), 0, 0, Duration.ZERO);
    }

    @Test
    void drained_isClosed_butNotFailed() throws Exception {
        telemetry
                .opened(between("a", "b"))
                .close(
                        new Outcome.Drained(new CutReason.DrainDeadline().text()),
                        5,
                        7,
                        Duration.ZERO);

        var samples = samples(exposition());
        assertThat(samples.keySet())
                .extracting(Sample::name)
                .containsExactlyInAnyOrder(OPENED, CLOSED, RECEIVED, SENT);
        samples.keySet()
                .forEach(sample -> assertThat(sample.labels).containsEntry("response_flags", "-"));
    }

    private void tellAndClose(String source, String destination) {
        telemetry
                .opened(between(source, destination))
                .close(new Outcome.Failed(ResponseFlag.CONNECT, "x"), 1, 1, Duration.ZERO);
    }

    private List<String> sources() {
        return samples(exposition()).keySet().stream()
                .filter(s -> !s.name.equals(SOCKETS))
                .map(s -> at(s.labels, "source_workload"))
                .distinct()
                .sorted()
                .toList();
    }

    @Test
    void goneWorkload_itsSeriesStayForSomeScrapes_andThoseOfOthersStay() throws Exception {
        tellAndClose("a", "b");
        tellAndClose("b", "c");
        tellAndClose("c", "d");

        telemetry.forget("uid-b");
        now.addAndGet(Duration.ofMinutes(5).toNanos() - 1);
        assertThat(sources()).containsExactly("a", "b", "c");
        now.addAndGet(1);

        assertThat(sources()).containsExactly("c");
    }

    @Test
    void goneWorkloadThatIsBack_keepsItsSeries() throws Exception {
        tellAndClose("a", "b");
        telemetry.forget("uid-b");

        telemetry.remember("uid-b");
        now.addAndGet(Duration.ofMinutes(6).toNanos());

        assertThat(sources()).containsExactly("a");
    }

    @Test
    void openConnection_keepsItsSeries_andThenAnHour() throws Exception {
        var open = telemetry.opened(between("a", "b"));
        tellAndClose("c", "d");
        telemetry.forget("uid-b");
        now.addAndGet(Duration.ofHours(2).toNanos());
        assertThat(sources()).containsExactly("a");

        open.close(Outcome.COMPLETED, 1, 1, Duration.ZERO);
        now.addAndGet(Duration.ofHours(1).toNanos() - 1);
        assertThat(sources()).containsExactly("a");
        now.addAndGet(1);

        assertThat(sources()).isEmpty();
    }

    @Test
    void forgottenSeries_startsAnew() throws Exception {
        tellAndClose("a", "b");
        now.addAndGet(Duration.ofHours(1).toNanos());
        exposition();

        tellAndClose("a", "b");

        assertThat(samples(exposition()))
                .allSatisfy((sample, value) -> assertThat(value).isEqualTo(1.0));
    }

    @Test
    void nothingKnownOfEitherSide_hasNoLocality() throws Exception {
        var nobody =
                new ConnectionDescription(
                        Direction.INBOUND,
                        ANY,
                        Party.UNKNOWN,
                        Optional.empty(),
                        ANY,
                        Optional.empty(),
                        Optional.empty(),
                        Party.UNKNOWN,
                        Optional.empty(),
                        SecurityPolicy.UNKNOWN);
        telemetry.opened(nobody);
        telemetry.opened(between("a", "b"));

        for (var sample : samples(exposition()).keySet()) {
            boolean known = "a".equals(sample.labels.get("source_workload"));
            if (!sample.name.equals(SOCKETS)) {
                assertThat(sample.labels.containsKey("source_region")).isEqualTo(known);
                assertThat(sample.labels.containsKey("destination_zone")).isEqualTo(known);
            }
        }
    }

    @Test
    void earlyDenies_areCounted_byReporter() throws Exception {
        telemetry.earlyDeny(Direction.INBOUND, ANY, ANY, "no");

        assertThat(exposition())
                .contains("ambit_connections_denied_early_total{reporter=\"destination\"} 1")
                .contains("ambit_connections_denied_early_total{reporter=\"source\"} 0");
    }

    @Test
    void phases_areHistogramsOfSeconds() throws Exception {
        telemetry.took(Phase.TLS, Direction.OUTBOUND, 3_000_000);

        assertThat(exposition())
                .contains(
                        "ambit_connection_phase_seconds_bucket{phase=\"tls\",reporter=\"source\",le=\"0.0025\"} 0")
                .contains(
                        "ambit_connection_phase_seconds_bucket{phase=\"tls\",reporter=\"source\",le=\"0.005\"} 1")
                .contains(
                        "ambit_connection_phase_seconds_count{phase=\"connect\",reporter=\"source\"} 0");
    }

    @Test
    void tooManySeries_shareOneThatSaysUnknown() throws Exception {
        var few = TelemetryLimits.defaults().withTrafficSeries(3);
        var small = new Telemetry(few, "x", now::get);
        for (int i = 0; i < 20; i++) {
            small.opened(between("a" + i, "b")).close(Outcome.COMPLETED, 1, 1, Duration.ZERO);
        }

        var opened =
                samples(new String(small.exposition(), StandardCharsets.UTF_8)).entrySet().stream()
                        .filter(e -> e.getKey().name.equals(OPENED))
                        .toList();
        assertThat(opened).hasSize(4);
        assertThat(opened)
                .anySatisfy(e -> {
                    assertThat(e.getKey().labels).containsEntry("source_workload", "unknown");
                    assertThat(e.getValue()).isEqualTo(17);
                });
    }
}
