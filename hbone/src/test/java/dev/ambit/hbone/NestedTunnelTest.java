package dev.ambit.hbone;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.hbone.PoolLab.Got;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// A tunnel in a tunnel, with a real server at the inner end, over channels whose bytes the test
/// moves, on one clock that stands still.
class NestedTunnelTest implements HboneServer.Events<String> {
    private static final HboneLimits LIMITS = HboneLimits.defaults();
    private static final ConnectRequest REQUEST =
            ConnectRequest.to("cart.shop.svc:80", "k=v", "for=x", "");

    private final PoolLab lab = new PoolLab(LIMITS);
    private final List<IncomingConnect<String>> inner = new ArrayList<>();
    private final List<HboneStream> outerStreams = new ArrayList<>();
    private final List<StreamChannel> far = new ArrayList<>();
    private final List<HboneStream> streams = new ArrayList<>();
    private final CollectingInlet served = new CollectingInlet();
    private final List<HboneFault> faults = new ArrayList<>();
    private int closed;

    /// What the inner end answers to its CONNECT.
    private int status = 200;

    NestedTunnelTest() {
        lab.connects = this::throughGateway;
    }

    /// The gateway and the far end in one: a server in the stream.
    private void throughGateway(IncomingConnect<String> connect) {
        var stream = connect.accept(ConnectReply.status(200));
        outerStreams.add(stream);
        var channel = StreamChannel.over(stream, LIMITS);
        far.add(channel);
        HboneServer.accept(channel, TestTls.server("inner", "client"), LIMITS, this);
    }

    @Override
    public void onConnect(IncomingConnect<String> connect) {
        inner.add(connect);
        if (status != 200) {
            connect.refuse(status);
            return;
        }
        var stream = connect.accept(ConnectReply.ok("service.name=cart"));
        stream.attach(served);
        streams.add(stream);
    }

    @Override
    public void onFault(HboneFault fault) {
        faults.add(fault);
    }

    @Override
    public void onClosed() {
        closed++;
    }

    @AfterEach
    void close() {
        far.forEach(StreamChannel::close);
        lab.pump();
        lab.close();
    }

    private HboneStream outer() {
        var got = new ArrayList<Opened<String>>();
        lab.pool.open("client", REQUEST, got::add);
        lab.pump();
        return ((Opened.Stream<String>) got.getFirst()).stream();
    }

    private Got nested(String accepts) {
        var outer = outer();
        var got = lab.new Got();
        NestedTunnel.open(
                outer,
                TestTls.client("client", accepts),
                REQUEST.throughGateway("east").from("waypoint"),
                LIMITS,
                got);
        lab.pump();
        return got;
    }

    private int outerStreamsOpen() {
        return lab.pool.tunnels().stream().mapToInt(HbonePool.TunnelFacts::streams).sum();
    }

    @Test
    void innerConnect_reachesTheFarEnd_withBothProvenToEachOther() {
        var got = nested("inner");

        assertThat(inner).hasSize(1);
        assertThat(inner.getFirst().peer()).isEqualTo("client");
        assertThat(inner.getFirst().request())
                .isEqualTo(REQUEST.throughGateway("east").from("waypoint"));
        var opened = (Opened.Stream<String>) got.answers.getFirst();
        assertThat(opened.peer()).isEqualTo("inner");
        assertThat(opened.reply()).isEqualTo(ConnectReply.ok("service.name=cart"));
        assertThat(lab.link(0).connects.getFirst().request().forwardedNetwork()).isEmpty();
    }

    @Test
    void bytes_goBothWays_andTheirCreditReturns() {
        var got = nested("inner");

        lab.send(got.stream(), "ping");
        lab.send(streams.getFirst(), "pong");

        assertThat(served.text).hasToString("ping");
        assertThat(got.inlet.text).hasToString("pong");
        assertThat(got.inlet.taken).isEqualTo(4);
    }

    @Test
    void moreThanTheOuterWindow_isHeldBackByTheReader_notBuffered() {
        var got = nested("inner");
        int chunk = 64 << 10;
        for (int i = 0; i < 256; i++) {
            got.stream().write(Unpooled.buffer(chunk).writeZero(chunk));
            got.stream().flush();
            lab.pump();
        }

        assertThat(served.bytes).as("the inner window").isEqualTo(LIMITS.streamWindowBytes());
        assertThat(got.inlet.taken).isEqualTo(LIMITS.streamWindowBytes());

        streams.getFirst().grant(served.bytes);
        lab.pump();
        assertThat(served.bytes).isEqualTo(2 * LIMITS.streamWindowBytes());
    }

    @Test
    void bothDirectionsEnded_endsTheOuterStreamToo_andTheTunnelStays() {
        var got = nested("inner");

        streams.getFirst().endOutput();
        lab.pump();
        got.stream().write(Unpooled.copiedBuffer("last words", UTF_8));
        got.stream().endOutput();
        lab.pump();

        assertThat(served.text).hasToString("last words");
        assertThat(served.ends).isEqualTo(1);
        assertThat(got.inlet.ends).isEqualTo(1);
        assertThat(got.inlet.resets).isEmpty();
        assertThat(closed).isEqualTo(1);
        assertThat(outerStreamsOpen()).isZero();
        assertThat(lab.link(0).isOpen()).isTrue();
    }

    @Test
    void resetByTheApplication_reachesTheFarEnd() {
        var got = nested("inner");

        got.stream().reset(new ResetReason(ResetReason.Kind.PEER, "RST"));
        lab.pump();

        assertThat(served.resets).hasSize(1);
        assertThat(served.resets.getFirst().kind()).isEqualTo(ResetReason.Kind.PEER);
        assertThat(outerStreamsOpen()).isZero();
    }

    @Test
    void resetByTheFarEnd_reachesTheApplication() {
        var got = nested("inner");

        streams.getFirst().reset(new ResetReason(ResetReason.Kind.PEER, "RST"));
        lab.pump();

        assertThat(got.inlet.resets).hasSize(1);
        assertThat(got.inlet.resets.getFirst().kind()).isEqualTo(ResetReason.Kind.PEER);
        assertThat(outerStreamsOpen()).isZero();
    }

    @Test
    void outerStreamReset_isALossThatSaysSo() {
        var got = nested("inner");

        outerStreams.getFirst().reset(new ResetReason(ResetReason.Kind.PEER, "gateway's"));
        lab.pump();

        assertThat(got.inlet.resets)
                .containsExactly(
                        new ResetReason(
                                ResetReason.Kind.LOST,
                                "tunnel failed: outer tunnel: peer reset the stream, code 10"));
    }

    @Test
    void outerTunnelLost_isALoss() {
        var got = nested("inner");

        lab.link(0).cutWire();
        lab.pump();

        assertThat(got.inlet.resets).hasSize(1);
        assertThat(got.inlet.resets.getFirst().kind()).isEqualTo(ResetReason.Kind.LOST);
    }

    @Test
    void anotherIdentityThanExpected_isAFault_andNothingIsAsked() {
        var got = nested("somebody else");

        assertThat(got.fault().stage()).isEqualTo(HboneFault.Stage.IDENTITY);
        assertThat(got.fault().detail()).isEqualTo("expected CN=somebody else, got CN=inner");
        assertThat(inner).isEmpty();
        assertThat(outerStreamsOpen()).isZero();
    }

    @Test
    void refusalByTheFarEnd_isOne_andEndsBoth() {
        status = 401;

        var got = nested("inner");

        var refused = (Opened.Refused<String>) got.answers.getFirst();
        assertThat(refused.reply().status()).isEqualTo(401);
        assertThat(refused.peer()).isEqualTo("inner");
        assertThat(outerStreamsOpen()).isZero();
    }

    @Test
    void gatewayThatEndsTheStreamAtOnce_isATlsFault() {
        lab.connects =
                connect -> {
                    var stream = connect.accept(ConnectReply.status(200));
                    stream.attach(new CollectingInlet());
                    stream.endOutput();
                };

        var got = nested("inner");

        assertThat(got.fault())
                .isEqualTo(
                        new HboneFault(
                                HboneFault.Stage.TLS,
                                "tls handshake error: connection closed during the TLS handshake"));
        lab.pass(Duration.ofSeconds(31));
        assertThat(outerStreamsOpen()).as("the gateway never ends its side").isZero();
    }

    @Test
    void farEndThatSaysNothing_isATlsFaultAtItsDeadline() {
        lab.connects =
                connect -> connect.accept(ConnectReply.status(200)).attach(new CollectingInlet());

        var got = nested("inner");
        lab.pass(Duration.ofSeconds(9));
        assertThat(got.answers).isEmpty();
        lab.pass(Duration.ofSeconds(2));

        assertThat(got.fault().detail())
                .isEqualTo("tls handshake error: handshake timed out after 10000ms");
        lab.pass(Duration.ofSeconds(31));
        assertThat(outerStreamsOpen()).isZero();
    }

    @Test
    void garbageInsteadOfTls_isATlsFault() {
        lab.connects =
                connect -> {
                    var stream = connect.accept(ConnectReply.status(200));
                    stream.attach(new CollectingInlet());
                    stream.write(Unpooled.copiedBuffer("HTTP/1.1 400 Bad Request\r\n\r\n", UTF_8));
                    stream.flush();
                };

        assertThat(nested("inner").fault().stage()).isEqualTo(HboneFault.Stage.TLS);
    }
}
