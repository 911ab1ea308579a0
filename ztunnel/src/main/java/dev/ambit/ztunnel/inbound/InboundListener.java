package dev.ambit.ztunnel.inbound;

import dev.ambit.hbone.HboneFault;
import dev.ambit.hbone.HboneServer;
import dev.ambit.hbone.IncomingConnect;
import dev.ambit.hbone.ResetReason;
import dev.ambit.mesh.model.Workload;
import dev.ambit.process.tls.Identities;
import dev.ambit.process.tls.PeerProof;
import dev.ambit.ztunnel.connections.CutReason;
import dev.ambit.ztunnel.pod.Pod;
import dev.ambit.ztunnel.telemetry.Direction;
import dev.ambit.ztunnel.telemetry.Phase;
import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// Port 15008 of a pod: tunnels from other nodes, and from this one.
public final class InboundListener {
    private final Inbound inbound;
    private final Pod pod;
    private final Set<Tunnel> tunnels = ConcurrentHashMap.newKeySet();

    public InboundListener(Inbound inbound, Pod pod) {
        this.inbound = inbound;
        this.pod = pod;
    }

    /// An accepted socket, on its loop, not reading yet.
    public void accepted(Channel channel) {
        var tunnel = new Tunnel(channel);
        tunnels.add(tunnel);
        channel.closeFuture().addListener(_ -> tunnels.remove(tunnel));
        inbound.workloads().find(pod.info(), channel.eventLoop(), tunnel::identify);
    }

    /// Says goodbye to every peer; what is under way goes on.
    public void drain() {
        tunnels.forEach(Tunnel::drain);
    }

    /// Cuts the tunnels whose peer's certificate is revoked by now.
    ///
    /// @param told for each of them, on its loop
    public void cutRevoked(Runnable told) {
        tunnels.forEach(tunnel -> tunnel.cutIfRevoked(told));
    }

    private final class Tunnel implements HboneServer.Events<PeerProof> {
        private final Channel channel;
        private final InetSocketAddress remote;
        private final InetSocketAddress local;
        private @Nullable HboneServer<PeerProof> server;

        Tunnel(Channel channel) {
            this.channel = channel;
            this.remote = (InetSocketAddress) channel.remoteAddress();
            this.local = (InetSocketAddress) channel.localAddress();
        }

        void identify(Optional<Workload> workload) {
            if (workload.isEmpty()) {
                refuse(new Rejection.UnknownWorkload(pod.toString()).text());
                return;
            }
            inbound.identities()
                    .get(workload.get().identity(), channel.eventLoop(), this::handshake);
        }

        private void handshake(Identities.Answer answer) {
            switch (answer) {
                case Identities.Answer.Unavailable(var why) -> refuse("identity error: " + why);
                case Identities.Answer.Ready(var tls) -> {
                    server =
                            HboneServer.accept(
                                    channel, Identities.server(tls), inbound.limits(), this);
                    timeHandshake();
                }
            }
        }

        private void timeHandshake() {
            var handler = channel.pipeline().get(SslHandler.class);
            if (handler != null) {
                long startedAt = inbound.nanoTime().getAsLong();
                handler.handshakeFuture()
                        .addListener(done -> {
                            if (done.isSuccess()) {
                                inbound.reporter()
                                        .took(
                                                Phase.TLS,
                                                Direction.INBOUND,
                                                inbound.nanoTime().getAsLong() - startedAt);
                            }
                        });
            }
        }

        private void refuse(String why) {
            inbound.reporter().earlyDeny(Direction.INBOUND, remote, local, why);
            channel.close();
        }

        void drain() {
            channel.eventLoop()
                    .execute(() -> {
                        if (server != null) {
                            server.drain();
                        } else {
                            channel.close();
                        }
                    });
        }

        void cutIfRevoked(Runnable told) {
            channel.eventLoop()
                    .execute(() -> {
                        var proof = Identities.proof(channel);
                        if (server != null
                                && proof.filter(p -> p.chain().isRevoked()).isPresent()) {
                            told.run();
                            server.cut(
                                    new ResetReason(
                                            ResetReason.Kind.LOCAL,
                                            new CutReason.CertificateRevoked().text()));
                        }
                    });
        }

        @Override
        public void onConnect(IncomingConnect<PeerProof> connect) {
            new InboundConnection(inbound, pod, connect).start();
        }

        @Override
        public void onFault(HboneFault fault) {
            inbound.reporter().earlyDeny(Direction.INBOUND, remote, local, fault.detail());
        }

        @Override
        public void onClosed() {}
    }
}
