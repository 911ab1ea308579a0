package dev.ambit.waypoint.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.hbone.ConnectReply;
import dev.ambit.hbone.ConnectRequest;
import dev.ambit.hbone.Duplex;
import dev.ambit.hbone.HboneLimits;
import dev.ambit.hbone.HboneStream;
import dev.ambit.hbone.IncomingConnect;
import dev.ambit.hbone.ResetReason;
import dev.ambit.waypoint.exchange.ConnectionInfo;
import dev.ambit.waypoint.exchange.ResponseFlag;
import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.model.ChainTable;
import dev.ambit.waypoint.model.Inspection;
import dev.ambit.waypoint.model.Originate;
import dev.ambit.waypoint.model.PortRule;
import dev.ambit.waypoint.model.TcpChain;
import dev.ambit.waypoint.model.TcpChain.WeightedCluster;
import dev.ambit.waypoint.model.TunnelFront;
import dev.ambit.waypoint.model.WaypointModel;
import dev.ambit.waypoint.stage.Exchange;
import dev.ambit.waypoint.stage.HttpStage;
import dev.ambit.waypoint.stage.LocalReply;
import dev.ambit.waypoint.stage.Step;
import dev.ambit.waypoint.telemetry.ConnectTelemetry;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// CONNECTs of tunnels.
class ConnectStoryTest implements ConnectTelemetry {
    private static final String PEER = "spiffe://cluster.local/ns/shop/sa/client";

    private final StoryLab lab = new StoryLab();
    private final BytesEnd host = new BytesEnd(lab.loop);
    private final TcpTold tcp = new TcpTold();
    private final List<HttpStage> stages = new ArrayList<>();
    private final List<ConnectionInfo> connections = new ArrayList<>();
    private final List<StreamInfo> ends = new ArrayList<>();
    private final List<StreamInfo> lost = new ArrayList<>();
    private boolean baggage;

    private Asked ask(String method, String authority) {
        var tcpChain =
                new TcpChain(
                        "tcp",
                        List.of(),
                        List.of(new WeightedCluster("up", 1)),
                        Duration.ZERO,
                        Duration.ZERO,
                        1,
                        false,
                        Optional.empty(),
                        tcp);
        var address = new InetSocketAddress("10.96.0.11", 80).getAddress();
        var chains =
                new ChainTable(
                        Map.of(),
                        List.of(
                                new ChainTable.Range(
                                        address,
                                        32,
                                        Map.of(80, new PortRule.Tcp(tcpChain)),
                                        Optional.empty())),
                        Inspection.NONE,
                        Optional.empty());
        var front =
                new TunnelFront(
                        List.of("cluster.local"), stages, 0, Duration.ZERO, Duration.ZERO, this);
        var model = new WaypointModel(Optional.of(front), chains, Originate.DEFAULTS);
        var settings =
                new HboneFront<String>(
                        HboneLimits.defaults(),
                        TestCodecs::server,
                        Function.identity(),
                        _ -> false,
                        () -> "spiffe://cluster.local/ns/shop/sa/waypoint",
                        () -> Optional.of("k=v"),
                        () -> 7,
                        (_, _) -> {});
        lab.up.bytes.add(host);
        var asked = new Asked(method, authority);
        new ConnectStory<>(lab.worker, settings, model, front, asked, PEER).start();
        return asked;
    }

    @Override
    public boolean tellsBaggage() {
        return baggage;
    }

    private void stage(Function<Exchange, Step> step) {
        stages.add(
                new HttpStage() {
                    @Override
                    public String name() {
                        return "layered";
                    }

                    @Override
                    public Step onRequest(Exchange exchange) {
                        return step.apply(exchange);
                    }
                });
    }

    @Test
    void knownDestination_isTaken_withIdentityAndAddresses() {
        var asked = ask("CONNECT", "10.96.0.11:80");
        assertThat(asked.reply).isEqualTo(ConnectReply.status(200));
        asked.bytes.data("hello");
        assertThat(host.written).hasToString("hello");
        var connection = connections.getFirst();
        assertThat(connection.peerPrincipal()).isEqualTo(PEER);
        assertThat(connection.originalDst()).isEqualTo(new InetSocketAddress("10.96.0.11", 80));
        assertThat(connection.remote().getPort()).isEqualTo(40_000);
        assertThat(connection.forwardedNetwork()).contains("net-two");
        assertThat(ends.getFirst().responseCode).isEqualTo(200);
    }

    @Test
    void unknownAddress_is503() {
        var asked = ask("CONNECT", "10.1.2.3:80");
        assertThat(asked.refused).isEqualTo(503);
        assertThat(ends.getFirst().responseCode).isEqualTo(503);
    }

    @Test
    void unknownPort_isTakenAndReset() {
        var asked = ask("CONNECT", "10.96.0.11:81");
        assertThat(asked.reply).isEqualTo(ConnectReply.status(200));
        assertThat(asked.bytes.reset).isNotNull();
        assertThat(lost.getFirst().flags()).contains(ResponseFlag.NO_ROUTE_FOUND);
    }

    @Test
    void otherMethod_is404() {
        var asked = ask("GET", "10.96.0.11:80");
        assertThat(asked.refused).isEqualTo(404);
        assertThat(ends.getFirst().flags()).contains(ResponseFlag.NO_ROUTE_FOUND);
    }

    @Test
    void layeredRule_refuses_beforeAnythingIsDialled() {
        stage(exchange ->
                Step.answer(
                        LocalReply.of(
                                403,
                                "RBAC: access denied",
                                exchange.info().connection().peerPrincipal())));
        var asked = ask("CONNECT", "10.96.0.11:80");
        assertThat(asked.refused).isEqualTo(403);
        assertThat(ends.getFirst().responseCodeDetails).isEqualTo(PEER);
        assertThat(lab.up.contexts).isEmpty();
        assertThat(connections).isEmpty();
    }

    @Test
    void layeredRule_waits_andTheCallerGivesUp() {
        var told = new ArrayList<String>();
        var waiting = new ArrayList<Exchange>();
        stage(exchange -> {
            waiting.add(exchange);
            exchange.whenEnded(() -> told.add("told"));
            return Step.LATER;
        });
        var asked = ask("CONNECT", "10.96.0.11:80");
        assertThat(asked.reply).isNull();
        asked.abandoned.run();
        assertThat(told).containsExactly("told");
        waiting.getFirst().resume(Step.NEXT);
        assertThat(asked.reply).isNull();
    }

    @Test
    void baggage_isAnswered_whereItIsOn() {
        baggage = true;
        assertThat(ask("CONNECT", "10.96.0.11:80").reply).isEqualTo(ConnectReply.ok("k=v"));
    }

    @Test
    void trust_isByDomain() {
        var front =
                new TunnelFront(
                        List.of("cluster.local", "old.local"),
                        List.of(),
                        0,
                        Duration.ZERO,
                        Duration.ZERO,
                        ConnectTelemetry.NONE);
        assertThat(HboneFront.trusted("spiffe://old.local/ns/a/sa/b", front)).isTrue();
        assertThat(HboneFront.trusted("spiffe://old.local.evil/ns/a/sa/b", front)).isFalse();
        assertThat(HboneFront.trusted("", front)).isFalse();
    }

    // ---- telemetry

    @Override
    public void onConnect(ConnectionInfo connection) {
        connections.add(connection);
    }

    @Override
    public void onConnectEnd(StreamInfo info) {
        ends.add(info);
    }

    @Override
    public void onNoChain(StreamInfo info) {
        lost.add(info);
    }

    /// A CONNECT in memory.
    private final class Asked implements IncomingConnect<String> {
        private final ConnectRequest request;
        final BytesEnd bytes = new BytesEnd(lab.loop);
        @Nullable ConnectReply reply;
        int refused;
        Runnable abandoned = () -> {};

        Asked(String method, String authority) {
            this.request =
                    new ConnectRequest(
                            method,
                            authority,
                            Optional.empty(),
                            Optional.empty(),
                            Optional.empty(),
                            Optional.of("net-two"));
        }

        @Override
        public ConnectRequest request() {
            return request;
        }

        @Override
        public String peer() {
            return PEER;
        }

        @Override
        public InetSocketAddress remote() {
            return new InetSocketAddress("10.244.0.9", 40_000);
        }

        @Override
        public InetSocketAddress local() {
            return new InetSocketAddress("10.244.0.1", 15_008);
        }

        @Override
        public EventLoop loop() {
            return lab.loop;
        }

        @Override
        public HboneStream accept(ConnectReply given) {
            reply = given;
            return new Stream(bytes);
        }

        @Override
        public void refuse(int status) {
            refused = status;
        }

        @Override
        public void whenAbandoned(Runnable callback) {
            abandoned = callback;
        }
    }

    /// Bytes as a tunnel's stream.
    private record Stream(Duplex bytes) implements HboneStream {
        @Override
        public int id() {
            return 1;
        }

        @Override
        public EventLoop loop() {
            return bytes.loop();
        }

        @Override
        public void attach(Inlet inlet) {
            bytes.attach(inlet);
        }

        @Override
        public void write(ByteBuf data) {
            bytes.write(data);
        }

        @Override
        public void flush() {
            bytes.flush();
        }

        @Override
        public void endOutput() {
            bytes.endOutput();
        }

        @Override
        public void reset(ResetReason reason) {
            bytes.reset(reason);
        }

        @Override
        public void grant(int count) {
            bytes.grant(count);
        }
    }
}
