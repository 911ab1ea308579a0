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

    /// The number of a closed descriptor is soon another file's: a call under way must not see it.
    @Test
    void closeDuringReceive_endsIt_andItReadsNobodyElses() throws Exception {
        for (int round = 0; round < 50; round++) {
            var reader = SeqPacketSocket.connect(dir.resolve("sock"));
            var peer = listener.accept(SOON).orElseThrow();
            var ended =
                    java.util.concurrent.CompletableFuture.supplyAsync(
                            () -> {
                                try {
                                    return reader.receive(64, SOON)
                                            .map(packet -> packet.bytes().length)
                                            .orElse(-1);
                                } catch (LinuxException closed) {
                                    return 0;
                                }
                            },
                            task -> Thread.ofPlatform().start(task));
            reader.close();
            var next = SeqPacketSocket.connect(dir.resolve("sock"));
            var nextPeer = listener.accept(SOON).orElseThrow();
            nextPeer.send(new byte[] {7, 7, 7});

            assertThat(next.receive(64, SOON).orElseThrow().bytes()).containsExactly(7, 7, 7);
            assertThat(ended.join()).isZero();
            next.close();
            nextPeer.close();
            peer.close();
        }
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
