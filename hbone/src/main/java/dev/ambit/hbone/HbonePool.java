package dev.ambit.hbone;

import dev.ambit.hbone.frames.Http2;
import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// The tunnels that one event loop has open, by key. Everything on that loop: no locks, and a
/// stream lives where its captured connection does.
///
/// A request goes to the least loaded tunnel of its key; where all are full, or none is there, one
/// more is dialled and the request waits, in order and no longer than `poolWait`. Nobody waits
/// behind another key.
///
/// @param <K> what connections must have in common to share a tunnel
/// @param <P> the proof of the peer's identity
public final class HbonePool<K, P> {
    private final EventLoop loop;
    private final HboneLimits limits;
    private final TunnelDialer<K, P> dialer;
    private final TunnelTimings timings;
    private final Map<K, Group> groups = new HashMap<>();
    private boolean closed;

    public HbonePool(EventLoop loop, HboneLimits limits, TunnelDialer<K, P> dialer) {
        this(loop, limits, dialer, TunnelTimings.NONE);
    }

    public HbonePool(
            EventLoop loop, HboneLimits limits, TunnelDialer<K, P> dialer, TunnelTimings timings) {
        this.loop = loop;
        this.limits = limits;
        this.dialer = dialer;
        this.timings = timings;
    }

    /// Asks for a stream. Calls back on the loop, once.
    public void open(K key, ConnectRequest request, Consumer<Opened<P>> whenDone) {
        if (closed) {
            whenDone.accept(failed(HboneFault.Stage.POOL, "pool draining"));
            return;
        }
        groups.computeIfAbsent(key, Group::new).ask(new Ask<>(request, whenDone));
    }

    /// New requests for these keys get new tunnels; the old ones end with their last stream. For a
    /// renewed certificate, or a pod that is gone.
    public void retire(Predicate<K> which) {
        for (var group : List.copyOf(groups.values())) {
            if (which.test(group.key)) {
                List.copyOf(group.tunnels).forEach(tunnel -> tunnel.connection.drain());
            }
        }
    }

    /// Drops these keys' tunnels, streams and all.
    public void cut(Predicate<K> which, ResetReason reason) {
        for (var group : List.copyOf(groups.values())) {
            if (which.test(group.key)) {
                List.copyOf(group.tunnels).forEach(t -> t.connection.closeWith(reason));
            }
        }
    }

    /// Drops the tunnels to these peers, streams and all.
    public void cutPeers(Predicate<P> which, ResetReason reason) {
        for (var group : List.copyOf(groups.values())) {
            for (var tunnel : List.copyOf(group.tunnels)) {
                if (which.test(tunnel.peer)) {
                    tunnel.connection.closeWith(reason);
                }
            }
        }
    }

    /// Retires everything and refuses new requests.
    public void close() {
        closed = true;
        retire(_ -> true);
    }

    public List<TunnelFacts<K>> tunnels() {
        var all = new ArrayList<TunnelFacts<K>>();
        for (var group : groups.values()) {
            for (var tunnel : group.tunnels) {
                all.add(new TunnelFacts<>(group.key, tunnel.connection.streamCount()));
            }
        }
        return all;
    }

    /// @param streams open now
    public record TunnelFacts<K>(K key, int streams) {}

    private static <P> Opened<P> failed(HboneFault.Stage stage, String detail) {
        return new Opened.Failed<>(new HboneFault(stage, detail));
    }

    private record Ask<P>(ConnectRequest request, Consumer<Opened<P>> whenDone, boolean second) {
        Ask(ConnectRequest request, Consumer<Opened<P>> whenDone) {
            this(request, whenDone, false);
        }

        Ask<P> again() {
            return new Ask<>(request, whenDone, true);
        }
    }

    /// @param since when the wait began, in nanoseconds of the loop's clock
    private record Waiting<P>(Ask<P> ask, long since) {}

    /// The tunnels of one key, and who waits for one.
    private final class Group {
        private final K key;
        private final ArrayList<Tunnel> tunnels = new ArrayList<>(1);
        private final ArrayDeque<Waiting<P>> waiting = new ArrayDeque<>();
        private int dialling;
        private boolean waitTimerSet;

        Group(K key) {
            this.key = key;
        }

        void ask(Ask<P> ask) {
            var tunnel = leastLoaded();
            if (tunnel != null) {
                tunnel.connect(ask);
                return;
            }
            if (waiting.size() >= limits.maxWaitingPerKey()) {
                ask.whenDone.accept(
                        failed(
                                HboneFault.Stage.POOL,
                                "over "
                                        + limits.maxWaitingPerKey()
                                        + " connections wait for a tunnel to "
                                        + key));
                return;
            }
            waiting.add(new Waiting<>(ask, loop.ticker().nanoTime()));
            setWaitTimer(limits.poolWait().toNanos());
            dialIfNeeded();
        }

        /// One timer for all who wait: the first of them has waited longest.
        private void setWaitTimer(long nanos) {
            if (!waitTimerSet) {
                waitTimerSet = true;
                loop.schedule(this::endLongWaits, nanos, TimeUnit.NANOSECONDS);
            }
        }

        private void endLongWaits() {
            waitTimerSet = false;
            long most = limits.poolWait().toNanos();
            while (!waiting.isEmpty()) {
                long left = most - (loop.ticker().nanoTime() - waiting.element().since);
                if (left > 0) {
                    setWaitTimer(left);
                    return;
                }
                waiting.remove().ask.whenDone.accept(failed(HboneFault.Stage.POOL, noTunnel()));
            }
            forgetIfEmpty();
        }

        private String noTunnel() {
            return "no tunnel to %s in %d s: %d of at most %d open, each with %d streams, %d dialling"
                    .formatted(
                            key,
                            limits.poolWait().toSeconds(),
                            tunnels.size(),
                            limits.maxTunnelsPerKey(),
                            limits.maxClientStreams(),
                            dialling);
        }

        private @Nullable Tunnel leastLoaded() {
            Tunnel best = null;
            for (int i = 0; i < tunnels.size(); i++) {
                var tunnel = tunnels.get(i);
                if (tunnel.connection.accepts()
                        && (best == null
                                || tunnel.connection.streamCount()
                                        < best.connection.streamCount())) {
                    best = tunnel;
                }
            }
            return best;
        }

        private void dialIfNeeded() {
            int expected = dialling * limits.maxClientStreams();
            if (waiting.size() > expected
                    && usableTunnels() + dialling < limits.maxTunnelsPerKey()) {
                dialling++;
                new TunnelHandshake<>(loop, limits, dialer, key, this::listener, timings)
                        .start(this::dialled);
            }
        }

        private int usableTunnels() {
            return (int) tunnels.stream().filter(t -> t.connection.usable()).count();
        }

        private ClientConnection.Listener listener() {
            return new ClientConnection.Listener() {
                @Override
                public void onCapacity(ClientConnection connection) {
                    serveWaiting();
                    idleCheck(connection);
                }

                @Override
                public void onClosed(ClientConnection connection, ResetReason reason) {
                    tunnels.removeIf(tunnel -> tunnel.connection == connection);
                    if (!waiting.isEmpty()) {
                        dialIfNeeded();
                    }
                    forgetIfEmpty();
                }
            };
        }

        private void dialled(TunnelHandshake.Result<P> result) {
            dialling--;
            switch (result) {
                case TunnelHandshake.Result.Ready<P>(var connection, var peer) -> {
                    tunnels.add(new Tunnel(connection, peer));
                    serveWaiting();
                    idleCheck(connection);
                }
                case TunnelHandshake.Result.Failed<P>(var fault) -> {
                    // Whoever waits for this dial has his answer; the next one to ask dials anew.
                    // A tunnel that only drains will never serve him.
                    if (usableTunnels() == 0 && dialling == 0) {
                        var all = List.copyOf(waiting);
                        waiting.clear();
                        all.forEach(each -> each.ask.whenDone.accept(new Opened.Failed<>(fault)));
                    }
                    forgetIfEmpty();
                }
            }
        }

        private void serveWaiting() {
            while (!waiting.isEmpty()) {
                var tunnel = leastLoaded();
                if (tunnel == null) {
                    dialIfNeeded();
                    return;
                }
                var next = waiting.remove();
                timings.waited(loop.ticker().nanoTime() - next.since);
                tunnel.connect(next.ask);
            }
        }

        /// One timer for each tunnel at most: streams may come and go by the thousand while it
        /// runs.
        private void idleCheck(ClientConnection connection) {
            boolean idle = connection.streamCount() == 0 && !connection.isDead();
            if (idle && !connection.idleTimerSet) {
                setIdleTimer(connection, limits.poolIdle().toNanos());
            }
        }

        private void setIdleTimer(ClientConnection connection, long nanos) {
            connection.idleTimerSet = true;
            loop.schedule(() -> idleTimer(connection), nanos, TimeUnit.NANOSECONDS);
        }

        private void idleTimer(ClientConnection connection) {
            connection.idleTimerSet = false;
            if (connection.streamCount() > 0 || connection.isDead()) {
                return; // The end of its last stream sets the next timer.
            }
            long left = limits.poolIdle().toNanos() - connection.idleFor();
            if (left <= 0) {
                connection.drain();
            } else {
                setIdleTimer(connection, left);
            }
        }

        private void forgetIfEmpty() {
            if (tunnels.isEmpty() && waiting.isEmpty() && dialling == 0) {
                groups.remove(key);
            }
        }

        private final class Tunnel {
            private final ClientConnection connection;
            private final P peer;
            private boolean reused;

            Tunnel(ClientConnection connection, P peer) {
                this.connection = connection;
                this.peer = peer;
            }

            /// How far it got: a peer that does not speak HTTP/2 never came to the CONNECT.
            private HboneFault.Stage stage(ResetReason lost) {
                boolean neverSpoke =
                        connection.isDead()
                                && !connection.peer.received()
                                && lost.detail().startsWith(Http2.ERROR);
                return neverSpoke ? HboneFault.Stage.HTTP2 : HboneFault.Stage.CONNECT;
            }

            void connect(Ask<P> ask) {
                boolean onUsedTunnel = reused;
                reused = true;
                long sentAt = loop.ticker().nanoTime();
                connection.connect(
                        ask.request,
                        new TunnelStream.ReplyListener() {
                            @Override
                            public void onReply(TunnelStream stream, ConnectReply reply) {
                                timings.connect(loop.ticker().nanoTime() - sentAt);
                                ask.whenDone.accept(
                                        reply.accepted()
                                                ? new Opened.Stream<>(stream, reply, peer)
                                                : new Opened.Refused<>(reply, peer));
                            }

                            @Override
                            public void onLost(ResetReason reason, boolean unprocessed) {
                                // No byte of the application was sent yet, so where the peer did
                                // nothing about it, or a used tunnel died under it, once more.
                                boolean lost = reason.kind() == ResetReason.Kind.LOST;
                                boolean again =
                                        unprocessed
                                                || (onUsedTunnel && lost && connection.isDead());
                                if (again && !ask.second && !closed) {
                                    groups.computeIfAbsent(key, k -> new Group(k)).ask(ask.again());
                                    return;
                                }
                                ask.whenDone.accept(failed(stage(reason), reason.detail()));
                            }
                        });
            }
        }
    }
}
