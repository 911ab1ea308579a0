package dev.ambit.waypoint.pool;

import dev.ambit.hbone.Duplex;
import dev.ambit.hbone.HboneLimits;
import dev.ambit.hbone.ResetReason;
import dev.ambit.hbone.TlsDuplex;
import dev.ambit.waypoint.exchange.TunnelPeer;
import dev.ambit.waypoint.pool.HostPools.PoolFailure.Kind;
import dev.ambit.waypoint.stage.Permit;
import dev.ambit.waypoint.upstream.Upstream.Cancel;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.EventLoop;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Makes a connection to a host, layer upon layer: socket or tunnel, PROXY header, TLS; all of it
/// within the connect timeout.
final class Dialer {
    private final EventLoop loop;
    private final DirectSockets sockets;
    private final Tunnels tunnels;
    private final TlsClients tls;
    private final HboneLimits limits;

    Dialer(
            EventLoop loop,
            DirectSockets sockets,
            Tunnels tunnels,
            TlsClients tls,
            HboneLimits limits) {
        this.loop = loop;
        this.sockets = sockets;
        this.tunnels = tunnels;
        this.tls = tls;
        this.limits = limits;
    }

    /// @param permit that there is one is the point
    /// @param whenDone on the loop, once, unless it is cancelled before
    Cancel dial(PoolKey key, Permit permit, Consumer<Dialled> whenDone) {
        var call = new Call(key, whenDone);
        call.begin();
        return call::cancel;
    }

    /// One connection on its way.
    private final class Call {
        private final PoolKey key;
        private final java.util.concurrent.Future<?> deadline;
        private @Nullable Consumer<Dialled> whenDone;
        private String localAddress = "";
        private @Nullable TunnelPeer peer;

        Call(PoolKey key, Consumer<Dialled> whenDone) {
            this.key = key;
            this.whenDone = whenDone;
            this.deadline =
                    loop.schedule(
                            this::late,
                            key.transport().connectTimeout().toNanos(),
                            TimeUnit.NANOSECONDS);
        }

        void begin() {
            switch (key.target()) {
                case Target.Direct direct -> connect(direct, 0);
                case Target.Tunnel tunnel -> tunnels.open(tunnel, this::opened);
                case Target.GatewayTunnel tunnel -> tunnels.open(tunnel, this::opened);
            }
        }

        private void connect(Target.Direct direct, int index) {
            var to = direct.addresses().get(index);
            sockets.connect(
                    to,
                    key.transport().keepAlive(),
                    key.transport().connectTimeout(),
                    loop,
                    connected -> {
                        switch (connected) {
                            case DirectSockets.Connected.Ready(var bytes, var local) -> {
                                localAddress = local;
                                under(bytes);
                            }
                            case DirectSockets.Connected.Failed(var timedOut, var detail) -> {
                                if (whenDone != null && index + 1 < direct.addresses().size()) {
                                    connect(direct, index + 1);
                                } else {
                                    fail(timedOut, detail);
                                }
                            }
                        }
                    });
        }

        private void opened(Tunnels.Opened opened) {
            switch (opened) {
                case Tunnels.Opened.Ready(var bytes, var proven) -> {
                    peer = proven;
                    under(bytes);
                }
                case Tunnels.Opened.Failed(var timedOut, var detail) -> fail(timedOut, detail);
            }
        }

        /// The bytes under PROXY header and TLS are there.
        private void under(Duplex bytes) {
            if (whenDone == null) {
                bytes.reset(
                        new ResetReason(ResetReason.Kind.LOCAL, "nobody waits for it any more"));
                return;
            }
            var introduced =
                    key.transport()
                            .proxyProtocol()
                            .<Duplex>map(version ->
                                    new WithPrelude(
                                            bytes,
                                            ProxyHeader.of(
                                                    version,
                                                    key.source(),
                                                    key.destination(),
                                                    ByteBufAllocator.DEFAULT)))
                            .orElse(bytes);
            var config = key.transport().tls();
            if (config.isEmpty()) {
                done(new Dialled.Ready(introduced, localAddress, "", peer));
                return;
            }
            switch (tls.handler(config.get(), key.sni())) {
                case TlsClients.Handler.Unavailable(var why) -> {
                    introduced.reset(new ResetReason(ResetReason.Kind.LOCAL, why));
                    fail(false, why);
                }
                case TlsClients.Handler.Ready(var handler) ->
                        TlsDuplex.over(introduced, handler, limits, this::shaken);
            }
        }

        private void shaken(TlsDuplex.Result result) {
            switch (result) {
                case TlsDuplex.Result.Ready(var duplex, _, var alpn) -> {
                    if (whenDone == null) {
                        duplex.reset(
                                new ResetReason(
                                        ResetReason.Kind.LOCAL, "nobody waits for it any more"));
                    } else {
                        done(new Dialled.Ready(duplex, localAddress, alpn, peer));
                    }
                }
                case TlsDuplex.Result.Failed(var detail) ->
                        fail(false, "TLS_error:" + detail + ":TLS_error_end");
            }
        }

        private void late() {
            done(Dialled.failed(Kind.CONNECT_TIMEOUT, "connection timeout: " + key.target()));
        }

        private void fail(boolean timedOut, String detail) {
            done(Dialled.failed(timedOut ? Kind.CONNECT_TIMEOUT : Kind.CONNECT_FAILED, detail));
        }

        private void done(Dialled dialled) {
            var to = whenDone;
            if (to != null) {
                cancel();
                to.accept(dialled);
            }
        }

        void cancel() {
            whenDone = null;
            deadline.cancel(false);
        }
    }
}
