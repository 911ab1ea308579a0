package dev.ambit.waypoint.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.waypoint.http.HttpVersion;
import dev.ambit.waypoint.model.ChainTable;
import dev.ambit.waypoint.model.Inspection;
import dev.ambit.waypoint.model.Originate;
import dev.ambit.waypoint.model.PortRule;
import dev.ambit.waypoint.model.PortRule.Spoken;
import dev.ambit.waypoint.model.TcpChain;
import dev.ambit.waypoint.model.TcpChain.WeightedCluster;
import dev.ambit.waypoint.model.WaypointModel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What a connection's first bytes make of it.
class ArrivalTest {
    private static final Duration LISTENER_TIMEOUT = Duration.ofSeconds(15);

    private final StoryLab lab = new StoryLab();
    private final TcpTold tcp = new TcpTold();
    private final BytesEnd caller = new BytesEnd(lab.loop);
    private final BytesEnd host = new BytesEnd(lab.loop);
    private final List<HttpVersion> served = new ArrayList<>();
    private final StringBuilder inHttp = new StringBuilder();

    private TcpChain tcpChain() {
        return new TcpChain(
                "tcp",
                List.of(),
                List.of(new WeightedCluster("up", 1)),
                Duration.ZERO,
                Duration.ZERO,
                1,
                false,
                Optional.empty(),
                tcp);
    }

    private void begin(PortRule rule, boolean http, boolean tls) {
        lab.up.bytes.add(host);
        var inspection = new Inspection(http, List.of(), tls, List.of(), LISTENER_TIMEOUT, false);
        var model =
                new WaypointModel(
                        Optional.empty(),
                        new ChainTable(Map.of(), List.of(), inspection, Optional.empty()),
                        Originate.DEFAULTS);
        Arrival.begin(
                lab.worker,
                (version, bytes, _, _) -> {
                    served.add(version);
                    bytes.attach(new Reading(inHttp));
                    return lab;
                },
                StoryLab.connectionInfo(),
                rule,
                model,
                caller);
    }

    private PortRule.Auto auto() {
        return new PortRule.Auto(lab.chain(), tcpChain(), Set.of(Spoken.HTTP_1_1, Spoken.H2C));
    }

    @ParameterizedTest
    @CsvSource({
        "'GET / HTTP/1.1|host: a||', HTTP_1_1",
        "'PRI * HTTP/2.0||SM||', HTTP_2",
        "'GET / HTTP/1.0||', ",
        "'SSH-2.0-x|', ",
        "'*1$4PING|', "
    })
    void autoPort_goesByWhatIsSpoken(String first, HttpVersion version) {
        var bytes = first.replace("|", "\r\n");
        begin(auto(), true, false);
        caller.data(bytes.substring(0, 3));
        caller.data(bytes.substring(3));
        if (version == null) {
            assertThat(served).isEmpty();
            assertThat(host.written).hasToString(bytes);
        } else {
            assertThat(served).containsExactly(version);
            assertThat(inHttp).hasToString(bytes);
            assertThat(lab.up.contexts).isEmpty();
        }
    }

    @Test
    void autoPort_serverSpeaksFirst_whenTheCallerIsSilent() {
        begin(auto(), true, false);
        assertThat(lab.up.contexts).isEmpty();
        lab.pass(ProxyLimits.defaults().silentCaller());
        host.data("220 hello\r\n");
        assertThat(caller.written).hasToString("220 hello\r\n");
        caller.data("EHLO me\r\n");
        assertThat(host.written).hasToString("EHLO me\r\n");
    }

    @Test
    void autoPort_httpAfterSilence_isCutOff() {
        begin(auto(), true, false);
        lab.pass(ProxyLimits.defaults().silentCaller());
        caller.data("GET /secret HT");
        caller.data("TP/1.1\r\n");
        assertThat(host.written).isEmpty();
        assertThat(caller.reset).isNotNull();
        assertThat(host.reset).isNotNull();
        assertThat(tcp.ended).hasSize(1);
    }

    @Test
    void autoPort_callerGone_isTheEnd() {
        begin(auto(), true, false);
        caller.lose();
        lab.pass(LISTENER_TIMEOUT);
        assertThat(lab.up.contexts).isEmpty();
    }

    @Test
    void httpPort_takesEitherVersion() {
        begin(new PortRule.Http(lab.chain()), false, false);
        caller.data("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        assertThat(served).containsExactly(HttpVersion.HTTP_2);
    }

    @Test
    void httpPort_whatIsNotHttp_isForTheCodecToRefuse() {
        begin(new PortRule.Http(lab.chain()), false, false);
        caller.data("\u0016\u0003\u0001");
        assertThat(served).containsExactly(HttpVersion.HTTP_1_1);
    }

    @Test
    void httpPort_silentForLong_isClosed() {
        begin(new PortRule.Http(lab.chain()), false, false);
        lab.pass(Duration.ofHours(1));
        assertThat(caller.reset).isNotNull();
        assertThat(served).isEmpty();
    }

    @Test
    void tcpPort_isNotWaitedFor() {
        begin(new PortRule.Tcp(tcpChain()), false, false);
        host.data("banner");
        assertThat(caller.written).hasToString("banner");
    }

    @Test
    void tlsPort_silent_isClosed_asEnvoyDoes() {
        begin(new PortRule.Tcp(tcpChain()), false, true);
        lab.pass(LISTENER_TIMEOUT);
        assertThat(caller.reset).isNotNull();
        assertThat(lab.up.contexts).isEmpty();
    }
}
