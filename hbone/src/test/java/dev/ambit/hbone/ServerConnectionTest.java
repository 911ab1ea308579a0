package dev.ambit.hbone;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.hbone.frames.Http2;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Headers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// The server's side against a client that writes its frames by hand, on a clock that stands still.
class ServerConnectionTest {
    private final List<IncomingConnect<String>> connects = new ArrayList<>();
    private final List<ResetReason> ends = new ArrayList<>();
    private final StuckChannel channel = new StuckChannel();
    private final DefaultHttp2HeadersEncoder encoder = new DefaultHttp2HeadersEncoder();

    private final ServerConnection<String> connection;
    private Runnable whenConnected = () -> {};

    ServerConnectionTest() {
        channel.freezeTime();
        connection =
                new ServerConnection<>(
                        HboneLimits.defaults(),
                        "peer",
                        connect -> {
                            connects.add(connect);
                            whenConnected.run();
                        },
                        ends::add);
        channel.pipeline().addLast(connection);
        connection.start(false);
        drain();
    }

    @AfterEach
    void close() {
        channel.finishAndReleaseAll();
        encoder.close();
    }

    /// A socket whose peer may stop reading.
    private static final class StuckChannel extends EmbeddedChannel {
        private boolean stuck;

        @Override
        protected void doWrite(ChannelOutboundBuffer in) throws Exception {
            if (!stuck) {
                super.doWrite(in);
            }
        }
    }

    private List<int[]> drain() {
        var frames = new ArrayList<int[]>();
        var all = Unpooled.buffer();
        ByteBuf out;
        while ((out = channel.readOutbound()) != null) {
            all.writeBytes(out);
            out.release();
        }
        while (all.readableBytes() >= 9) {
            int length = all.readUnsignedMedium();
            int type = all.readUnsignedByte();
            int flags = all.readUnsignedByte();
            int stream = all.readInt();
            int code = -1;
            if (type == Http2.RST_STREAM) {
                code = all.getInt(all.readerIndex());
            } else if (type == Http2.GOAWAY) {
                code = all.getInt(all.readerIndex() + 4);
            }
            all.skipBytes(length);
            frames.add(new int[] {type, flags, stream, code});
        }
        all.release();
        return frames;
    }

    private static ByteBuf frame(int type, int flags, int stream, ByteBuf payload) {
        var frame = Unpooled.buffer();
        Http2.frameHeader(frame, payload.readableBytes(), type, flags, stream);
        return frame.writeBytes(payload);
    }

    private static ByteBuf raw(int... bytes) {
        var payload = Unpooled.buffer();
        for (int b : bytes) {
            payload.writeByte(b);
        }
        return payload;
    }

    private void open() {
        channel.writeInbound(Http2.preface().copy());
        channel.writeInbound(frame(Http2.SETTINGS, 0, 0, raw()));
        drain();
    }

    private ByteBuf headers(int stream, Http2Headers headers, int flags) throws Exception {
        var block = Unpooled.buffer();
        encoder.encodeHeaders(stream, headers, block);
        return frame(Http2.HEADERS, flags, stream, block);
    }

    private void connect(int stream) throws Exception {
        var head = new DefaultHttp2Headers().method("CONNECT").authority("10.0.0.2:80");
        channel.writeInbound(headers(stream, head, Http2.END_HEADERS));
    }

    private void assertEndsWith(int code, String text) {
        assertThat(ends).hasSize(1);
        assertThat(ends.getFirst().detail()).contains(text);
        assertThat(drain()).anyMatch(f -> f[0] == Http2.GOAWAY && f[3] == code);
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void connect_isHandedOver() throws Exception {
        open();
        connect(1);

        assertThat(connects).hasSize(1);
        assertThat(connects.getFirst().request().authority()).isEqualTo("10.0.0.2:80");
        assertThat(connects.getFirst().peer()).isEqualTo("peer");
    }

    @Test
    void connectionThatItsUserCuts_readsNothingMore_evenOfTheSameInput() throws Exception {
        open();
        whenConnected =
                () ->
                        connection.closeWith(
                                new ResetReason(ResetReason.Kind.LOCAL, "cut by its user"));
        var head = new DefaultHttp2Headers().method("CONNECT").authority("10.0.0.2:80");
        var both =
                headers(1, head, Http2.END_HEADERS)
                        .writeBytes(headers(3, head, Http2.END_HEADERS))
                        .writeBytes(raw(0, 0, 4, Http2.RST_STREAM));
        channel.writeInbound(both);

        assertThat(connects).hasSize(1);
        assertThat(ends).extracting(ResetReason::detail).containsExactly("cut by its user");
        assertThat(connection.streamCount()).isZero();
    }

    @Test
    void garbageOnThePort_endsTheConnectionSayingWhatWasExpected() {
        channel.writeInbound(
                Unpooled.copiedBuffer("GET / HTTP/1.1\r\n\r\n", StandardCharsets.US_ASCII));

        assertEndsWith(Http2.PROTOCOL_ERROR, "expected: PRI * HTTP/2.0");
    }

    @Test
    void frameBeforeSettings_isAnError() {
        channel.writeInbound(Http2.preface().copy());
        channel.writeInbound(frame(Http2.PING, 0, 0, raw(1, 2, 3, 4, 5, 6, 7, 8)));

        assertEndsWith(Http2.PROTOCOL_ERROR, "expected: SETTINGS");
    }

    @Test
    void noSettings_endsTheConnectionAtTheDeadline() {
        channel.advanceTimeBy(11, TimeUnit.SECONDS);
        channel.runScheduledPendingTasks();

        assertEndsWith(Http2.PROTOCOL_ERROR, "no SETTINGS within 10000 ms");
    }

    @Test
    void rapidReset_isBounded() throws Exception {
        open();
        for (int stream = 1; channel.isOpen() && stream < 20_000; stream += 2) {
            connect(stream);
            channel.writeInbound(frame(Http2.RST_STREAM, 0, stream, raw(0, 0, 0, 8)));
        }

        assertThat(connects.size()).isLessThanOrEqualTo(2_000);
        assertEndsWith(Http2.ENHANCE_YOUR_CALM, "control frames in a second");
    }

    /// An attack is told from a busy peer by what it leads to.
    @Test
    void manyShortStreams_areNoFlood() throws Exception {
        open();
        for (int stream = 1; stream < 20_000; stream += 2) {
            connect(stream);
            connects.removeLast().accept(ConnectReply.status(200)).endOutput();
            channel.writeInbound(frame(Http2.DATA, Http2.END_STREAM, stream, raw()));
            drain();
        }

        assertThat(ends).isEmpty();
        assertThat(channel.isOpen()).isTrue();
    }

    @Test
    void settingsFlood_isBounded() {
        open();
        for (int i = 0; channel.isOpen() && i < 10_000; i++) {
            channel.writeInbound(frame(Http2.SETTINGS, 0, 0, raw()));
        }

        assertThat(ends).hasSize(1);
        assertThat(ends.getFirst().detail()).contains("control frames in a second");
    }

    @Test
    void continuationFlood_isBounded() throws Exception {
        open();
        var head = new DefaultHttp2Headers().method("CONNECT").authority("a:1");
        channel.writeInbound(headers(1, head, 0));
        var chunk = new byte[16_000];
        for (int i = 0; channel.isOpen() && i < 100; i++) {
            channel.writeInbound(frame(Http2.CONTINUATION, 0, 1, Unpooled.wrappedBuffer(chunk)));
        }

        assertEndsWith(Http2.ENHANCE_YOUR_CALM, "header block over 65536 bytes");
    }

    @Test
    void moreStreamsThanAllowed_areRefusedOneByOne() throws Exception {
        open();
        for (int i = 0; i < 201; i++) {
            connect(1 + 2 * i);
        }

        assertThat(connects).hasSize(200);
        assertThat(drain())
                .anyMatch(f ->
                        f[0] == Http2.RST_STREAM && f[2] == 401 && f[3] == Http2.REFUSED_STREAM);
        assertThat(channel.isOpen()).isTrue();
    }

    @Test
    void streamsFarBeyondTheLimit_areAnAttack() throws Exception {
        open();
        for (int i = 0; channel.isOpen() && i < 10_000; i++) {
            connect(1 + 2 * i);
        }

        assertEndsWith(Http2.ENHANCE_YOUR_CALM, "control frames in a second");
    }

    @Test
    void peerThatAsksAndNeverReads_isBounded() throws Exception {
        open();
        whenConnected = () -> connects.removeLast().refuse(405);
        channel.stuck = true;
        for (int i = 0; channel.isOpen() && i < 100_000; i++) {
            connect(1 + 2 * i);
        }

        assertThat(ends).hasSize(1);
        assertThat(ends.getFirst().detail()).contains("a peer that reads its answers");
    }

    @Test
    void malformedHeaderLists_costTheirStream_andManyTheConnection() throws Exception {
        open();
        var head = new DefaultHttp2Headers(false).method("CONNECT").add("Upper-Case", "x");
        channel.writeInbound(headers(1, head, Http2.END_HEADERS));

        assertThat(drain()).anyMatch(f -> f[0] == Http2.RST_STREAM && f[3] == Http2.PROTOCOL_ERROR);
        assertThat(connects).isEmpty();
        assertThat(channel.isOpen()).isTrue();

        for (int i = 1; channel.isOpen() && i < 10_000; i++) {
            channel.writeInbound(headers(1 + 2 * i, head, Http2.END_HEADERS));
        }
        assertEndsWith(Http2.ENHANCE_YOUR_CALM, "control frames in a second");
    }

    @Test
    void streamOfAServersNumber_isAnError() throws Exception {
        open();
        connect(2);

        assertEndsWith(Http2.PROTOCOL_ERROR, "stream 2 (expected: odd from a client)");
    }

    @Test
    void unansweredConnect_isRefusedAtTheDeadline() throws Exception {
        open();
        connect(1);
        drain();
        channel.advanceTimeBy(31, TimeUnit.SECONDS);
        channel.runScheduledPendingTasks();

        assertThat(drain()).anyMatch(f -> f[0] == Http2.HEADERS && f[2] == 1);
    }

    @Test
    void dataBeyondTheWindow_isAFlowControlError() throws Exception {
        open();
        connect(1);
        var stream = connects.getFirst().accept(ConnectReply.ok(""));
        assertThat(stream.id()).isEqualTo(1);
        var chunk = new byte[1 << 20];
        for (int i = 0; channel.isOpen() && i < 5; i++) {
            channel.writeInbound(frame(Http2.DATA, 0, 1, Unpooled.wrappedBuffer(chunk)));
        }

        assertEndsWith(Http2.FLOW_CONTROL_ERROR, "beyond the window of stream 1");
        stream.reset(new ResetReason(ResetReason.Kind.LOCAL, "test"));
    }

    @Test
    void quietConnection_isPinged_andLostWithoutAnAnswer() throws Exception {
        open();
        channel.advanceTimeBy(10, TimeUnit.SECONDS);
        channel.runScheduledPendingTasks();
        assertThat(drain()).anyMatch(f -> f[0] == Http2.PING && f[1] == 0);
        channel.advanceTimeBy(21, TimeUnit.SECONDS);
        channel.runScheduledPendingTasks();

        assertThat(ends).hasSize(1);
        assertThat(ends.getFirst().detail()).contains("HBONE ping timeout");
    }

    @Test
    void drain_admitsWhatIsUnderWay_thenRefuses_andClosesWithTheLastStream() throws Exception {
        open();
        connect(1);
        var first = connects.getFirst().accept(ConnectReply.ok(""));
        var inlet = new CollectingInlet();
        first.attach(inlet);
        drain();

        connection.drain();
        var goodbye = drain();
        assertThat(goodbye).anyMatch(f -> f[0] == Http2.GOAWAY && f[3] == Http2.NO_ERROR);
        assertThat(goodbye).anyMatch(f -> f[0] == Http2.PING);
        connect(3);
        assertThat(connects).as("crossed the first GOAWAY").hasSize(2);
        var late = connects.getLast().accept(ConnectReply.ok(""));
        late.attach(new CollectingInlet());

        channel.writeInbound(
                frame(Http2.PING, Http2.ACK, 0, raw(0, 0, 0, 0x64, 0x72, 0x61, 0x69, 0x6e)));
        assertThat(drain()).anyMatch(f -> f[0] == Http2.GOAWAY && f[3] == Http2.NO_ERROR);
        connect(5);
        assertThat(connects).as("after the last GOAWAY").hasSize(2);
        assertThat(channel.isOpen()).isTrue();

        late.reset(new ResetReason(ResetReason.Kind.LOCAL, "test"));
        channel.writeInbound(
                frame(
                        Http2.DATA,
                        Http2.END_STREAM,
                        1,
                        Unpooled.copiedBuffer("x", StandardCharsets.US_ASCII)));
        assertThat(inlet.bytes).isEqualTo(1);
        assertThat(channel.isOpen()).isTrue();
        first.endOutput();

        assertThat(ends).extracting(ResetReason::detail).containsExactly("tunnel drained");
        assertThat(channel.isOpen()).isFalse();
        assertThat(inlet.resets).isEmpty();
    }

    @Test
    void drainAfterFirst_servesOneStream_thenSaysGoodbye() throws Exception {
        open();
        connection.drainAfterFirst();
        assertThat(drain()).noneMatch(f -> f[0] == Http2.GOAWAY);

        connect(1);

        assertThat(connects).hasSize(1);
        assertThat(drain()).filteredOn(f -> f[0] == Http2.GOAWAY).hasSize(1);
        connects.getFirst().refuse(503);
        channel.writeInbound(
                frame(Http2.PING, Http2.ACK, 0, raw(0, 0, 0, 0x64, 0x72, 0x61, 0x69, 0x6e)));
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void drainAfterFirst_withoutOne_saysGoodbyeAsLateAsAHandshakeMayTake() {
        open();
        connection.drainAfterFirst();

        channel.advanceTimeBy(9, TimeUnit.SECONDS);
        channel.runScheduledPendingTasks();
        assertThat(drain()).noneMatch(f -> f[0] == Http2.GOAWAY);
        channel.advanceTimeBy(2, TimeUnit.SECONDS);
        channel.runScheduledPendingTasks();

        assertThat(drain()).filteredOn(f -> f[0] == Http2.GOAWAY).hasSize(1);
    }

    @Test
    void drainOfAConnectionWithoutStreams_closesAfterOneRoundTrip() {
        open();
        connection.drain();
        connection.drain();
        assertThat(drain()).filteredOn(f -> f[0] == Http2.GOAWAY).hasSize(1);
        assertThat(channel.isOpen()).isTrue();

        channel.writeInbound(
                frame(Http2.PING, Http2.ACK, 0, raw(0, 0, 0, 0x64, 0x72, 0x61, 0x69, 0x6e)));

        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void wrongContinuationAndPushPromise_areErrors() {
        open();
        channel.writeInbound(frame(Http2.PUSH_PROMISE, 0, 2, raw(0, 0, 0, 4)));

        assertEndsWith(Http2.PROTOCOL_ERROR, "PUSH_PROMISE");
    }

    /// Whatever bytes come after the preface, and however they are cut, nothing but an orderly end.
    @Tag("fuzz")
    @Property(tries = 300)
    void randomFrames_neverEscapeTheHandler(@ForAll long seed) {
        // One server for each try.
        var fresh = new ServerConnectionTest();
        try {
            fresh.feed(new Random(seed));
        } finally {
            fresh.close();
        }
        assertThat(fresh.ends.size()).isLessThanOrEqualTo(1);
    }

    private void feed(Random random) {
        open();
        for (int i = 0; channel.isOpen() && i < 40; i++) {
            var payload = new byte[random.nextInt(64)];
            random.nextBytes(payload);
            var frame =
                    frame(
                            random.nextInt(12),
                            random.nextInt(256),
                            random.nextInt(6),
                            Unpooled.wrappedBuffer(payload));
            while (frame.isReadable() && channel.isOpen()) {
                int cut = 1 + random.nextInt(frame.readableBytes());
                channel.writeInbound(Unpooled.copiedBuffer(frame.readSlice(cut)));
            }
            frame.release();
            drain();
        }
    }
}
