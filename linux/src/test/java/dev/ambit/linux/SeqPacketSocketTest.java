package dev.ambit.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SeqPacketSocketTest {
    private static final Duration SOON = Duration.ofSeconds(5);

    @TempDir Path dir;
    private SeqPacketListener listener;
    private SeqPacketSocket client;
    private SeqPacketSocket server;

    @BeforeEach
    void connect() throws Exception {
        listener = SeqPacketListener.bind(dir.resolve("sock"));
        client = SeqPacketSocket.connect(dir.resolve("sock"));
        server = listener.accept(SOON).orElseThrow();
    }

    @AfterEach
    void close() throws Exception {
        client.close();
        server.close();
        listener.close();
    }

    @Test
    void packets_keepTheirBounds() throws Exception {
        client.send(new byte[] {1, 2, 3});
        client.send(new byte[] {4});

        assertThat(server.receive(64, SOON).orElseThrow().bytes()).containsExactly(1, 2, 3);
        assertThat(server.receive(64, SOON).orElseThrow().bytes()).containsExactly(4);
    }

    @Test
    void descriptors_arriveAndNameTheSameThing() throws Exception {
        try (var own = NetworkNamespace.current()) {
            server.send(new byte[] {9}, own.fd());

            var packet = client.receive(64, SOON).orElseThrow();

            assertThat(packet.fds()).hasSize(1);
            try (var received = NetworkNamespace.ofFd(packet.fds()[0])) {
                assertThat(received.sameAs(own)).isTrue();
                assertThat(received.fd()).isNotEqualTo(own.fd());
            }
        }
    }

    @Test
    void longPacket_comesTruncatedAndSaysSo() throws Exception {
        client.send(new byte[100]);

        var packet = server.receive(10, SOON).orElseThrow();

        assertThat(packet.truncated()).isTrue();
        assertThat(packet.bytes()).hasSize(10);
    }

    @Test
    void closedPeer_isTheEnd() throws Exception {
        client.close();

        assertThat(server.receive(10, SOON).orElseThrow().isEnd()).isTrue();
    }

    @Test
    void nothingSent_isEmptyAfterTheTimeout() throws Exception {
        assertThat(server.receive(10, Duration.ofMillis(5))).isEmpty();
    }

    @Test
    void nobodyListening_saysSo() {
        assertThatThrownBy(() -> SeqPacketSocket.connect(dir.resolve("other")))
                .isInstanceOf(LinuxException.class)
                .hasMessageContaining("connect")
                .hasMessageContaining("no such file");
    }
}
