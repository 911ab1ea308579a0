package dev.ambit.waypoint.pool;

import dev.ambit.hbone.Duplex;
import dev.ambit.hbone.HboneLimits;
import dev.ambit.hbone.ResetReason;
import dev.ambit.waypoint.http.ClientConnection;
import dev.ambit.waypoint.http.ClientStream;
import dev.ambit.waypoint.http.HttpVersion;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.http.StreamReset;
import dev.ambit.waypoint.stage.Permit;
import dev.ambit.waypoint.upstream.Upstream;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A loop with frozen time, sockets that are answered by hand, and connections that hold exchanges.
final class PoolLab {
    static final InetSocketAddress HOST = new InetSocketAddress("10.0.0.1", 8080);
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);

    private final EmbeddedChannel clock = new EmbeddedChannel();
    final List<Consumer<DirectSockets.Connected>> dials = new ArrayList<>();
    final List<Connection> connections = new ArrayList<>();
    final CountingBreakers breakers = new CountingBreakers();
    final LoopPools pools;
    private long now;

    PoolLab(PoolLimits limits) {
        clock.freezeTime();
        pools =
                LoopPools.of(
                        loop(),
                        new Sockets(),
                        new NoTunnels(),
                        (_, _) -> new TlsClients.Handler.Unavailable("no TLS here"),
                        (version, _, _, owner) -> {
                            var connection = new Connection(version, owner);
                            connections.add(connection);
                            return connection;
                        },
                        limits,
                        HboneLimits.defaults(),
                        () -> now);
    }

    EventLoop loop() {
        return clock.eventLoop();
    }

    void pass(Duration time) {
        now += time.toNanos();
        clock.advanceTimeBy(time.toNanos(), TimeUnit.NANOSECONDS);
        clock.runScheduledPendingTasks();
    }

    static PoolKey key(HttpVersion version, HttpClientConfig http) {
        return new PoolKey(
                "outbound|80||a",
                new Target.Direct(List.of(HOST)),
                new TransportConfig(
                        Optional.empty(),
                        Optional.empty(),
                        CONNECT_TIMEOUT,
                        Optional.empty(),
                        http),
                version,
                "",
                null,
                null);
    }

    static HttpClientConfig http(Duration idle, Duration life, long requests) {
        return new HttpClientConfig(
                HttpClientConfig.Version.HTTP_1,
                idle,
                life,
                requests,
                2,
                0,
                0,
                Duration.ZERO,
                Duration.ZERO,
                false,
                100);
    }

    Asked ask(PoolKey key) {
        var asked = new Asked();
        asked.cancel = pools.request(key, breakers, Permit.forService(), asked);
        return asked;
    }

    void answerDial() {
        dials.removeFirst()
                .accept(new DirectSockets.Connected.Ready(new Bytes(loop()), "10.0.0.9:40000"));
    }

    void failDial(String why) {
        dials.removeFirst().accept(new DirectSockets.Connected.Failed(false, why));
    }

    /// Who asked, and what it got.
    static final class Asked implements HostPools.HttpListener {
        @Nullable Connection got;
        Upstream.@Nullable ConnectionFacts facts;
        HostPools.@Nullable PoolFailure failure;
        Upstream.Cancel cancel = () -> {};

        @Override
        public void onReady(ClientConnection connection, Upstream.ConnectionFacts how) {
            got = (Connection) connection;
            got.begin();
            facts = how;
        }

        @Override
        public void onFailed(HostPools.PoolFailure why) {
            failure = why;
        }
    }

    /// Holds as many exchanges as its version can.
    static final class Connection implements ClientConnection {
        private final HttpVersion version;
        private final Owner owner;
        private int active;
        boolean draining;
        boolean closed;

        Connection(HttpVersion version, Owner owner) {
            this.version = version;
            this.owner = owner;
        }

        private int most() {
            return version.multiplexes() ? 2 : 1;
        }

        void begin() {
            active++;
        }

        void end() {
            active--;
            owner.onRoom(this);
            if (draining && active == 0) {
                lose();
            }
        }

        void lose() {
            closed = true;
            owner.onClosed(this, new StreamReset(StreamReset.Kind.CONNECTION_LOST, "lost"));
        }

        @Override
        public HttpVersion version() {
            return version;
        }

        @Override
        public int room() {
            return draining || closed ? 0 : most() - active;
        }

        @Override
        public int active() {
            return active;
        }

        @Override
        public ClientStream send(RequestHead head, boolean bodyFollows, ClientStream.Inlet inlet) {
            throw new AssertionError("nothing is sent here");
        }

        @Override
        public void drain() {
            draining = true;
            if (active == 0) {
                lose();
            }
        }

        @Override
        public void close(StreamReset reason) {
            lose();
        }
    }

    /// Counts, and refuses where a test says so.
    static final class CountingBreakers implements Breakers {
        int open;
        int pending;
        int mostOpen = Integer.MAX_VALUE;
        int mostPending = Integer.MAX_VALUE;

        @Override
        public boolean tryConnection() {
            return open < mostOpen;
        }

        @Override
        public void connectionOpened() {
            open++;
        }

        @Override
        public void connectionClosed() {
            open--;
        }

        @Override
        public boolean tryPending() {
            if (pending >= mostPending) {
                return false;
            }
            pending++;
            return true;
        }

        @Override
        public void pendingDone() {
            pending--;
        }
    }

    private final class Sockets implements DirectSockets {
        @Override
        public void connect(
                InetSocketAddress to,
                Optional<TransportConfig.TcpKeepAlive> keepAlive,
                Duration timeout,
                EventLoop loop,
                Consumer<Connected> whenDone) {
            dials.add(whenDone);
        }

        @Override
        public void channel(
                InetSocketAddress to,
                Duration timeout,
                EventLoop loop,
                Consumer<Channelled> whenDone) {
            throw new AssertionError("no tunnels here");
        }
    }

    private static final class NoTunnels implements Tunnels {
        @Override
        public void open(Target.Tunnel target, Consumer<Opened> whenDone) {
            whenDone.accept(new Opened.Failed(false, "no tunnels here"));
        }

        @Override
        public void open(Target.GatewayTunnel target, Consumer<Opened> whenDone) {
            whenDone.accept(new Opened.Failed(false, "no tunnels here"));
        }

        @Override
        public void retire() {
            throw new AssertionError("no tunnels here");
        }
    }

    /// Bytes that nobody sends.
    static final class Bytes implements Duplex {
        private final EventLoop loop;
        @Nullable ResetReason reset;

        Bytes(EventLoop loop) {
            this.loop = loop;
        }

        @Override
        public EventLoop loop() {
            return loop;
        }

        @Override
        public void attach(Inlet inlet) {}

        @Override
        public void write(ByteBuf bytes) {
            bytes.release();
        }

        @Override
        public void flush() {}

        @Override
        public void endOutput() {}

        @Override
        public void reset(ResetReason reason) {
            reset = reason;
        }

        @Override
        public void grant(int bytes) {}
    }
}
