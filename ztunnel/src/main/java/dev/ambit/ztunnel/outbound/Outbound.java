package dev.ambit.ztunnel.outbound;

import dev.ambit.hbone.Duplex;
import dev.ambit.hbone.HboneLimits;
import dev.ambit.hbone.HbonePool;
import dev.ambit.hbone.ResetReason;
import dev.ambit.hbone.SocketDuplex;
import dev.ambit.hbone.TunnelTimings;
import dev.ambit.identity.SpiffeId;
import dev.ambit.process.tls.Identities;
import dev.ambit.process.tls.PeerProof;
import dev.ambit.ztunnel.connections.CutReason;
import dev.ambit.ztunnel.pod.Dial;
import dev.ambit.ztunnel.pod.LocalWorkloads;
import dev.ambit.ztunnel.pod.Pod;
import dev.ambit.ztunnel.telemetry.ConnectionReporter;
import dev.ambit.ztunnel.telemetry.Direction;
import dev.ambit.ztunnel.telemetry.Phase;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.EventExecutor;
import java.net.InetSocketAddress;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;

/// What all outbound connections share, and the pools: one for each event loop.
public final class Outbound {
    final OutboundRouter router;
    final LocalWorkloads workloads;
    final Identities identities;
    final ConnectionReporter reporter;
    final Dial dial;
    final HostResolver hosts;
    final String network;
    final HboneLimits limits;
    final RandomGenerator random;
    final LongSupplier nanoTime;
    private final Map<EventLoop, HbonePool<TunnelKey, PeerProof>> pools = new IdentityHashMap<>();

    /// @param network of this node, as peers behind gateways are told it
    public Outbound(
            EventLoopGroup loops,
            OutboundRouter router,
            LocalWorkloads workloads,
            Identities identities,
            ConnectionReporter reporter,
            Dial dial,
            HostResolver hosts,
            String network,
            HboneLimits limits,
            RandomGenerator random,
            LongSupplier nanoTime) {
        this.router = router;
        this.workloads = workloads;
        this.identities = identities;
        this.reporter = reporter;
        this.dial = dial;
        this.hosts = hosts;
        this.network = network;
        this.limits = limits;
        this.random = random;
        this.nanoTime = nanoTime;
        var tunnels = new PodTunnels(dial, identities);
        for (EventExecutor executor : loops) {
            var loop = (EventLoop) executor;
            pools.put(loop, new HbonePool<>(loop, limits, tunnels, timings(reporter)));
        }
    }

    /// Takes a connection of a pod over that something else than the redirection brought: decides,
    /// carries out, reports. On the application's loop.
    ///
    /// @param app joined with the other end once that is there, reset where nothing comes of it
    /// @param dst what the application asked for
    public void carry(Pod pod, Duplex app, InetSocketAddress client, OriginalDst dst) {
        new OutboundConnection(this, pod, app, client, dst).start();
    }

    /// A connection that never came to say where it wants to go.
    public void refused(InetSocketAddress client, InetSocketAddress listener, String why) {
        reporter.earlyDeny(Direction.OUTBOUND, client, listener, why);
    }

    /// An accepted socket, not reading yet, with this side's limits.
    public SocketDuplex duplex(Channel channel) {
        return SocketDuplex.of(channel, limits);
    }

    private static TunnelTimings timings(ConnectionReporter reporter) {
        return new TunnelTimings() {
            @Override
            public void waited(long nanos) {
                reporter.took(Phase.POOL_WAIT, Direction.OUTBOUND, nanos);
            }

            @Override
            public void handshake(long nanos) {
                reporter.took(Phase.TLS, Direction.OUTBOUND, nanos);
            }

            @Override
            public void connect(long nanos) {
                reporter.took(Phase.CONNECT, Direction.OUTBOUND, nanos);
            }
        };
    }

    HbonePool<TunnelKey, PeerProof> pool(EventLoop loop) {
        var pool = pools.get(loop);
        if (pool == null) {
            throw new IllegalStateException("event loop without a pool: " + loop);
        }
        return pool;
    }

    /// New connections of this identity get new tunnels, with its new certificate.
    public void renewed(SpiffeId id) {
        pools.forEach(
                (loop, pool) -> loop.execute(() -> pool.retire(key -> key.source().equals(id))));
    }

    /// Cuts the tunnels whose peer's certificate is revoked by now.
    ///
    /// @param told for each of them, on its loop
    public void cutRevoked(Runnable told) {
        var reason =
                new ResetReason(ResetReason.Kind.LOCAL, new CutReason.CertificateRevoked().text());
        Predicate<PeerProof> revoked =
                peer -> {
                    boolean is = peer.chain().isRevoked();
                    if (is) {
                        told.run();
                    }
                    return is;
                };
        pools.forEach((loop, pool) -> loop.execute(() -> pool.cutPeers(revoked, reason)));
    }

    public void forget(Pod pod, ResetReason reason) {
        pools.forEach(
                (loop, pool) -> loop.execute(() -> pool.cut(key -> key.pod() == pod, reason)));
    }

    /// No new tunnels; those that are open end with their last connection.
    public void close() {
        pools.forEach((loop, pool) -> loop.execute(pool::close));
    }
}
