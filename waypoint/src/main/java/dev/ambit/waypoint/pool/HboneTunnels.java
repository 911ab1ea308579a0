package dev.ambit.waypoint.pool;

import dev.ambit.hbone.ConnectRequest;
import dev.ambit.hbone.HboneFault;
import dev.ambit.hbone.HboneLimits;
import dev.ambit.hbone.HbonePool;
import dev.ambit.hbone.HboneStream;
import dev.ambit.hbone.NestedTunnel;
import dev.ambit.hbone.TunnelDialer;
import dev.ambit.hbone.TunnelTls;
import dev.ambit.identity.SpiffeId;
import dev.ambit.process.tls.Identities;
import dev.ambit.process.tls.PeerProof;
import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// Tunnels of one loop, pooled by node: all are this waypoint's own, so their streams may share
/// one.
public final class HboneTunnels implements Tunnels {
    private final EventLoop loop;
    private final HboneLimits limits;
    private final Identities identities;
    private final SpiffeId self;
    private final Supplier<Set<String>> trustDomains;
    private final String network;
    private final HbonePool<InetSocketAddress, PeerProof> pool;

    /// @param trustDomains of which a node's identity must have one, as configured now
    /// @param network of this waypoint; may be empty
    /// @param connectTimeout of TCP
    public HboneTunnels(
            EventLoop loop,
            HboneLimits limits,
            Identities identities,
            SpiffeId self,
            Supplier<Set<String>> trustDomains,
            String network,
            DirectSockets sockets,
            Duration connectTimeout) {
        this.loop = loop;
        this.limits = limits;
        this.identities = identities;
        this.self = self;
        this.trustDomains = trustDomains;
        this.network = network;
        this.pool =
                new HbonePool<>(
                        loop,
                        limits,
                        (node, _, whenDone) -> dial(node, sockets, connectTimeout, whenDone));
    }

    private void dial(
            InetSocketAddress node,
            DirectSockets sockets,
            Duration timeout,
            Consumer<TunnelDialer.Dialled<PeerProof>> whenDone) {
        withTls(
                tls ->
                        sockets.channel(
                                node,
                                timeout,
                                loop,
                                connected ->
                                        whenDone.accept(
                                                switch (connected) {
                                                    case DirectSockets.Channelled.Ready(
                                                                    var channel) ->
                                                            new TunnelDialer.Dialled.Connected<>(
                                                                    channel, tls);
                                                    case DirectSockets.Channelled.Failed(
                                                                    var timedOut,
                                                                    var detail) ->
                                                            failed(
                                                                    timedOut
                                                                            ? HboneFault.Stage
                                                                                    .TCP_TIMEOUT
                                                                            : HboneFault.Stage.TCP,
                                                                    detail);
                                                })),
                why -> whenDone.accept(failed(HboneFault.Stage.IDENTITY, why)));
    }

    private static TunnelDialer.Dialled<PeerProof> failed(HboneFault.Stage stage, String detail) {
        return new TunnelDialer.Dialled.Failed<>(new HboneFault(stage, detail));
    }

    private void withTls(Consumer<TunnelTls<PeerProof>> then, Consumer<String> otherwise) {
        identities.get(
                self,
                loop,
                answer -> {
                    switch (answer) {
                        case Identities.Answer.Ready(var tls) ->
                                then.accept(Identities.clientOf(tls, trustDomains.get()));
                        case Identities.Answer.Unavailable(var why) ->
                                otherwise.accept("identity error: " + why);
                    }
                });
    }

    @Override
    public void open(Target.Tunnel target, Consumer<Opened> whenDone) {
        pool.open(
                target.node(),
                connect(target.authority()),
                opened -> whenDone.accept(adapt(opened, target.node(), target.authority())));
    }

    @Override
    public void open(Target.GatewayTunnel target, Consumer<Opened> whenDone) {
        var request = connect(target.authority());
        pool.open(
                target.gateway(),
                request,
                opened -> {
                    if (opened instanceof dev.ambit.hbone.Opened.Stream<PeerProof> outer) {
                        nest(outer.stream(), request, target, whenDone);
                    } else {
                        whenDone.accept(adapt(opened, target.gateway(), target.authority()));
                    }
                });
    }

    private void nest(
            HboneStream outer,
            ConnectRequest request,
            Target.GatewayTunnel target,
            Consumer<Opened> whenDone) {
        withTls(
                tls ->
                        NestedTunnel.open(
                                outer,
                                tls,
                                request.throughGateway(network),
                                limits,
                                opened ->
                                        whenDone.accept(
                                                adapt(
                                                        opened,
                                                        target.gateway(),
                                                        target.authority()))),
                why -> whenDone.accept(new Opened.Failed(false, why)));
    }

    private static ConnectRequest connect(String authority) {
        return new ConnectRequest(
                "CONNECT",
                authority,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    private static Opened adapt(
            dev.ambit.hbone.Opened<PeerProof> opened, InetSocketAddress node, String authority) {
        return switch (opened) {
            case dev.ambit.hbone.Opened.Stream<PeerProof>(var stream, _, _) ->
                    new Opened.Ready(stream);
            case dev.ambit.hbone.Opened.Refused<PeerProof>(var reply, _) ->
                    new Opened.Failed(
                            false,
                            "HBONE: %s answered %d to CONNECT %s%s"
                                    .formatted(
                                            node,
                                            reply.status(),
                                            authority,
                                            cause(reply.status())));
            case dev.ambit.hbone.Opened.Failed<PeerProof>(var fault) ->
                    new Opened.Failed(
                            fault.stage() == HboneFault.Stage.TCP_TIMEOUT, fault.detail());
        };
    }

    private static String cause(int status) {
        return switch (status) {
            case 401, 403 -> " (an L4 policy there does not admit this waypoint?)";
            case 503 -> " (the application does not listen there?)";
            default -> "";
        };
    }

    @Override
    public void retire() {
        pool.retire(_ -> true);
    }
}
