package dev.ambit.waypoint.pool;

import dev.ambit.hbone.HboneLimits;
import dev.ambit.waypoint.stage.Permit;
import dev.ambit.waypoint.upstream.Upstream;
import dev.ambit.waypoint.upstream.Upstream.Cancel;
import io.netty.channel.EventLoop;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// The pools of one loop, by key.
public final class LoopPools implements HostPools {
    private final EventLoop loop;
    private final Dialer dialer;
    private final HttpConnections http;
    private final PoolLimits limits;
    private final LongSupplier nanoTime;
    private final Map<PoolKey, KeyPool> pools = new HashMap<>();
    private @Nullable Future<?> sweeping;
    private boolean closed;

    /// @param nanoTime the loop's clock
    public static LoopPools of(
            EventLoop loop,
            DirectSockets sockets,
            Tunnels tunnels,
            TlsClients tls,
            HttpConnections http,
            PoolLimits limits,
            HboneLimits bytes,
            LongSupplier nanoTime) {
        return new LoopPools(
                loop, new Dialer(loop, sockets, tunnels, tls, bytes), http, limits, nanoTime);
    }

    private LoopPools(
            EventLoop loop,
            Dialer dialer,
            HttpConnections http,
            PoolLimits limits,
            LongSupplier nanoTime) {
        this.loop = loop;
        this.dialer = dialer;
        this.http = http;
        this.limits = limits;
        this.nanoTime = nanoTime;
    }

    @Override
    public Cancel request(PoolKey key, Breakers breakers, Permit permit, HttpListener listener) {
        if (closed) {
            listener.onFailed(new PoolFailure(PoolFailure.Kind.CLOSED, "pool closed: draining"));
            return () -> {};
        }
        sweepLater();
        return pool(key).request(breakers, permit, listener);
    }

    private KeyPool pool(PoolKey key) {
        var known = pools.get(key);
        if (known != null) {
            return known;
        }
        var made = new KeyPool(key, dialer, http, limits, nanoTime, pools::remove);
        pools.put(key, made);
        return made;
    }

    @Override
    public Cancel connect(PoolKey key, Breakers breakers, Permit permit, ByteListener listener) {
        if (closed) {
            listener.onFailed(new PoolFailure(PoolFailure.Kind.CLOSED, "pool closed: draining"));
            return () -> {};
        }
        if (!breakers.tryPending()) {
            listener.onFailed(KeyPool.overflow(key));
            return () -> {};
        }
        if (!breakers.tryConnection()) {
            breakers.pendingDone();
            listener.onFailed(KeyPool.overflow(key));
            return () -> {};
        }
        breakers.connectionOpened();
        var done = new boolean[1];
        var dial =
                dialer.dial(
                        key,
                        permit,
                        dialled -> {
                            done[0] = true;
                            breakers.pendingDone();
                            switch (dialled) {
                                case Dialled.Failed(var failure) -> {
                                    breakers.connectionClosed();
                                    listener.onFailed(failure);
                                }
                                case Dialled.Ready(var bytes, var local, _, var peer) ->
                                        listener.onConnected(
                                                new CountedDuplex(
                                                        bytes, breakers::connectionClosed),
                                                new Upstream.ConnectionFacts(local, 0, peer));
                            }
                        });
        return () -> {
            if (!done[0]) {
                done[0] = true;
                dial.cancel();
                breakers.pendingDone();
                breakers.connectionClosed();
            }
        };
    }

    private void sweepLater() {
        if (sweeping == null) {
            sweeping =
                    loop.schedule(
                            this::sweep, limits.sweepInterval().toNanos(), TimeUnit.NANOSECONDS);
        }
    }

    private void sweep() {
        sweeping = null;
        List.copyOf(pools.values()).forEach(KeyPool::sweep);
        if (!pools.isEmpty()) {
            sweepLater();
        }
    }

    @Override
    public void retire(Predicate<PoolKey> which) {
        for (var pool : List.copyOf(pools.values())) {
            if (which.test(pool.key())) {
                pool.retire();
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        retire(_ -> true);
    }

    @Override
    public Load load(PoolKey key) {
        var pool = pools.get(key);
        return pool == null ? new Load(0, 0, 0) : pool.load();
    }
}
