package dev.ambit.waypoint.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.waypoint.http.ClientConnection;
import dev.ambit.waypoint.http.ClientStream;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.HttpStream;
import dev.ambit.waypoint.http.HttpVersion;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.http.StreamReset;
import dev.ambit.waypoint.proxy.WiredUpstream.HostExchange;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Requests from a caller's codec to a host's codec and back, in all pairs of versions, with a
/// window that is much smaller than the bodies.
class ThroughTest {
    private static final int WINDOW = 8 << 10;
    private static final String PAIRS =
            """
            HTTP_1_1, HTTP_1_1
            HTTP_1_1, HTTP_2
            HTTP_2, HTTP_1_1
            HTTP_2, HTTP_2
            """;

    private final StoryLab lab = new StoryLab();
    private @Nullable WiredUpstream upstream;
    private @Nullable ClientConnection client;
    private @Nullable Wire callerWire;

    /// What a caller gets.
    private static final class Answer implements ClientStream.Inlet {
        private @Nullable ClientStream asked;
        final List<Integer> interim = new ArrayList<>();
        @Nullable ResponseHead head;
        final StringBuilder body = new StringBuilder();
        @Nullable Headers trailers;
        @Nullable StreamReset reset;
        int taken;

        ClientStream stream() {
            return Objects.requireNonNull(asked);
        }

        ResponseHead head() {
            return Objects.requireNonNull(head, "no response yet");
        }

        Headers trailers() {
            return Objects.requireNonNull(trailers, "no end yet");
        }

        @Override
        public void onInformational(ResponseHead response) {
            interim.add(response.status());
        }

        @Override
        public void onHead(ResponseHead response, boolean bodyFollows) {
            head = response;
        }

        @Override
        public void onData(ByteBuf bytes) {
            int size = bytes.readableBytes();
            body.append(bytes.toString(StandardCharsets.ISO_8859_1));
            bytes.release();
            stream().grant(size);
        }

        @Override
        public void onBurstEnd() {}

        @Override
        public void onEnd(Headers last) {
            trailers = last;
        }

        @Override
        public void onReset(StreamReset reason) {
            reset = reason;
        }

        @Override
        public void onTaken(int bytes) {
            taken += bytes;
        }
    }

    /// A host that answers with what it was sent, once that has ended.
    private static final class Echo implements HttpStream.Inlet {
        private final HostExchange exchange;
        private final StringBuilder body = new StringBuilder();

        Echo(HostExchange exchange) {
            this.exchange = exchange;
        }

        @Override
        public void onData(ByteBuf bytes) {
            int size = bytes.readableBytes();
            body.append(bytes.toString(StandardCharsets.ISO_8859_1));
            bytes.release();
            exchange.stream().grant(size);
        }

        @Override
        public void onBurstEnd() {}

        @Override
        public void onEnd(Headers trailers) {
            var headers = new Headers();
            headers.add("method", exchange.head().method());
            headers.add("path", exchange.head().path());
            var stream = exchange.stream();
            if (body.isEmpty()) {
                stream.respond(new ResponseHead(204, headers), false);
                stream.end(new Headers());
            } else {
                stream.respond(new ResponseHead(200, headers), true);
                stream.writeData(text(body.toString()));
                stream.end(trailers.copy());
            }
            stream.flush();
        }

        @Override
        public void onReset(StreamReset reason) {}

        @Override
        public void onTaken(int bytes) {}
    }

    private static ByteBuf text(String text) {
        return Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1);
    }

    private void connect(
            HttpVersion down, HttpVersion up, Function<HostExchange, HttpStream.Inlet> app) {
        var hosts = new WiredUpstream(lab.loop, up, WINDOW, app);
        upstream = hosts;
        var wire = new Wire(lab.loop, WINDOW);
        callerWire = wire;
        lab.publish();
        HttpConnection.begin(
                new Worker(
                        lab.loop,
                        () -> lab.model,
                        _ -> hosts,
                        lab.worker.limits(),
                        lab.worker.nanoTime(),
                        lab.worker.micros(),
                        lab.worker.random(),
                        lab.worker.ids(),
                        lab.worker.date(),
                        lab.worker.live()),
                TestCodecs::server,
                StoryLab.connectionInfo(),
                lab.chain(),
                lab.model,
                down,
                wire.other);
        client = TestCodecs.client(down, wire.one, new NoOwner());
        run();
    }

    private Wire wire() {
        return Objects.requireNonNull(callerWire);
    }

    private void run() {
        lab.pass(java.time.Duration.ZERO);
    }

    private Answer ask(RequestHead head, boolean bodyFollows) {
        var answer = new Answer();
        answer.asked = Objects.requireNonNull(client).send(head, bodyFollows, answer);
        answer.stream().flush();
        run();
        return answer;
    }

    @ParameterizedTest
    @CsvSource(textBlock = PAIRS)
    void request_withoutBody_goesThrough(HttpVersion down, HttpVersion up) {
        connect(down, up, Echo::new);
        var answer = ask(StoryLab.request(down, "GET", "/a?b"), false);
        assertThat(answer.head().status()).isEqualTo(204);
        assertThat(answer.head().headers().get("path")).isEqualTo("/a?b");
        assertThat(answer.trailers).isNotNull();
        assertThat(Objects.requireNonNull(upstream).exchanges.getFirst().bodyFollows()).isFalse();
        assertThat(lab.ended).hasSize(1);
        var second = ask(StoryLab.request(down, "HEAD", "/c"), false);
        assertThat(second.head().status()).isEqualTo(204);
        assertThat(lab.ended).hasSize(2);
    }

    @ParameterizedTest
    @CsvSource({"HTTP_1_1", "HTTP_2"})
    void answer_ofThisSide_isToldOnce(HttpVersion down) {
        lab.routes.add(
                "/no",
                new dev.ambit.waypoint.route.RouteAction.Direct(
                        403, java.util.Optional.of("RBAC: access denied")));
        connect(down, HttpVersion.HTTP_1_1, Echo::new);
        for (int asked = 1; asked <= 2; asked++) {
            var answer = ask(StoryLab.request(down, "GET", "/no"), false);
            assertThat(answer.head().status()).isEqualTo(403);
            assertThat(answer.body).hasToString("RBAC: access denied");
            assertThat(lab.ended).hasSize(asked);
        }
    }

    @ParameterizedTest
    @CsvSource(textBlock = PAIRS)
    void bodies_andTrailers_goThrough(HttpVersion down, HttpVersion up) {
        connect(down, up, Echo::new);
        var answer = ask(StoryLab.request(down, "POST", "/up", "te", "trailers"), true);
        var all = "0123456789abcdef".repeat(8_000);
        for (int at = 0; at < all.length(); at += 10_000) {
            answer.stream().writeData(text(all.substring(at, Math.min(all.length(), at + 10_000))));
            answer.stream().flush();
            run();
        }
        answer.stream().end(new Headers().add("sum", "42"));
        answer.stream().flush();
        run();
        assertThat(answer.head().status()).isEqualTo(200);
        assertThat(answer.body).hasToString(all);
        assertThat(answer.trailers().get("sum")).isEqualTo("42");
        assertThat(answer.taken).isEqualTo(all.length());
        assertThat(lab.info().bytesReceived).isEqualTo(all.length());
        assertThat(lab.info().bytesSent).isEqualTo(all.length());
        assertThat(lab.info().wireBytesSent).isGreaterThan(all.length());
    }

    @ParameterizedTest
    @CsvSource(textBlock = PAIRS)
    void caller_thatDoesNotRead_holdsTheHostBack(HttpVersion down, HttpVersion up) {
        var sent = new ArrayList<HostExchange>();
        var taken = new int[1];
        connect(
                down,
                up,
                exchange -> {
                    sent.add(exchange);
                    return new Counting(taken);
                });
        var answer = ask(StoryLab.request(down, "GET", "/big"), false);
        var host = sent.getFirst().stream();
        host.respond(new ResponseHead(200, new Headers()), true);
        wire().one.stopped = true;
        var chunk = "x".repeat(10_000);
        for (int i = 0; i < 400; i++) {
            host.writeData(text(chunk));
            host.flush();
            run();
        }
        assertThat(taken[0]).isLessThan(3_000_000);
        assertThat(answer.body).isEmpty();
        wire().one.stopped = false;
        wire().one.grant(0);
        host.end(new Headers());
        host.flush();
        run();
        assertThat(answer.body).hasSize(4_000_000);
        assertThat(lab.ended).hasSize(1);
    }

    /// Counts what a host's response has got rid of.
    private record Counting(int[] taken) implements HttpStream.Inlet {
        @Override
        public void onData(ByteBuf bytes) {
            bytes.release();
        }

        @Override
        public void onBurstEnd() {}

        @Override
        public void onEnd(Headers trailers) {}

        @Override
        public void onReset(StreamReset reason) {}

        @Override
        public void onTaken(int bytes) {
            taken[0] += bytes;
        }
    }

    @ParameterizedTest
    @CsvSource(textBlock = PAIRS)
    void upgrade_goesThrough(HttpVersion down, HttpVersion up) {
        var hosts = new ArrayList<HostExchange>();
        var heard = new StringBuilder();
        connect(
                down,
                up,
                exchange -> {
                    hosts.add(exchange);
                    exchange.stream()
                            .respond(
                                    new ResponseHead(
                                            101, new Headers().add("upgrade", "websocket")),
                                    true);
                    exchange.stream().flush();
                    return new Hearing(exchange, heard);
                });
        var head = StoryLab.request(down, "GET", "/ws");
        head.upgrade("websocket");
        var answer = ask(head, true);
        assertThat(answer.head().status()).isEqualTo(101);
        answer.stream().writeData(text("ping"));
        answer.stream().flush();
        run();
        assertThat(heard).hasToString("ping");
        var host = hosts.getFirst().stream();
        host.writeData(text("pong"));
        host.flush();
        run();
        assertThat(answer.body).hasToString("pong");
        host.end(new Headers());
        host.flush();
        run();
        assertThat(answer.trailers).isNotNull();
        assertThat(lab.ended).hasSize(1);
    }

    private record Hearing(HostExchange exchange, StringBuilder heard) implements HttpStream.Inlet {
        @Override
        public void onData(ByteBuf bytes) {
            heard.append(bytes.toString(StandardCharsets.ISO_8859_1));
            exchange.stream().grant(bytes.readableBytes());
            bytes.release();
        }

        @Override
        public void onBurstEnd() {}

        @Override
        public void onEnd(Headers trailers) {}

        @Override
        public void onReset(StreamReset reason) {}

        @Override
        public void onTaken(int bytes) {}
    }

    @ParameterizedTest
    @CsvSource(textBlock = PAIRS)
    void host_thatResets_beforeAndAfterItsHead(HttpVersion down, HttpVersion up) {
        connect(
                down,
                up,
                exchange -> {
                    if (exchange.number() == 1) {
                        exchange.stream().respond(new ResponseHead(200, new Headers()), true);
                        exchange.stream().writeData(text("part"));
                        exchange.stream().flush();
                    }
                    lab.loop.execute(() ->
                            exchange.stream()
                                    .reset(new StreamReset(StreamReset.Kind.LOCAL, "test")));
                    return new Counting(new int[1]);
                });
        var first = ask(StoryLab.request(down, "GET", "/"), false);
        assertThat(first.head().status()).isEqualTo(503);
        assertThat(lab.flags()).isEqualTo(up == HttpVersion.HTTP_2 ? "UR" : "UC");
        var second = ask(StoryLab.request(down, "GET", "/"), false);
        assertThat(second.reset).isNotNull();
        assertThat(lab.ended).hasSize(2);
        assertThat(lab.info().responseCodeDetails)
                .startsWith("upstream_reset_after_response_started{");
    }

    @ParameterizedTest
    @CsvSource(textBlock = PAIRS)
    void caller_thatResets_isToldToTheHost(HttpVersion down, HttpVersion up) {
        var resets = new ArrayList<StreamReset>();
        connect(
                down,
                up,
                exchange ->
                        new HttpStream.Inlet() {
                            @Override
                            public void onData(ByteBuf bytes) {
                                bytes.release();
                            }

                            @Override
                            public void onBurstEnd() {}

                            @Override
                            public void onEnd(Headers trailers) {}

                            @Override
                            public void onReset(StreamReset reason) {
                                resets.add(reason);
                            }

                            @Override
                            public void onTaken(int bytes) {}
                        });
        var answer = ask(StoryLab.request(down, "GET", "/"), false);
        answer.stream().reset(new StreamReset(StreamReset.Kind.LOCAL, "enough"));
        run();
        assertThat(resets).hasSize(1);
        assertThat(lab.flags()).isEqualTo(down == HttpVersion.HTTP_2 ? "DR" : "DC");
    }

    /// Nobody who pools.
    private static final class NoOwner implements ClientConnection.Owner {
        @Override
        public void onRoom(ClientConnection connection) {}

        @Override
        public void onDraining(ClientConnection connection) {}

        @Override
        public void onClosed(ClientConnection connection, StreamReset reason) {}
    }
}
