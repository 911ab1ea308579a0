package dev.ambit.ztunnel.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.identity.SpiffeId;
import dev.ambit.mesh.model.ServiceKey;
import dev.ambit.mesh.policy.Verdict.Denial;
import dev.ambit.mesh.policy.Verdict.MatchedRule;
import dev.ambit.process.log.LineFormat;
import dev.ambit.process.log.LogFormat;
import dev.ambit.ztunnel.Recorded;
import dev.ambit.ztunnel.connections.CutReason;
import dev.ambit.ztunnel.telemetry.ConnectionDescription;
import dev.ambit.ztunnel.telemetry.Direction;
import dev.ambit.ztunnel.telemetry.Outcome;
import dev.ambit.ztunnel.telemetry.Party;
import dev.ambit.ztunnel.telemetry.ResponseFlag;
import dev.ambit.ztunnel.telemetry.SecurityPolicy;
import dev.ambit.ztunnel.telemetry.Telemetry;
import dev.ambit.ztunnel.telemetry.TelemetryLimits;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The lines of the access log, byte by byte.
class AccessLogTest {
    private static final Pattern FIELD =
            Pattern.compile("([a-z_.]+)=(\"(?:[^\"\\\\]|\\\\.)*\"|\\S+)");
    private static final String REJECTED = "connection closed due to policy rejection: ";
    private static final Instant NOW = Instant.parse("2026-11-23T09:05:56.915325Z");
    private static final SpiffeId WEB = new SpiffeId("cluster.local", "shop", "web");
    private static final SpiffeId CART = new SpiffeId("cluster.local", "shop", "cart");

    private final Logger logger = Logger.getLogger("access");
    private final List<LogRecord> records = new ArrayList<>();
    private final Telemetry telemetry =
            new Telemetry(TelemetryLimits.defaults(), "test", System::nanoTime);
    private final Handler handler =
            new Handler() {
                @Override
                public void publish(LogRecord record) {
                    records.add(record);
                }

                @Override
                public void flush() {}

                @Override
                public void close() {}
            };

    @BeforeEach
    void capture() {
        logger.addHandler(handler);
        logger.setLevel(Level.INFO);
        logger.setUseParentHandlers(false);
    }

    @AfterEach
    void release() {
        logger.removeHandler(handler);
        logger.setLevel(null);
        logger.setUseParentHandlers(true);
    }

    private String only(LogFormat format, Instant time) {
        assertThat(records).hasSize(1);
        var record = records.removeFirst();
        record.setInstant(time);
        return new LineFormat(format).line(record);
    }

    private static InetSocketAddress address(String text) throws Exception {
        int colon = text.lastIndexOf(':');
        var host = text.substring(0, colon).replaceAll("[\\[\\]]", "");
        var bytes = NetUtil.createByteArrayFromIpAddressString(host);
        return new InetSocketAddress(
                InetAddress.getByAddress(bytes), Integer.parseInt(text.substring(colon + 1)));
    }

    private static Party party(String name, String namespace, String cluster) {
        return new Party("", name, namespace, name, name, "", name, cluster, "", "");
    }

    private static ConnectionDescription inbound() throws Exception {
        return new ConnectionDescription(
                Direction.INBOUND,
                address("10.0.0.1:40562"),
                party("web-1", "shop", "Kubernetes"),
                Optional.of(WEB),
                address("[2001:db8::2]:15008"),
                Optional.of("[2001:db8::2]:8080"),
                Optional.of(new ServiceKey("shop", "cart.shop.svc.cluster.local")),
                party("cart-1", "shop", "Kubernetes"),
                Optional.of(CART),
                SecurityPolicy.MUTUAL_TLS);
    }

    private void complete(ConnectionDescription description) {
        var open = telemetry.opened(description);
        open.handshake("TLSv1.3", "TLS_AES_256_GCM_SHA384", "X25519MLKEM768");
        open.close(Outcome.COMPLETED, 84, 2048, Duration.ofNanos(12_999_999));
    }

    @Test
    void opened_atDebug_saysWhatIsKnownByThen() throws Exception {
        telemetry.opened(inbound());
        assertThat(records).isEmpty();
        logger.setLevel(Level.FINE);

        telemetry.opened(inbound());

        assertThat(only(LogFormat.PLAIN, NOW))
                .startsWith(
                        "2026-11-23T09:05:56.915325Z\tdebug\taccess\tconnection opened\t"
                                + "src.addr=10.0.0.1:40562 src.workload=\"web-1\"")
                .endsWith(" dst.cluster=\"Kubernetes\" direction=\"inbound\"\n");
    }

    @Test
    void complete_inBothForms() throws Exception {
        complete(inbound());
        assertThat(only(LogFormat.PLAIN, NOW))
                .isEqualTo(
                        "2026-11-23T09:05:56.915325Z\tinfo\taccess\tconnection complete\t"
                                + "src.addr=10.0.0.1:40562 src.workload=\"web-1\""
                                + " src.namespace=\"shop\""
                                + " src.identity=\"spiffe://cluster.local/ns/shop/sa/web\""
                                + " src.cluster=\"Kubernetes\" dst.addr=[2001:db8::2]:15008"
                                + " dst.hbone_addr=[2001:db8::2]:8080"
                                + " dst.service=\"cart.shop.svc.cluster.local\""
                                + " dst.workload=\"cart-1\" dst.namespace=\"shop\""
                                + " dst.identity=\"spiffe://cluster.local/ns/shop/sa/cart\""
                                + " dst.cluster=\"Kubernetes\" direction=\"inbound\""
                                + " bytes_sent=2048 bytes_recv=84 duration=\"12ms\""
                                + " tls.cipher=\"TLS_AES_256_GCM_SHA384\""
                                + " tls.group=\"X25519MLKEM768\"\n");

        complete(inbound());
        assertThat(only(LogFormat.JSON, NOW))
                .isEqualTo(
                        "{\"level\":\"info\",\"time\":\"2026-11-23T09:05:56.915325Z\","
                                + "\"scope\":\"access\",\"message\":\"connection complete\","
                                + "\"src.addr\":\"10.0.0.1:40562\",\"src.workload\":\"web-1\","
                                + "\"src.namespace\":\"shop\","
                                + "\"src.identity\":\"spiffe://cluster.local/ns/shop/sa/web\","
                                + "\"src.cluster\":\"Kubernetes\","
                                + "\"dst.addr\":\"[2001:db8::2]:15008\","
                                + "\"dst.hbone_addr\":\"[2001:db8::2]:8080\","
                                + "\"dst.service\":\"cart.shop.svc.cluster.local\","
                                + "\"dst.workload\":\"cart-1\",\"dst.namespace\":\"shop\","
                                + "\"dst.identity\":\"spiffe://cluster.local/ns/shop/sa/cart\","
                                + "\"dst.cluster\":\"Kubernetes\",\"direction\":\"inbound\","
                                + "\"bytes_sent\":2048,\"bytes_recv\":84,\"duration\":\"12ms\","
                                + "\"tls.cipher\":\"TLS_AES_256_GCM_SHA384\","
                                + "\"tls.group\":\"X25519MLKEM768\"}\n");
    }

    @Test
    void refused_saysWhichRuleAndField_afterTheReferencesFields() throws Exception {
        telemetry
                .opened(inbound())
                .close(
                        Outcome.denied(
                                new Denial.ByDenyPolicy(
                                        new MatchedRule("shop/no-web", 2, "principals"))),
                        0,
                        0,
                        Duration.ZERO);

        assertThat(only(LogFormat.PLAIN, NOW))
                .contains("\terror\taccess\tconnection complete\t")
                .endsWith(
                        " direction=\"inbound\" bytes_sent=0 bytes_recv=0 duration=\"0ms\""
                                + " error=\"connection closed due to policy rejection:"
                                + " explicitly denied by: shop/no-web\""
                                + " deny.policy=\"shop/no-web\" deny.rule=2"
                                + " deny.field=\"principals\"\n");
    }

    @Test
    void drained_isAnErrorInTheLog() throws Exception {
        telemetry
                .opened(inbound())
                .close(
                        new Outcome.Drained(new CutReason.DrainDeadline().text()),
                        1,
                        2,
                        Duration.ofSeconds(3));

        assertThat(only(LogFormat.PLAIN, NOW))
                .contains("\terror\taccess\t")
                .endsWith(
                        " duration=\"3000ms\""
                                + " error=\"connection closed due to connection drain\"\n");
    }

    @Test
    void closedTwice_isOneLine() throws Exception {
        var open = telemetry.opened(inbound());
        open.close(Outcome.COMPLETED, 1, 2, Duration.ZERO);
        open.close(new Outcome.Drained(new CutReason.DrainDeadline().text()), 1, 2, Duration.ZERO);

        assertThat(records).hasSize(1);
    }

    // ---- the reference's own lines, made again from what they say

    @ParameterizedTest
    @ValueSource(strings = {"j1-log.text", "j2-log.text"})
    void recordedText_isPrintedAlike(String file) throws Exception {
        int compared = 0;
        for (var line : Recorded.text(file).lines().toList()) {
            var columns = line.split("\t", 5);
            if (columns.length != 5 || !columns[2].equals("access")) {
                continue;
            }
            var fields = new LinkedHashMap<String, String>();
            var matcher = FIELD.matcher(columns[4]);
            while (matcher.find()) {
                var value = matcher.group(2);
                boolean quoted = value.startsWith("\"");
                fields.put(
                        matcher.group(1), quoted ? value.substring(1, value.length() - 1) : value);
            }
            again(columns[3], fields);
            assertThat(only(LogFormat.PLAIN, Instant.parse(columns[0]))).isEqualTo(line + "\n");
            compared++;
        }
        assertThat(compared).isGreaterThan(8);
    }

    @ParameterizedTest
    @ValueSource(strings = {"j1-log.json", "j2-log.json"})
    void recordedJson_isPrintedAlike(String file) throws Exception {
        int compared = 0;
        for (var line : Recorded.text(file).lines().toList()) {
            if (!line.contains("\"scope\":\"access\"")) {
                continue;
            }
            var all = Recorded.json(line);
            var fields = new LinkedHashMap<String, String>();
            all.forEach((name, value) -> fields.put(name, value.toString()));
            again(at(fields, "message"), fields);
            assertThat(only(LogFormat.JSON, Instant.parse(at(fields, "time"))))
                    .isEqualTo(line + "\n");
            compared++;
        }
        assertThat(compared).isGreaterThan(8);
    }

    private static String at(Map<String, String> fields, String name) {
        return Objects.requireNonNull(fields.get(name), name);
    }

    private void again(String message, Map<String, String> f) throws Exception {
        boolean outbound = at(f, "direction").equals("outbound");
        var direction = outbound ? Direction.OUTBOUND : Direction.INBOUND;
        var src = address(at(f, "src.addr"));
        var dst = address(at(f, "dst.addr"));
        if (message.equals("connection failed")) {
            telemetry.earlyDeny(direction, src, dst, at(f, "error"));
            return;
        }
        boolean mutual = f.containsKey("src.identity");
        var described =
                new ConnectionDescription(
                        direction,
                        src,
                        party(f, "src"),
                        identity(f, "src.identity"),
                        dst,
                        Optional.ofNullable(f.get("dst.hbone_addr")),
                        Optional.ofNullable(f.get("dst.service"))
                                .map(host -> new ServiceKey("shop", host)),
                        party(f, "dst"),
                        // Known, but not said of plaintext.
                        identity(f, "dst.identity").or(() -> Optional.of(CART)),
                        mutual ? SecurityPolicy.MUTUAL_TLS : SecurityPolicy.UNKNOWN);
        long said = Long.parseLong(at(f, "bytes_sent"));
        long heard = Long.parseLong(at(f, "bytes_recv"));
        var lasted = Duration.ofMillis(Long.parseLong(at(f, "duration").replace("ms", "")));
        telemetry
                .opened(described)
                .close(
                        outcome(f.getOrDefault("error", "")),
                        outbound ? said : heard,
                        outbound ? heard : said,
                        lasted);
    }

    private static Outcome outcome(String error) {
        if (error.isEmpty()) {
            return Outcome.COMPLETED;
        }
        if (error.startsWith(REJECTED)) {
            return Outcome.denied(new Denial.ByNoAllowPolicy(Optional.empty()));
        }
        return new Outcome.Failed(ResponseFlag.CONNECT, error);
    }

    private static Party party(Map<String, String> f, String side) {
        return party(
                f.getOrDefault(side + ".workload", ""),
                f.getOrDefault(side + ".namespace", ""),
                f.getOrDefault(side + ".cluster", ""));
    }

    private static Optional<SpiffeId> identity(Map<String, String> f, String name) {
        return Optional.ofNullable(f.get(name)).map(SpiffeId::parse);
    }
}
