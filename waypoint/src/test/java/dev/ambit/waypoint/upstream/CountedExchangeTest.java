package dev.ambit.waypoint.upstream;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.waypoint.http.ClientConnection;
import dev.ambit.waypoint.http.ClientStream;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.HttpVersion;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.http.StreamReset;
import dev.ambit.waypoint.pool.HostPools.PoolFailure;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class CountedExchangeTest {
    private static final StreamReset RESET = new StreamReset(StreamReset.Kind.LOCAL, "test");
    private final ManualControl control = new ManualControl();
    private final CircuitBreakers breakers =
            new CircuitBreakers(new BreakerConfig(9, 9, 1, 9, Optional.empty(), false), control);
    private final Host host = new Host(Samples.endpoint("10.0.0.1"), breakers, Samples.PLAIN, 1);
    private final List<String> events = new ArrayList<>();
    private final Connection connection = new Connection();

    /// A connection in memory: tells what came, and gives what a test says.
    private final class Connection implements ClientConnection, ClientStream {
        private ClientStream.@Nullable Inlet inlet;

        ClientStream.Inlet inlet() {
            return requireNonNull(inlet);
        }

        @Override
        public HttpVersion version() {
            return HttpVersion.HTTP_1_1;
        }

        @Override
        public int room() {
            return 1;
        }

        @Override
        public int active() {
            return 0;
        }

        @Override
        public ClientStream send(RequestHead head, boolean bodyFollows, ClientStream.Inlet to) {
            events.add("send");
            inlet = to;
            return this;
        }

        @Override
        public void drain() {
            events.add("drain");
        }

        @Override
        public void close(StreamReset reason) {
            events.add("close");
        }

        @Override
        public EventLoop loop() {
            throw new UnsupportedOperationException("no loop in this test");
        }

        @Override
        public void writeData(ByteBuf bytes) {
            events.add("data");
            bytes.release();
        }

        @Override
        public void end(Headers trailers) {
            events.add("end");
        }

        @Override
        public void flush() {
            events.add("flush");
        }

        @Override
        public void reset(StreamReset reason) {
            events.add("reset");
        }

        @Override
        public void grant(int bytes) {
            events.add("grant " + bytes);
        }

        @Override
        public long wireBytesSent() {
            return 11;
        }

        @Override
        public long wireBytesReceived() {
            return 22;
        }
    }

    /// The caller, which keeps what it got.
    private final class Caller implements Upstream.RequestListener, ClientStream.Inlet {
        private final boolean send;
        private final boolean body;
        private @Nullable ClientStream stream;

        Caller(boolean send, boolean body) {
            this.send = send;
            this.body = body;
        }

        ClientStream stream() {
            return requireNonNull(stream);
        }

        @Override
        public void onReady(
                UpstreamHost chosen, ClientConnection to, Upstream.ConnectionFacts facts) {
            assertThat(chosen).isSameAs(host);
            assertThat(to.room()).isEqualTo(1);
            if (send) {
                stream =
                        to.send(
                                new RequestHead(
                                        HttpVersion.HTTP_1_1,
                                        "GET",
                                        "http",
                                        "a",
                                        "/",
                                        new Headers(),
                                        null),
                                body,
                                this);
                assertThat(to.room()).isZero();
            }
        }

        @Override
        public void onFailed(UpstreamFailure failure) {
            events.add("failed " + failure.kind() + " " + failure.detail());
        }

        @Override
        public void onInformational(ResponseHead head) {
            events.add("1xx");
        }

        @Override
        public void onHead(ResponseHead head, boolean bodyFollows) {
            events.add("head");
        }

        @Override
        public void onData(ByteBuf bytes) {
            bytes.release();
        }

        @Override
        public void onBurstEnd() {}

        @Override
        public void onEnd(Headers trailers) {
            events.add("ended");
        }

        @Override
        public void onReset(StreamReset reason) {
            events.add("was reset");
        }

        @Override
        public void onTaken(int bytes) {
            events.add("taken " + bytes);
        }
    }

    private Caller ready(boolean send, boolean body) {
        var caller = new Caller(send, body);
        new CountedExchange(host, caller).onReady(connection, new Upstream.ConnectionFacts("", 0));
        return caller;
    }

    private void counts(int active) {
        assertThat(host.activeRequests()).isEqualTo(active);
        assertThat(breakers.status().requests()).isEqualTo(active);
    }

    @Test
    void exchange_withoutBody_countsUntilTheResponseEnds() {
        ready(true, false);
        counts(1);
        connection.inlet().onHead(new ResponseHead(200, new Headers()), true);
        counts(1);
        connection.inlet().onEnd(new Headers());
        counts(0);
        assertThat(events).containsExactly("send", "head", "ended");
        assertThat(host.requests.sum()).isEqualTo(1);
    }

    @Test
    void exchange_withBody_countsUntilBothSidesEnded() {
        var caller = ready(true, true);
        connection.inlet().onEnd(new Headers());
        counts(1);
        caller.stream().end(new Headers());
        counts(0);
        caller.stream().reset(RESET);
        counts(0);
    }

    @Test
    void exchange_reset_countsNoMore_whoeverDidIt() {
        ready(true, true).stream().reset(RESET);
        counts(0);
        ready(true, true);
        connection.inlet().onReset(RESET);
        counts(0);
        connection.inlet().onReset(RESET);
        counts(0);
    }

    @Test
    void exchange_notSent_countsNothing() {
        ready(false, false);
        counts(0);
    }

    @Test
    void tooManyRequests_failTheNext_withoutSendingIt() {
        ready(true, true);
        ready(true, true);
        counts(1);
        assertThat(events).containsExactly("send", "failed OVERFLOW overflow");
    }

    @Test
    void poolFailures_areToldAndCounted() {
        var exchange = new CountedExchange(host, new Caller(true, true));
        exchange.onFailed(new PoolFailure(PoolFailure.Kind.CONNECT_FAILED, "refused"));
        exchange.onFailed(new PoolFailure(PoolFailure.Kind.CONNECT_TIMEOUT, "late"));
        exchange.onFailed(new PoolFailure(PoolFailure.Kind.OVERFLOW, "many"));
        exchange.onFailed(new PoolFailure(PoolFailure.Kind.CLOSED, "closed"));
        assertThat(events)
                .containsExactly(
                        "failed CONNECT_FAILED refused",
                        "failed CONNECT_TIMEOUT late",
                        "failed OVERFLOW many",
                        "failed CONNECT_FAILED closed");
        assertThat(host.connectFailures.sum()).isEqualTo(3);
    }

    @Test
    void everythingElse_passesThrough() {
        var caller = ready(true, true);
        var stream = caller.stream();
        stream.flush();
        stream.grant(7);
        assertThat(stream.wireBytesSent()).isEqualTo(11);
        assertThat(stream.wireBytesReceived()).isEqualTo(22);
        connection.inlet().onInformational(new ResponseHead(103, new Headers()));
        connection.inlet().onTaken(5);
        assertThat(events).containsExactly("send", "flush", "grant 7", "1xx", "taken 5");
    }
}
