package dev.ambit.ztunnel.socks;

import static dev.ambit.ztunnel.MeshOf.at;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.hbone.Duplex;
import dev.ambit.hbone.HboneLimits;
import dev.ambit.hbone.ResetReason;
import dev.ambit.hbone.SocketDuplex;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// An application's conversation, on a clock that stands still.
class SocksClientTest implements SocksClient.Requests {
    private static final String GREETING = "050100";
    private static final String REQUEST = "050100010a0100010050";
    private static final String WELCOME = "0500";
    private static final String SUCCESS = "05000001000000000000";
    private static final String FAILURE = "05010001000000000000";

    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final List<Socks5.Request> requests = new ArrayList<>();
    private final List<String> bad = new ArrayList<>();
    private final SocksClient client;

    SocksClientTest() {
        channel.freezeTime();
        var limits = HboneLimits.defaults();
        client = new SocksClient(SocketDuplex.of(channel, limits), this, SocksLimits.defaults());
        client.start();
    }

    @AfterEach
    void close() {
        channel.finishAndReleaseAll();
    }

    @Override
    public void onRequest(SocksClient of, Socks5.Request request) {
        requests.add(request);
    }

    @Override
    public void onBad(SocksClient of, String why) {
        bad.add(why);
    }

    private void give(String hex) {
        channel.writeInbound(Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(hex)));
    }

    private String got() {
        var all = new StringBuilder();
        ByteBuf bytes;
        while ((bytes = channel.readOutbound()) != null) {
            all.append(ByteBufUtil.hexDump(bytes));
            bytes.release();
        }
        return all.toString();
    }

    private static final class Collecting implements Duplex.Inlet {
        final StringBuilder text = new StringBuilder();
        final List<ResetReason> resets = new ArrayList<>();

        @Override
        public void onBytes(ByteBuf bytes) {
            text.append(bytes.toString(UTF_8));
            bytes.release();
        }

        @Override
        public void onBurstEnd() {}

        @Override
        public void onEnd() {}

        @Override
        public void onReset(ResetReason reason) {
            resets.add(reason);
        }

        @Override
        public void onTaken(int bytes) {}
    }

    @Test
    void success_isSaidWhenTheOtherEndIsThere_notBefore() {
        give(GREETING);
        assertThat(got()).isEqualTo(WELCOME);
        give(REQUEST);
        assertThat(requests).containsExactly(new Socks5.Request.Address(at("10.1.0.1", 80)));
        assertThat(got()).isEmpty();

        client.attach(new Collecting());

        assertThat(got()).isEqualTo(SUCCESS);
    }

    @Test
    void success_comesBeforeWhatTheServerSaysFirst() {
        give(GREETING + REQUEST);
        client.write(Unpooled.copiedBuffer("220", UTF_8));
        client.attach(new Collecting());
        client.flush();

        assertThat(got()).isEqualTo(WELCOME + SUCCESS + "323230");
    }

    @Test
    void bytesSentAheadOfTheAnswer_areKeptForTheOtherEnd() {
        give(GREETING + REQUEST + "4142");
        give("43");
        var inlet = new Collecting();

        client.attach(inlet);
        give("44");

        assertThat(inlet.text).hasToString("ABCD");
    }

    @Test
    void moreThanTheParserHolds_isKeptToo() {
        var more = "5a".repeat(3_000);
        give(GREETING + REQUEST + more);
        var inlet = new Collecting();

        client.attach(inlet);

        assertThat(inlet.text).hasToString("Z".repeat(3_000));
    }

    @Test
    void failureBeforeTheOtherEndIsThere_isAnswered() {
        give(GREETING + REQUEST);

        client.reset(new ResetReason(ResetReason.Kind.LOCAL, "connection refused"));

        assertThat(got()).isEqualTo(WELCOME + FAILURE);
        channel.advanceTimeBy(6, TimeUnit.SECONDS);
        channel.runScheduledPendingTasks();
        assertThat(channel.isOpen()).as("a client that does not close").isFalse();
    }

    @Test
    void badRequest_isAnsweredAndTold() {
        give(GREETING + "050200010a0100010050");

        assertThat(got()).isEqualTo(WELCOME + "05070001000000000000");
        assertThat(bad).containsExactly("version 5, command 2 (expected: 5, CONNECT)");
        assertThat(requests).isEmpty();
    }

    @Test
    void clientThatIsGoneWhileConnecting_isAResetForTheOtherEnd() {
        give(GREETING + REQUEST);
        channel.close();
        var inlet = new Collecting();

        client.attach(inlet);

        assertThat(inlet.resets).hasSize(1);
    }
}
