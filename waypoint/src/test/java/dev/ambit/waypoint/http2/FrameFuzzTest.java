package dev.ambit.waypoint.http2;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.hbone.frames.Http2;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.HttpVersion;
import dev.ambit.waypoint.http.RequestHead;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;

/// Whatever strangers send, a connection goes on or ends with a GOAWAY; nothing is thrown, and all
/// credit is returned.
class FrameFuzzTest {
    @Tag("fuzz")
    @Property(tries = 400)
    void anyBytesToAServer_areAnsweredOrEndIt(@ForAll long seed) {
        var random = new Random(seed);
        var server =
                new TestServer(random.nextBoolean() ? TestOptions.connect() : TestOptions.strict());
        server.open();
        server.duplex.stuck = random.nextInt(5) == 0;
        for (int i = 0; i < 30; i++) {
            server.answers = random.nextBoolean();
            deliver(server.duplex, random, damaged(random, any(random)));
        }
        server.duplex.unstick();
        boolean told = server.sent().stream().anyMatch(frame -> frame.startsWith("GOAWAY"));
        assertThat(told).isEqualTo(server.closed);
        assertThat(server.duplex.outstanding).isZero();
        server.close();
        assertThat(server.connection.active()).isZero();
        assertThat(server.closed).isTrue();
    }

    @Tag("fuzz")
    @Property(tries = 400)
    void anyBytesToAClient_areTakenOrEndIt(@ForAll long seed) {
        var random = new Random(seed);
        var client = new TestClient(TestOptions.windows(500, 65_535));
        client.open();
        for (int i = 0; i < 30; i++) {
            if (client.connection.room() > 0 && random.nextBoolean()) {
                client.send(
                        new RequestHead(
                                HttpVersion.HTTP_2,
                                "GET",
                                "http",
                                "a",
                                "/",
                                new Headers(),
                                random.nextInt(5) == 0 ? "websocket" : null),
                        random.nextBoolean());
            }
            deliver(client.duplex, random, damaged(random, any(random)));
        }
        assertThat(client.duplex.outstanding).isZero();
        client.close();
        assertThat(client.connection.active()).isZero();
        assertThat(client.closed).hasSize(1);
    }

    private static void deliver(MemoryDuplex duplex, Random random, ByteBuf bytes) {
        while (bytes.isReadable()) {
            int length = 1 + random.nextInt(bytes.readableBytes());
            duplex.receive(bytes.readBytes(length));
        }
        bytes.release();
    }

    private static ByteBuf any(Random random) {
        int stream = random.nextInt(12);
        boolean end = random.nextBoolean();
        return switch (random.nextInt(12)) {
            case 0, 1 -> H2.get(stream | 1);
            case 2 -> H2.post(stream | 1, "content-length", "" + random.nextInt(20));
            case 3, 4 -> H2.data(stream | 1, end, "x".repeat(random.nextInt(300)));
            case 5 -> H2.headers(stream | 1, end, ":status", random.nextBoolean() ? "200" : "100");
            case 6 -> H2.headers(stream | 1, end, "x", "y");
            case 7 -> H2.number(Http2.RST_STREAM, stream | 1, random.nextInt(14));
            case 8 -> H2.number(Http2.WINDOW_UPDATE, stream, random.nextInt(4) * (1 << 29));
            case 9 -> H2.setting(random.nextInt(10), random.nextInt());
            case 10 -> H2.frame(Http2.PING, random.nextInt(2), 0, new int[8]);
            default -> noise(random);
        };
    }

    private static ByteBuf noise(Random random) {
        var payload = new byte[random.nextInt(60)];
        random.nextBytes(payload);
        return H2.frame(
                random.nextInt(12),
                List.of(0, 1, 4, 5, 8, 9, 0xc, 0x2d).get(random.nextInt(8)),
                random.nextInt(8),
                Unpooled.wrappedBuffer(payload));
    }

    private static ByteBuf damaged(Random random, ByteBuf frame) {
        for (int i = random.nextInt(4) - 2; i > 0; i--) {
            frame.setByte(random.nextInt(frame.readableBytes()), random.nextInt(256));
        }
        return frame;
    }
}
