package dev.ambit.waypoint.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.waypoint.exchange.DynamicHost;
import dev.ambit.waypoint.exchange.ResponseFlag;
import dev.ambit.waypoint.model.TcpChain;
import dev.ambit.waypoint.model.TcpChain.WeightedCluster;
import dev.ambit.waypoint.stage.NetworkStage;
import dev.ambit.waypoint.stage.NetworkStep;
import dev.ambit.waypoint.upstream.UpstreamFailure.Kind;
import dev.ambit.waypoint.upstream.UpstreamHost.HostResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Connections whose bytes are nobody's business.
class TcpStoryTest {
    private final StoryLab lab = new StoryLab();
    private final TcpTold told = new TcpTold();
    private final BytesEnd caller = new BytesEnd(lab.loop);
    private final BytesEnd host = new BytesEnd(lab.loop);
    private final List<NetworkStage> stages = new ArrayList<>();
    private Duration idle = Duration.ZERO;
    private Duration most = Duration.ZERO;
    private int attempts = 1;
    private String cluster = "up";
    private Optional<TcpChain.Tunnel> tunnel = Optional.empty();

    private void begin() {
        lab.up.bytes.add(host);
        TcpStory.begin(
                lab.worker,
                new TcpChain(
                        "tcp",
                        stages,
                        List.of(new WeightedCluster(cluster, 1)),
                        idle,
                        most,
                        attempts,
                        false,
                        tunnel,
                        told),
                StoryLab.connectionInfo(),
                caller);
    }

    private void stage(Function<NetworkStage.Connection, NetworkStep> step) {
        stages.add(
                new NetworkStage() {
                    @Override
                    public String name() {
                        return "test";
                    }

                    @Override
                    public NetworkStep onConnection(Connection connection) {
                        return step.apply(connection);
                    }
                });
    }

    @Test
    void bytes_goBothWays_withHalfClose() {
        begin();
        caller.data("ping");
        assertThat(host.written).hasToString("ping");
        assertThat(caller.granted).isEqualTo(4);
        caller.end();
        assertThat(host.outputEnded).isTrue();
        host.data("pong!");
        assertThat(caller.written).hasToString("pong!");
        host.end();
        assertThat(caller.outputEnded).isTrue();
        assertThat(told.told).containsExactly("open", "upstream up", "end");
        assertThat(told.ended.getFirst().bytesReceived).isEqualTo(4);
        assertThat(told.ended.getFirst().bytesSent).isEqualTo(5);
        assertThat(told.flags()).isEmpty();
        assertThat(lab.up.hosts.getFirst().results).containsExactly(new HostResult.Connected());
    }

    @Test
    void bytes_beforeTheHost_areKept() {
        caller.data("first");
        begin();
        assertThat(host.written).hasToString("first");
    }

    @Test
    void reset_isPassedOn() {
        begin();
        host.lose();
        assertThat(caller.reset).isNotNull();
        assertThat(told.ended).hasSize(1);
    }

    @Test
    void progress_isToldWhileItLasts() {
        begin();
        caller.data("12345");
        lab.pass(Duration.ofSeconds(5));
        assertThat(told.told).contains("progress 5 0");
        caller.lose();
        lab.pass(Duration.ofSeconds(20));
        assertThat(told.told.getLast()).isEqualTo("end");
    }

    @Test
    void stage_refuses_andNothingIsDialled() {
        stage(_ ->
                new NetworkStep.Close(
                        Optional.of(ResponseFlag.UNAUTHORIZED_EXTERNAL_SERVICE),
                        "rbac_access_denied_matched_policy[none]"));
        begin();
        assertThat(caller.reset).isNotNull();
        assertThat(lab.up.contexts).isEmpty();
        assertThat(told.flags()).isEqualTo("UAEX");
        assertThat(told.ended.getFirst().terminationDetails)
                .isEqualTo("rbac_access_denied_matched_policy[none]");
    }

    @Test
    void stage_saysWhereTo_andTheClusterIsTold() {
        stage(connection -> {
            DynamicHost.set(connection.info(), "api.example.com", 443);
            return NetworkStep.PASS;
        });
        begin();
        assertThat(lab.up.contexts.getFirst().authority()).isEqualTo("api.example.com:443");
    }

    @Test
    void nobodySaysWhereTo_theClusterIsToldNothing() {
        begin();
        assertThat(lab.up.contexts.getFirst().authority()).isEmpty();
    }

    @Test
    void stage_waits_andTheCallerLeaves() {
        var told = new ArrayList<String>();
        stage(connection -> {
            connection.whenEnded(() -> told.add("left"));
            return NetworkStep.LATER;
        });
        begin();
        caller.lose();
        assertThat(told).containsExactly("left");
        assertThat(lab.up.contexts).isEmpty();
        assertThat(this.told.flags()).isEqualTo("DC");
    }

    @ParameterizedTest
    @CsvSource({
        "NO_HEALTHY_HOST, UH",
        "OVERFLOW, UO",
        "CONNECT_FAILED, 'UF,URX'",
        "CONNECT_TIMEOUT, 'UF,URX'",
        "DNS, DF"
    })
    void host_notReached_resetsTheCaller(Kind kind, String flags) {
        lab.up.failures.add(kind);
        begin();
        assertThat(caller.reset).isNotNull();
        assertThat(told.flags()).isEqualTo(flags);
    }

    @Test
    void connect_isTriedElsewhere() {
        attempts = 2;
        lab.up.failures.add(Kind.CONNECT_FAILED);
        begin();
        lab.pass(Duration.ZERO);
        caller.data("x");
        assertThat(host.written).hasToString("x");
        assertThat(lab.up.contexts.get(1).tried()).hasSize(1);
        assertThat(lab.up.hosts.getFirst().results).containsExactly(new HostResult.ConnectFailed());
    }

    @Test
    void tunnel_isAskedFor_andCarriesBytes() {
        tunnel = Optional.of(new TcpChain.Tunnel("far.example:443", false));
        caller.data("early");
        begin();
        var asked = lab.up.last();
        assertThat(asked.sent.method()).isEqualTo("CONNECT");
        assertThat(asked.sent.authority()).isEqualTo("far.example:443");
        assertThat(asked.body).isEmpty();
        asked.head(200);
        assertThat(asked.body).hasToString("early");
        assertThat(caller.granted).isEqualTo(5);
        asked.data("back");
        assertThat(caller.written).hasToString("back");
        assertThat(asked.granted).isEqualTo(4);
        caller.end();
        assertThat(asked.trailers).isNotNull();
        asked.end();
        assertThat(told.ended).hasSize(1);
        assertThat(told.flags()).isEmpty();
    }

    @Test
    void tunnel_refused_isAFailedConnection() {
        tunnel = Optional.of(new TcpChain.Tunnel("far.example:443", true));
        begin();
        assertThat(lab.up.last().sent.method()).isEqualTo("POST");
        lab.up.last().head(403);
        assertThat(caller.reset).isNotNull();
        assertThat(told.flags()).isEqualTo("UF,URX");
        assertThat(lab.up.last().reset).isNotNull();
    }

    @Test
    void tunnel_callerGone_endsTheAsking() {
        tunnel = Optional.of(new TcpChain.Tunnel("far.example:443", false));
        begin();
        caller.lose();
        assertThat(lab.up.last().reset).isNotNull();
        assertThat(told.flags()).isEqualTo("DC");
    }

    @Test
    void cluster_missing_isTold() {
        cluster = "nowhere";
        begin();
        assertThat(told.flags()).isEqualTo("NC");
        assertThat(caller.reset).isNotNull();
    }

    @Test
    void idle_isCutOff_butNotWhileBytesGo() {
        idle = Duration.ofSeconds(10);
        begin();
        lab.pass(Duration.ofSeconds(8));
        caller.data("x");
        lab.pass(Duration.ofSeconds(8));
        assertThat(caller.reset).isNull();
        lab.pass(Duration.ofSeconds(2));
        assertThat(caller.reset).isNotNull();
        assertThat(host.reset).isNotNull();
        assertThat(told.ended.getFirst().terminationDetails).isEqualTo("tcp_session_idle_timeout");
    }

    @Test
    void duration_isLimited() {
        most = Duration.ofSeconds(30);
        begin();
        lab.pass(Duration.ofSeconds(15));
        caller.data("x");
        lab.pass(Duration.ofSeconds(15));
        assertThat(caller.reset).isNotNull();
        assertThat(told.flags()).isEqualTo("DT");
    }

    @Test
    void clusters_areDrawnByWeight() {
        var clusters = List.of(new WeightedCluster("a", 90), new WeightedCluster("b", 10));
        var random = new SplittableRandom(3);
        int other = 0;
        for (int i = 0; i < 10_000; i++) {
            other += Clusters.pick(clusters, random.nextLong()).equals("b") ? 1 : 0;
        }
        assertThat(other).isBetween(900, 1_100);
    }
}
