package dev.ambit.waypoint.proxy;

import dev.ambit.hbone.HboneFault;
import dev.ambit.hbone.HboneLimits;
import dev.ambit.hbone.HboneServer;
import dev.ambit.hbone.IncomingConnect;
import dev.ambit.hbone.ResetReason;
import dev.ambit.hbone.TunnelTls;
import dev.ambit.waypoint.model.TunnelFront;
import io.netty.channel.Channel;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Port 15008: ends tunnels, and gives each CONNECT in them to its chain.
///
/// @param limits of tunnels
/// @param codecs for what is in them
/// @param principal SPIFFE URI that a peer has proven
/// @param revoked whether the certificate that a tunnel's peer has proven is revoked by now
/// @param localPrincipal SPIFFE URI of this waypoint
/// @param baggage of this waypoint, for the answers to CONNECTs; empty for none
/// @param connectionIds a new one each time; of all loops
/// @param faults of tunnels that never were, or broke, with the peer's address
/// @param <P> the proof of a peer's identity
public record HboneFront<P>(
        HboneLimits limits,
        ServerCodecs codecs,
        Function<P, String> principal,
        Predicate<Channel> revoked,
        Supplier<String> localPrincipal,
        Supplier<Optional<String>> baggage,
        LongSupplier connectionIds,
        BiConsumer<InetSocketAddress, HboneFault> faults) {

    private static final String REVOKED = "connection closed: peer certificate revoked by CRL";

    /// Takes an accepted socket over, on its loop, not reading yet.
    public void accept(Worker worker, Channel channel, TunnelTls<P> tls) {
        var tunnel = new Tunnel(worker, channel);
        var server = HboneServer.accept(channel, tls, limits, tunnel);
        tunnel.server = server;
        worker.live().add(tunnel);
    }

    private final class Tunnel implements HboneServer.Events<P>, Live.Drainable {
        private final Worker worker;
        private final Channel channel;
        private final InetSocketAddress remote;
        private @Nullable HboneServer<P> server;

        Tunnel(Worker worker, Channel channel) {
            this.worker = worker;
            this.channel = channel;
            this.remote = (InetSocketAddress) channel.remoteAddress();
        }

        @Override
        public void onConnect(IncomingConnect<P> connect) {
            // The lists may have changed between the handshake and now.
            if (revoked.test(channel)) {
                cutIfRevoked();
                return;
            }
            var model = worker.model().get();
            var front = model.tunnel();
            if (front.isEmpty()) {
                connect.refuse(503); // No configuration yet.
                return;
            }
            var peer = principal.apply(connect.peer());
            if (!trusted(peer, front.get())) {
                fault("peer " + peer + ": its trust domain is none of ", front.get());
                cut("the peer is not trusted");
                return;
            }
            new ConnectStory<>(worker, HboneFront.this, model, front.get(), connect, peer).start();
        }

        private void fault(String why, TunnelFront front) {
            faults.accept(
                    remote, new HboneFault(HboneFault.Stage.IDENTITY, why + front.trustDomains()));
        }

        @Override
        public void cutIfRevoked() {
            if (revoked.test(channel)) {
                faults.accept(remote, new HboneFault(HboneFault.Stage.IDENTITY, REVOKED));
                cut(REVOKED);
            }
        }

        private void cut(String why) {
            if (server != null) {
                server.cut(new ResetReason(ResetReason.Kind.LOCAL, why));
            }
        }

        @Override
        public void onFault(HboneFault fault) {
            faults.accept(remote, fault);
        }

        @Override
        public void onClosed() {
            worker.live().remove(this);
        }

        @Override
        public void drain() {
            if (server != null) {
                server.drain();
            }
        }
    }

    /// Whether a SPIFFE URI is of a trust domain that the listener admits.
    static boolean trusted(String principal, TunnelFront front) {
        return front.trustDomains().isEmpty() || ofAny(principal, front.trustDomains());
    }

    private static boolean ofAny(String principal, List<String> domains) {
        for (var domain : domains) {
            if (principal.startsWith("spiffe://" + domain + "/")) {
                return true;
            }
        }
        return false;
    }
}
