package dev.ambit.hbone;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// What a server makes of connections that never become a tunnel.
class HboneServerTest {
    private final List<String> told = new ArrayList<>();
    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final HboneServer<String> server;

    HboneServerTest() {
        channel.freezeTime();
        server =
                HboneServer.accept(
                        channel,
                        TestTls.server("server", "client"),
                        HboneLimits.defaults(),
                        new HboneServer.Events<>() {
                            @Override
                            public void onConnect(IncomingConnect<String> connect) {
                                told.add("connect");
                            }

                            @Override
                            public void onFault(HboneFault fault) {
                                told.add(fault.stage() + " " + fault.detail());
                            }

                            @Override
                            public void onClosed() {
                                told.add("closed");
                            }
                        });
    }

    @AfterEach
    void close() {
        channel.finishAndReleaseAll();
    }

    private void assertEndsWith(String fault) {
        assertThat(channel.isOpen()).isFalse();
        assertThat(told).hasSize(2);
        assertThat(told.getFirst()).startsWith(fault);
        assertThat(told.getLast()).isEqualTo("closed");
    }

    @Test
    void garbage_isATlsFault() {
        channel.writeInbound(Unpooled.copiedBuffer("GET / HTTP/1.1\r\n\r\n", UTF_8));

        assertEndsWith("TLS tls handshake error: ");
    }

    @Test
    void clientThatSaysNothing_isATlsFaultAtItsDeadline() {
        channel.advanceTimeBy(9, TimeUnit.SECONDS);
        channel.runScheduledPendingTasks();
        assertThat(told).isEmpty();
        channel.advanceTimeBy(2, TimeUnit.SECONDS);
        channel.runScheduledPendingTasks();

        assertEndsWith("TLS tls handshake error: handshake timed out after 10000ms");
    }

    @Test
    void clientThatLeavesBeforeTheHandshakeEnds_isATlsFault() {
        channel.close();

        assertEndsWith("TLS tls handshake error: connection closed during the TLS handshake");
    }

    @Test
    void drainBeforeTheHandshakeEnds_letsItEnd() {
        server.drain();
        assertThat(channel.isOpen()).isTrue();

        channel.advanceTimeBy(11, TimeUnit.SECONDS);
        channel.runScheduledPendingTasks();

        assertEndsWith("TLS tls handshake error: handshake timed out after 10000ms");
    }

    @Test
    void cutBeforeTheHandshakeEnds_closes() {
        server.cut(new ResetReason(ResetReason.Kind.LOCAL, "policy"));

        assertThat(channel.isOpen()).isFalse();
        assertThat(told).as("our own doing is no fault").containsExactly("closed");
    }
}
