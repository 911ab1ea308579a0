package dev.ambit.waypoint.http2;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.waypoint.http.ClientConnection;
import dev.ambit.waypoint.http.ClientStream;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.HttpStream;
import dev.ambit.waypoint.http.HttpVersion;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.http.ServerConnection;
import dev.ambit.waypoint.http.ServerStream;
import dev.ambit.waypoint.http.StreamReset;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import org.jspecify.annotations.Nullable;

/// Our client against our server: bodies both ways, through windows of any size, cut anywhere.
class StreamingTest {
    private static final StreamReset GIVEN_UP = new StreamReset(StreamReset.Kind.LOCAL, "test");

    /// One end of an exchange: sends `toSend` bytes by credit of its own, takes what comes.
    private static final class Party implements ClientStream.Inlet {
        private static final int AHEAD = 3_000;
        private final Random random;
        private final int toSend;
        private final int seed;
        private int sent;
        private int taken;
        private int received;
        private int ungranted;
        private boolean wrong;
        boolean ended;
        @Nullable Headers trailers;
        @Nullable StreamReset reset;
        @Nullable HttpStream stream;

        Party(Random random, int toSend, int seed) {
            this.random = random;
            this.toSend = toSend;
            this.seed = seed;
        }

        void on(HttpStream to) {
            stream = to;
        }

        void send() {
            var to = stream;
            if (to == null || reset != null || sent > toSend) {
                return;
            }
            while (sent < toSend && sent - taken < AHEAD) {
                int length = Math.min(1 + random.nextInt(9_000), toSend - sent);
                var bytes = ByteBufAllocator.DEFAULT.directBuffer(length + 9).setIndex(9, 9);
                for (int i = 0; i < length; i++) {
                    bytes.writeByte(octet(sent + i, seed));
                }
                sent += length;
                to.writeData(bytes);
            }
            if (sent == toSend) {
                sent++;
                to.end(seed % 2 == 0 ? new Headers() : new Headers().add("sum", "" + toSend));
            }
            to.flush();
        }

        static int octet(int at, int seed) {
            return (at * 31 + seed) & 0xff;
        }

        @Override
        public void onInformational(ResponseHead head) {}

        @Override
        public void onHead(ResponseHead head, boolean bodyFollows) {}

        @Override
        public void onData(ByteBuf bytes) {
            while (bytes.isReadable()) {
                wrong |= (bytes.readByte() & 0xff) != octet(received++, seed ^ 1);
                ungranted++;
            }
            bytes.release();
        }

        @Override
        public void onBurstEnd() {
            // Sometimes nothing is granted now, and all of it later.
            if (random.nextInt(3) > 0) {
                grant();
            }
        }

        void grant() {
            int all = ungranted;
            ungranted = 0;
            if (all > 0 && stream != null) {
                stream.grant(all);
            }
        }

        @Override
        public void onEnd(Headers fields) {
            assertThat(ended).isFalse();
            ended = true;
            trailers = fields;
        }

        @Override
        public void onReset(StreamReset reason) {
            reset = reason;
        }

        @Override
        public void onTaken(int bytes) {
            taken += bytes;
            send();
        }
    }

    private final EmbeddedChannel clock = new EmbeddedChannel();
    private final List<Party> clients = new ArrayList<>();
    private final List<Party> servers = new ArrayList<>();
    private final List<StreamReset> reasons = new ArrayList<>();
    private boolean serverClosed;

    @Tag("fuzz")
    @Property(tries = 12)
    void bodies_comeThroughWholeAndInOrder(@ForAll long seed) {
        new StreamingTest().exchange(new Random(seed));
    }

    private void exchange(Random random) {
        int streams = 1 + random.nextInt(12);
        var pipe = PipeEnd.pair(clock, random, 50 + random.nextInt(20_000));
        var limits = Http2Limits.defaults();
        var server =
                Http2ServerConnection.over(pipe[1], options(random), limits, answering(random));
        var client = Http2ClientConnection.over(pipe[0], options(random), limits, owner());
        if (random.nextInt(3) > 0) {
            clock.runPendingTasks(); // Else requests are under way before SETTINGS are.
        }
        for (int i = 0; i < streams; i++) {
            var party = new Party(random, random.nextInt(8_000), 2 * i);
            clients.add(party);
            var head =
                    new RequestHead(
                            HttpVersion.HTTP_2,
                            "POST",
                            "http",
                            "a",
                            "/" + i,
                            new Headers().add("x", "y" + random.nextInt(3)),
                            null);
            party.on(client.send(head, true, party));
            party.send();
        }
        int given = random.nextInt(2 * streams);
        run(given);
        for (int i = 0; i < streams; i++) {
            if (i != given) {
                check(clients.get(i), i);
            }
        }
        assertThat(client.active()).isZero();
        assertThat(server.active()).isZero();
        client.drain();
        clock.runPendingTasks();
        assertThat(serverClosed).isTrue();
        assertThat(pipe[0].outstanding).isZero();
        assertThat(pipe[1].outstanding).isZero();
        clock.finishAndReleaseAll();
    }

    /// @param given the exchange that its client gives up somewhere on the way
    private void run(int given) {
        for (int turn = 0; turn < 100_000 && (turn < 3 || !allEnded(given)); turn++) {
            clock.runPendingTasks();
            clients.forEach(Party::grant);
            servers.forEach(Party::grant);
            if (turn == 2 && given < clients.size()) {
                var stream = clients.get(given).stream;
                if (stream != null) {
                    stream.reset(GIVEN_UP);
                }
            }
        }
        clock.runPendingTasks();
    }

    private boolean allEnded(int given) {
        for (int i = 0; i < clients.size(); i++) {
            if (i != given && !clients.get(i).ended) {
                return false;
            }
        }
        return servers.stream().allMatch(party -> party.ended || party.reset != null);
    }

    private void check(Party client, int index) {
        var server = servers.get(index);
        for (var party : List.of(client, server)) {
            assertThat(party.reset).as("%s", reasons).isNull();
            assertThat(party.wrong).isFalse();
            assertThat(party.taken).isEqualTo(party.toSend);
        }
        assertThat(client.received).isEqualTo(server.toSend);
        assertThat(server.received).isEqualTo(client.toSend);
        assertThat(client.trailers).hasToString("sum: " + server.toSend + "\n");
        assertThat(server.trailers).hasToString("");
    }

    private static Http2Options options(Random random) {
        return TestOptions.windows(
                400 + random.nextInt(random.nextBoolean() ? 500 : 50_000), 65_535);
    }

    private ServerConnection.Handler answering(Random random) {
        return new ServerConnection.Handler() {
            @Override
            public HttpStream.Inlet onRequest(ServerStream stream, RequestHead head, boolean body) {
                int index = Integer.parseInt(head.path().substring(1));
                var party = new Party(random, random.nextInt(8_000), 2 * index + 1);
                servers.add(party);
                party.on(stream);
                stream.respond(new ResponseHead(200, new Headers()), true);
                party.send();
                return party;
            }

            @Override
            public void onRejected(ServerConnection.Rejected rejected) {
                throw new AssertionError(rejected);
            }

            @Override
            public void onClosed() {
                serverClosed = true;
            }
        };
    }

    private ClientConnection.Owner owner() {
        return new ClientConnection.Owner() {
            @Override
            public void onRoom(ClientConnection connection) {}

            @Override
            public void onDraining(ClientConnection connection) {}

            @Override
            public void onClosed(ClientConnection connection, StreamReset reason) {
                reasons.add(reason);
            }
        };
    }
}
