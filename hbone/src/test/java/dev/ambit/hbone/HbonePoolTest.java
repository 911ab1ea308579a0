package dev.ambit.hbone;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.hbone.PoolLab.Got;
import dev.ambit.hbone.PoolLab.Link;
import dev.ambit.hbone.frames.Http2;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// The pool against real servers over real TLS, each connection a pair of channels whose bytes the
/// test moves, on one clock that stands still.
class HbonePoolTest {
    private static final ResetReason TEST = new ResetReason(ResetReason.Kind.LOCAL, "test");

    private PoolLab lab = new PoolLab(limits(200, 100, 8, 4_096));

    private static HboneLimits limits(int server, int client, int tunnels, int waiting) {
        var d = HboneLimits.defaults();
        return new HboneLimits(
                d.streamWindowBytes(),
                d.connectionWindowBytes(),
                d.connectionUnreadBytes(),
                d.maxFrameBytes(),
                d.maxHeaderListBytes(),
                server,
                client,
                tunnels,
                waiting,
                d.tlsHandshake(),
                d.settings(),
                d.connectReply(),
                d.connectAnswer(),
                d.pingInterval(),
                d.pingTimeout(),
                d.poolWait(),
                d.poolIdle(),
                d.controlFramesPerSecond(),
                d.socketUnreadBytes(),
                d.writeHighWaterBytes(),
                d.readBufferLeastBytes(),
                d.readBufferMostBytes(),
                d.outerLinger());
    }

    private void use(HboneLimits limits) {
        lab.close();
        lab = new PoolLab(limits);
    }

    @AfterEach
    void close() {
        lab.close();
    }

    // ---- sharing

    @Test
    void requestsOfOneKey_shareATunnel() {
        var all = IntStream.range(0, 10).mapToObj(_ -> lab.open("web")).toList();
        lab.pump();
        var later = lab.open("web");
        lab.pump();

        assertThat(lab.links).hasSize(1);
        assertThat(all).allMatch(Got::isStream);
        assertThat(later.stream().id()).isEqualTo(21);
        assertThat(lab.pool.tunnels()).containsExactly(new HbonePool.TunnelFacts<>("web", 11));
    }

    @Test
    void timings_ofANewTunnel_andOfOneThatIsThere() {
        lab.open("web");
        lab.pump();
        assertThat(lab.timed).containsExactly("handshake", "waited", "connect");

        lab.open("web");
        lab.pump();

        assertThat(lab.timed).containsExactly("handshake", "waited", "connect", "connect");
    }

    @Test
    void differentIdentities_neverShareATunnel() {
        lab.open("web");
        lab.open("cart");
        lab.open("web");
        lab.pump();

        assertThat(lab.links).extracting(link -> link.key).containsExactly("web", "cart");
        for (var link : lab.links) {
            assertThat(link.connects).allMatch(connect -> connect.peer().equals(link.key));
        }
        assertThat(lab.links).extracting(link -> link.connects.size()).containsExactly(2, 1);
    }

    @Test
    void moreStreamsThanATunnelTakes_openMoreTunnels() {
        use(limits(200, 2, 8, 100));
        var all = IntStream.range(0, 5).mapToObj(_ -> lab.open("web")).toList();
        lab.pump();

        assertThat(all).allMatch(Got::isStream);
        assertThat(lab.links).extracting(link -> link.connects.size()).containsExactly(2, 2, 1);
    }

    @Test
    void theServersLimit_countsWhereItIsLower() {
        use(limits(1, 100, 8, 100));
        lab.open("web");
        lab.pump();
        var second = lab.open("web");
        lab.pump();

        assertThat(second.isStream()).isTrue();
        assertThat(lab.links).hasSize(2);
    }

    @Test
    void tunnelsAtTheirLimit_aRequestWaitsForAStreamToEnd() {
        use(limits(200, 1, 2, 100));
        var first = lab.open("web");
        lab.open("web");
        var third = lab.open("web");
        lab.pump();
        assertThat(lab.links).hasSize(2);
        assertThat(third.answers).isEmpty();

        first.stream().reset(TEST);
        lab.pump();

        assertThat(third.isStream()).isTrue();
        assertThat(lab.links).hasSize(2);
    }

    @Test
    void requestsThatWait_areBounded() {
        use(limits(200, 100, 8, 2));
        lab.holdDials = true;
        lab.open("web");
        lab.open("web");
        var third = lab.open("web");
        var other = lab.open("cart");

        assertThat(third.fault().stage()).isEqualTo(HboneFault.Stage.POOL);
        assertThat(third.fault().detail()).contains("over 2 connections wait for a tunnel to web");
        assertThat(other.answers).as("not behind another key").isEmpty();
        lab.releaseDials();
        lab.pump();
        assertThat(other.isStream()).isTrue();
    }

    @Test
    void requestThatWaitsTooLong_isAFaultThatNamesTheLimits() {
        use(limits(200, 1, 2, 100));
        lab.open("web");
        lab.open("web");
        var early = lab.open("web");
        lab.pump();
        lab.pass(Duration.ofSeconds(30));
        var late = lab.open("web");
        lab.pass(Duration.ofSeconds(9));
        assertThat(early.answers).isEmpty();
        lab.pass(Duration.ofSeconds(2));

        assertThat(early.fault())
                .isEqualTo(
                        new HboneFault(
                                HboneFault.Stage.POOL,
                                "no tunnel to web in 40 s: 2 of at most 2 open, each with 1"
                                        + " streams, 0 dialling"));
        assertThat(late.answers).as("its own 40 s are not over").isEmpty();
        lab.pass(Duration.ofSeconds(29));
        assertThat(late.fault().stage()).isEqualTo(HboneFault.Stage.POOL);
    }

    @Test
    void thousandStreamsAtOnce_allGetATunnel() {
        use(HboneLimits.defaults());
        var all = IntStream.range(0, 1_000).mapToObj(_ -> lab.open("web")).toList();
        lab.pump();

        assertThat(all).allMatch(Got::isStream);
        assertThat(lab.links).hasSize(10);
    }

    @Test
    void newRequest_goesToTheLeastLoadedTunnel() {
        use(limits(200, 2, 8, 100));
        var streams = IntStream.range(0, 4).mapToObj(_ -> lab.open("web")).toList();
        lab.pump();
        assertThat(lab.links).hasSize(2);
        streams.get(2).stream().reset(TEST);
        lab.pump();

        lab.open("web");
        lab.pump();

        assertThat(lab.links).extracting(link -> link.connects.size()).containsExactly(2, 3);
    }

    // ---- idle

    @Test
    void idleTunnel_isClosedAtItsLimit_andPingsKeepItUntilThen() {
        var got = lab.open("web");
        lab.pump();
        got.stream().reset(TEST);
        lab.pump();

        lab.pass(Duration.ofSeconds(295));
        assertThat(lab.link(0).isOpen()).isTrue();
        lab.pass(Duration.ofSeconds(10));

        assertThat(lab.link(0).isOpen()).isFalse();
        assertThat(lab.pool.tunnels()).isEmpty();
        assertThat(lab.open("web").answers).isEmpty();
        assertThat(lab.links).hasSize(2);
    }

    @Test
    void tunnelThatIsUsedNowAndThen_staysOpen() {
        for (int i = 0; i < 5; i++) {
            var got = lab.open("web");
            lab.pump();
            got.stream().reset(TEST);
            lab.pump();
            lab.pass(Duration.ofSeconds(200));
        }

        assertThat(lab.links).hasSize(1);
        assertThat(lab.link(0).isOpen()).isTrue();
        lab.pass(Duration.ofSeconds(105));
        assertThat(lab.link(0).isOpen()).isFalse();
    }

    @Test
    void tunnelWithAQuietStream_isNotIdle() {
        var got = lab.open("web");
        lab.pump();
        lab.pass(Duration.ofMinutes(20));

        assertThat(lab.link(0).isOpen()).isTrue();
        assertThat(got.inlet.resets).isEmpty();
    }

    @Test
    void manyShortStreams_leaveOneTimerAndNotOneEach() {
        lab.open("web").stream();
        int before = lab.timersSet();
        for (int i = 0; i < 500; i++) {
            lab.open("cart").stream().reset(TEST);
            lab.pump();
        }

        assertThat(lab.timersSet() - before).isLessThanOrEqualTo(2);
    }

    // ---- goodbye

    @Test
    void serverDrains_newStreamsGetANewTunnel_oldOnesFinish() {
        var old = lab.open("web");
        lab.pump();
        lab.link(0).server().drain();
        lab.pump();

        var fresh = lab.open("web");
        lab.pump();

        assertThat(lab.links).hasSize(2);
        assertThat(lab.link(1).connects).hasSize(1);
        assertThat(fresh.isStream()).isTrue();
        lab.send(old.stream(), "still here");
        assertThat(lab.link(0).inlets.getFirst().text.toString()).isEqualTo("still here");
        assertThat(lab.link(0).isOpen()).isTrue();

        lab.end(old, lab.link(0));

        assertThat(old.inlet.ends).isEqualTo(1);
        assertThat(old.inlet.resets).isEmpty();
        assertThat(lab.link(0).isOpen()).isFalse();
        assertThat(lab.link(0).faults).isEmpty();
        assertThat(lab.link(1).isOpen()).isTrue();
    }

    @Test
    void connectsAboveTheGoAway_areRepeatedOnANewTunnel() {
        lab.raw = true;
        var first = lab.open("web");
        var second = lab.open("web");
        lab.pump();
        lab.link(0).send(Frames.frame(Http2.SETTINGS, 0, 0));
        lab.raw = false;

        lab.link(0).send(Frames.frame(Http2.GOAWAY, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0));
        lab.pump();

        assertThat(first.answers).as("still with the old tunnel").isEmpty();
        assertThat(second.isStream()).isTrue();
        assertThat(lab.links).hasSize(2);
    }

    @Test
    void retire_newRequestsGetANewTunnel_otherKeysKeepTheirs() {
        var old = lab.open("web");
        lab.open("cart");
        lab.pump();

        lab.pool.retire("web"::equals);
        lab.open("web");
        lab.open("cart");
        lab.pump();

        assertThat(lab.links).extracting(link -> link.key).containsExactly("web", "cart", "web");
        lab.send(old.stream(), "x");
        assertThat(lab.link(0).inlets.getFirst().bytes).isEqualTo(1);
        lab.end(old, lab.link(0));
        assertThat(lab.link(0).isOpen()).isFalse();
    }

    @Test
    void cut_endsTheKeysStreamsAtOnce() {
        var cut = lab.open("web");
        var kept = lab.open("cart");
        lab.pump();

        lab.pool.cut("web"::equals, new ResetReason(ResetReason.Kind.LOCAL, "policy"));
        lab.pump();

        assertThat(cut.inlet.resets).extracting(ResetReason::detail).containsExactly("policy");
        assertThat(kept.inlet.resets).isEmpty();
        assertThat(lab.link(0).isOpen()).isFalse();
        assertThat(lab.link(1).isOpen()).isTrue();
    }

    @Test
    void cutPeers_asksForTheTunnelsPeer_andEndsItsStreamsAtOnce() {
        var asked = new java.util.ArrayList<String>();
        var stream = lab.open("web");
        lab.pump();
        var revoked = new ResetReason(ResetReason.Kind.LOCAL, "revoked");

        lab.pool.cutPeers(peer -> !asked.add(peer), revoked);
        lab.pump();
        assertThat(asked).hasSize(1);
        assertThat(stream.inlet.resets).isEmpty();

        lab.pool.cutPeers(asked::contains, revoked);
        lab.pump();
        assertThat(stream.inlet.resets).extracting(ResetReason::detail).containsExactly("revoked");
        assertThat(lab.link(0).isOpen()).isFalse();
    }

    @Test
    void connectionIsLost_serversStreamsAreTold_beforeTheServersUserIs() {
        lab.open("web");
        lab.open("web");
        lab.pump();
        lab.link(0).cutWire();

        assertThat(lab.link(0).resetsBeforeClosed).isEqualTo(2);
    }

    @Test
    void closedPool_refusesRequests_andLetsStreamsFinish() {
        var old = lab.open("web");
        lab.pump();
        lab.pool.close();

        assertThat(lab.open("web").fault())
                .isEqualTo(new HboneFault(HboneFault.Stage.POOL, "pool draining"));
        lab.send(old.stream(), "x");
        assertThat(lab.link(0).inlets.getFirst().bytes).isEqualTo(1);
        lab.end(old, lab.link(0));
        assertThat(lab.link(0).isOpen()).isFalse();
    }

    // ---- repetition

    @Test
    void streamRefusedForWantOfRoom_isRepeatedOnAnotherTunnel() {
        use(limits(1, 100, 8, 100));
        var first = lab.open("web");
        var second = lab.open("web");
        lab.pump();

        assertThat(first.isStream()).isTrue();
        assertThat(second.isStream()).isTrue();
        assertThat(lab.links).hasSize(2);
    }

    @Test
    void streamRefusedTwice_isAFailure() {
        lab.raw = true;
        var got = lab.open("web");
        lab.pump();
        var server = lab.link(0);
        server.send(Frames.frame(Http2.SETTINGS, 0, 0));
        server.send(Frames.frame(Http2.RST_STREAM, 0, 1, 0, 0, 0, Http2.REFUSED_STREAM));
        lab.pump();
        assertThat(got.answers).isEmpty();
        server.send(Frames.frame(Http2.RST_STREAM, 0, 3, 0, 0, 0, Http2.REFUSED_STREAM));
        lab.pump();

        assertThat(got.fault().stage()).isEqualTo(HboneFault.Stage.CONNECT);
        assertThat(got.fault().detail()).isEqualTo("peer reset the stream, code 7");
        assertThat(server.received()).filteredOn(f -> f.is(Http2.HEADERS)).hasSize(2);
    }

    @Test
    void streamThatFailedOtherwise_isNotRepeated() {
        lab.raw = true;
        var got = lab.open("web");
        lab.pump();
        lab.link(0).send(Frames.frame(Http2.SETTINGS, 0, 0));
        lab.link(0).send(Frames.frame(Http2.RST_STREAM, 0, 1, 0, 0, 0, Http2.INTERNAL_ERROR));
        lab.pump();

        assertThat(got.fault().detail()).isEqualTo("peer reset the stream, code 2");
        assertThat(lab.links).hasSize(1);
    }

    @Test
    void usedTunnelThatDiesUnderAConnect_itIsRepeatedOnce() {
        lab.raw = true;
        lab.open("web");
        lab.pump();
        lab.link(0).send(Frames.frame(Http2.SETTINGS, 0, 0));
        answer(lab.link(0), 1);
        var got = lab.open("web");
        lab.pump();

        lab.link(0).cutWire();
        lab.pump();
        assertThat(lab.links).hasSize(2);
        assertThat(got.answers).isEmpty();
        lab.link(1).cutWire();
        lab.pump();

        assertThat(got.fault().stage()).isEqualTo(HboneFault.Stage.CONNECT);
        assertThat(lab.links).hasSize(2);
    }

    private void answer(Link link, int stream) {
        var encoder = new DefaultHttp2HeadersEncoder();
        var ok = new DefaultHttp2Headers().status("200");
        link.send(Frames.headers(encoder, stream, ok, Http2.END_HEADERS));
        encoder.close();
        lab.pump();
    }

    @Test
    void newTunnelThatDiesUnderItsFirstConnect_isAFailure() {
        lab.raw = true;
        var got = lab.open("web");
        lab.pump();
        lab.link(0).cutWire();
        lab.pump();

        assertThat(got.fault())
                .isEqualTo(new HboneFault(HboneFault.Stage.CONNECT, "tunnel closed by the peer"));
        assertThat(lab.links).hasSize(1);
    }

    @Test
    void answerOtherThan200_isPassedOn_andNotRepeated() {
        lab.status = 401;
        var got = lab.open("web");
        lab.pump();

        assertThat(got.answers)
                .containsExactly(new Opened.Refused<>(ConnectReply.status(401), "server"));
        assertThat(lab.link(0).connects).hasSize(1);
        assertThat(lab.link(0).isOpen()).isTrue();
    }

    // ---- dials that fail

    @Test
    void failedDial_isToldToAllThatWait_andTheNextRequestDialsAnew() {
        var fault = new HboneFault(HboneFault.Stage.TCP, "10.0.0.9:15008: refused");
        lab.holdDials = true;
        lab.refusal = fault;
        var all = IntStream.range(0, 3).mapToObj(_ -> lab.open("web")).toList();
        lab.releaseDials();

        assertThat(all).allMatch(got -> got.fault().equals(fault));

        lab.refusal = null;
        var next = lab.open("web");
        lab.pump();
        assertThat(next.isStream()).isTrue();
    }

    @Test
    void failedDial_isToldThoughAnOldTunnelStillDrains() {
        lab.open("web");
        lab.pump();
        lab.pool.retire("web"::equals);
        var fault = new HboneFault(HboneFault.Stage.TCP_TIMEOUT, "10.0.0.9:15008: no answer");
        lab.refusal = fault;

        var got = lab.open("web");
        lab.pump();

        assertThat(lab.link(0).isOpen()).isTrue();
        assertThat(got.fault()).isEqualTo(fault);
    }

    @Test
    void serverOfAnotherIdentity_isAFault_namingBoth() {
        lab.expected = "somebody-else";
        var got = lab.open("web");
        lab.pump();

        assertThat(got.fault())
                .isEqualTo(
                        new HboneFault(
                                HboneFault.Stage.IDENTITY,
                                "expected CN=somebody-else, got CN=server"));
        assertThat(lab.link(0).connects).isEmpty();
        assertThat(lab.link(0).isOpen()).isFalse();
    }

    @Test
    void serverThatSaysNothing_isATlsFaultAtItsDeadline() {
        lab.mute = true;
        var got = lab.open("web");
        lab.pump();
        lab.pass(Duration.ofSeconds(9));
        assertThat(got.answers).isEmpty();
        lab.pass(Duration.ofSeconds(2));

        assertThat(got.fault().stage()).isEqualTo(HboneFault.Stage.TLS);
        assertThat(got.fault().detail()).contains("handshake timed out after 10000ms");
    }

    @Test
    void garbageInsteadOfTls_isATlsFault() {
        lab.mute = true;
        var got = lab.open("web");
        lab.pump();
        lab.link(0).sendPlain(Unpooled.copiedBuffer("HTTP/1.1 400 Bad Request\r\n\r\n", UTF_8));
        lab.pump();

        assertThat(got.fault().stage()).isEqualTo(HboneFault.Stage.TLS);
        assertThat(got.fault().detail()).startsWith("tls handshake error: ");
    }
}
