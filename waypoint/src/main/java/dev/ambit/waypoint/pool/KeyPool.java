package dev.ambit.waypoint.pool;

import dev.ambit.waypoint.exchange.TunnelPeer;
import dev.ambit.waypoint.http.ClientConnection;
import dev.ambit.waypoint.http.HttpVersion;
import dev.ambit.waypoint.http.StreamReset;
import dev.ambit.waypoint.pool.HostPools.HttpListener;
import dev.ambit.waypoint.pool.HostPools.PoolFailure;
import dev.ambit.waypoint.stage.Permit;
import dev.ambit.waypoint.upstream.Upstream;
import dev.ambit.waypoint.upstream.Upstream.Cancel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// The HTTP connections of one key: the one used last is used first, so that the others can go
/// idle. An exchange that finds no room waits, in order, for a connection that is dialled for it or
/// for one that gets room before. A dial that fails fails all who wait: each may then choose
/// another host.
final class KeyPool implements ClientConnection.Owner {
    private final PoolKey key;
    private final Dialer dialer;
    private final HttpConnections http;
    private final PoolLimits limits;
    private final LongSupplier nanoTime;
    private final Consumer<PoolKey> whenEmpty;

    /// The one used last is the last.
    private final ArrayList<Pooled> connections = new ArrayList<>(1);

    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>(0);
    private int dialling;

    KeyPool(
            PoolKey key,
            Dialer dialer,
            HttpConnections http,
            PoolLimits limits,
            LongSupplier nanoTime,
            Consumer<PoolKey> whenEmpty) {
        this.key = key;
        this.dialer = dialer;
        this.http = http;
        this.limits = limits;
        this.nanoTime = nanoTime;
        this.whenEmpty = whenEmpty;
    }

    private record Waiting(Breakers breakers, Permit permit, HttpListener listener) {}

    /// A connection with its account.
    private static final class Pooled {
        private final ClientConnection connection;
        private final String localAddress;
        private final @Nullable TunnelPeer peer;
        private final Breakers breakers;
        private final long openedAt;
        private long quietSince;
        private long requests;
        private boolean draining;

        Pooled(
                ClientConnection connection,
                String localAddress,
                @Nullable TunnelPeer peer,
                Breakers breakers,
                long now) {
            this.connection = connection;
            this.localAddress = localAddress;
            this.peer = peer;
            this.breakers = breakers;
            this.openedAt = now;
            this.quietSince = now;
        }
    }

    PoolKey key() {
        return key;
    }

    HostPools.Load load() {
        int exchanges = 0;
        for (var pooled : connections) {
            exchanges += pooled.connection.active();
        }
        return new HostPools.Load(connections.size() + dialling, exchanges, waiting.size());
    }

    static PoolFailure overflow(PoolKey key) {
        return new PoolFailure(
                PoolFailure.Kind.OVERFLOW, "circuit breaker of cluster " + key.cluster());
    }

    Cancel request(Breakers breakers, Permit permit, HttpListener listener) {
        var free = free();
        if (free != null) {
            handOut(free, listener);
            return () -> {};
        }
        if (waiting.size() >= limits.maxWaitingPerKey() || !breakers.tryPending()) {
            listener.onFailed(overflow(key));
            return () -> {};
        }
        var one = new Waiting(breakers, permit, listener);
        waiting.add(one);
        dialAsNeeded();
        return () -> {
            if (waiting.remove(one)) {
                breakers.pendingDone();
            }
        };
    }

    private @Nullable Pooled free() {
        for (int at = connections.size() - 1; at >= 0; at--) {
            var pooled = connections.get(at);
            if (!pooled.draining && pooled.connection.room() > 0) {
                return pooled;
            }
        }
        return null;
    }

    private void handOut(Pooled pooled, HttpListener listener) {
        int last = connections.size() - 1;
        if (connections.get(last) != pooled) {
            connections.remove(pooled);
            connections.add(pooled);
        }
        long before = pooled.requests++;
        listener.onReady(
                pooled.connection,
                new Upstream.ConnectionFacts(pooled.localAddress, before, pooled.peer));
        long most = key.transport().http().maxRequests();
        if (most > 0 && pooled.requests >= most) {
            drain(pooled);
        }
    }

    private void drain(Pooled pooled) {
        if (!pooled.draining) {
            pooled.draining = true;
            pooled.connection.drain();
        }
    }

    /// How many exchanges the connections being dialled will take.
    private long expectedRoom() {
        boolean multiplexes = key.version() != null && key.version().multiplexes();
        return (long) dialling * (multiplexes ? perConnection() : 1);
    }

    private int perConnection() {
        int most = key.transport().http().maxConcurrentStreams();
        return most > 0 ? most : Integer.MAX_VALUE;
    }

    private void dialAsNeeded() {
        while (waiting.size() > expectedRoom()
                && connections.size() + dialling < limits.maxConnectionsPerKey()) {
            var first = waiting.getFirst();
            boolean none = connections.isEmpty() && dialling == 0;
            if (!none && !first.breakers.tryConnection()) {
                return;
            }
            dialling++;
            first.breakers.connectionOpened();
            dialer.dial(key, first.permit, dialled -> dialled(dialled, first.breakers));
        }
    }

    private void dialled(Dialled dialled, Breakers breakers) {
        dialling--;
        switch (dialled) {
            case Dialled.Failed(var failure) -> {
                breakers.connectionClosed();
                failWaiting(failure);
                emptyIfDone();
            }
            case Dialled.Ready(var bytes, var local, var alpn, var peer) -> {
                var opening = new Opening();
                var connection = http.open(version(alpn), bytes, key.transport().http(), opening);
                var pooled = new Pooled(connection, local, peer, breakers, nanoTime.getAsLong());
                if (opening.closed != null) {
                    breakers.connectionClosed();
                    failWaiting(
                            new PoolFailure(
                                    PoolFailure.Kind.CONNECT_FAILED, opening.closed.detail()));
                    emptyIfDone();
                    return;
                }
                opening.opened = true;
                connections.add(pooled);
                serve();
            }
        }
    }

    private HttpVersion version(String alpn) {
        if (key.version() != null) {
            return key.version();
        }
        return alpn.equals("h2") ? HttpVersion.HTTP_2 : HttpVersion.HTTP_1_1;
    }

    private void failWaiting(PoolFailure failure) {
        var all = List.copyOf(waiting);
        waiting.clear();
        for (var one : all) {
            one.breakers.pendingDone();
            one.listener.onFailed(failure);
        }
    }

    private void serve() {
        while (!waiting.isEmpty()) {
            var free = free();
            if (free == null) {
                dialAsNeeded();
                return;
            }
            var one = waiting.remove();
            one.breakers.pendingDone();
            handOut(free, one.listener);
        }
    }

    /// Looks for connections that have been idle, or open, for too long.
    void sweep() {
        var config = key.transport().http();
        long now = nanoTime.getAsLong();
        long idle = config.idleTimeout().toNanos();
        long life = config.maxDuration().toNanos();
        for (var pooled : List.copyOf(connections)) {
            if (life > 0 && now - pooled.openedAt >= life) {
                drain(pooled);
            }
            if (idle > 0 && pooled.connection.active() == 0 && now - pooled.quietSince >= idle) {
                pooled.draining = true;
                pooled.connection.close(new StreamReset(StreamReset.Kind.LOCAL, "idle timeout"));
            }
        }
        emptyIfDone();
    }

    void retire() {
        List.copyOf(connections).forEach(this::drain);
        emptyIfDone();
    }

    private void emptyIfDone() {
        if (connections.isEmpty() && waiting.isEmpty() && dialling == 0) {
            whenEmpty.accept(key);
        }
    }

    private @Nullable Pooled find(ClientConnection connection) {
        for (var pooled : connections) {
            if (pooled.connection == connection) {
                return pooled;
            }
        }
        return null;
    }

    /// Hears a connection while it is being opened, when the pool does not know it yet.
    private final class Opening implements ClientConnection.Owner {
        private boolean opened;
        private @Nullable StreamReset closed;

        @Override
        public void onRoom(ClientConnection connection) {
            if (opened) {
                KeyPool.this.onRoom(connection);
            }
        }

        @Override
        public void onDraining(ClientConnection connection) {
            if (opened) {
                KeyPool.this.onDraining(connection);
            }
        }

        @Override
        public void onClosed(ClientConnection connection, StreamReset reason) {
            if (opened) {
                KeyPool.this.onClosed(connection, reason);
            } else {
                closed = reason;
            }
        }
    }

    @Override
    public void onRoom(ClientConnection connection) {
        var pooled = find(connection);
        if (pooled != null && connection.active() == 0) {
            pooled.quietSince = nanoTime.getAsLong();
        }
        serve();
    }

    @Override
    public void onDraining(ClientConnection connection) {
        var pooled = find(connection);
        if (pooled != null) {
            pooled.draining = true;
        }
    }

    @Override
    public void onClosed(ClientConnection connection, StreamReset reason) {
        var pooled = find(connection);
        if (pooled != null) {
            connections.remove(pooled);
            pooled.breakers.connectionClosed();
        }
        serve();
        dialAsNeeded();
        emptyIfDone();
    }
}
