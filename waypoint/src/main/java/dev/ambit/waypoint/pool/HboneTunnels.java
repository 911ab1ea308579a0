package dev.ambit.waypoint.pool;

import dev.ambit.hbone.ConnectRequest;
import dev.ambit.hbone.HboneFault;
import dev.ambit.hbone.HboneLimits;
import dev.ambit.hbone.HbonePool;
import dev.ambit.hbone.HboneStream;
import dev.ambit.hbone.NestedTunnel;
import dev.ambit.hbone.ResetReason;
import dev.ambit.hbone.TunnelDialer;
import dev.ambit.hbone.TunnelTls;
import dev.ambit.identity.SpiffeId;
import dev.ambit.process.tls.Identities;
import dev.ambit.process.tls.PeerProof;
import dev.ambit.waypoint.exchange.TunnelPeer;
import dev.ambit.waypoint.model.Originate;
import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// Tunnels of one loop, pooled by node: all are this waypoint's own, so their streams may share
/// one.
public final class HboneTunnels implements Tunnels {
    private final EventLoop loop;
    private final HboneLimits ours;
    private final Identities identities;
    private final SpiffeId self;
    private final Asking asking;
    private final DirectSockets sockets;
    private final Duration connectTimeout;

    /// Pools that were replaced, until their last tunnel has ended.
    private final List<HbonePool<InetSocketAddress, PeerProof>> replaced = new ArrayList<>(0);

    private Optional<TunnelSettings> settings;
    private HboneLimits limits;
    private HbonePool<InetSocketAddress, PeerProof> pool;

    /// How tunnels are asked for, as configured now. One volatile read each.
    ///
    /// @param trustDomains of which a node's identity must have one
    /// @param settings of tunnels; empty for ours
    /// @param originate what CONNECTs carry
    /// @param baggage what this waypoint says of itself
    /// @param network of this waypoint, where the configuration names none; may be empty
    public record Asking(
            Supplier<Set<String>> trustDomains,
            Supplier<Optional<TunnelSettings>> settings,
            Supplier<Originate> originate,
            Supplier<String> baggage,
            String network) {}

    /// @param ours what holds where the configuration does not say
    /// @param connectTimeout of TCP
    public HboneTunnels(
            EventLoop loop,
            HboneLimits ours,
            Identities identities,
            SpiffeId self,
            Asking asking,
            DirectSockets sockets,
            Duration connectTimeout) {
        this.loop = loop;
        this.ours = ours;
        this.identities = identities;
        this.self = self;
        this.asking = asking;
        this.sockets = sockets;
        this.connectTimeout = connectTimeout;
        this.settings = asking.settings().get();
        this.limits = settings.map(s -> s.over(ours)).orElse(ours);
        this.pool = pool(limits);
    }

    private HbonePool<InetSocketAddress, PeerProof> pool(HboneLimits now) {
        return new HbonePool<>(loop, now, (node, _, whenDone) -> dial(node, whenDone));
    }

    /// Tunnels keep what they were opened with; new ones get what is configured now.
    private HbonePool<InetSocketAddress, PeerProof> current() {
        var now = asking.settings().get();
        if (now.equals(settings)) {
            return pool;
        }
        settings = now;
        pool.close();
        replaced.removeIf(old -> old.tunnels().isEmpty());
        replaced.add(pool);
        limits = now.map(s -> s.over(ours)).orElse(ours);
        pool = pool(limits);
        return pool;
    }

    private void dial(InetSocketAddress node, Consumer<TunnelDialer.Dialled<PeerProof>> whenDone) {
        withTls(
                tls ->
                        sockets.channel(
                                node,
                                connectTimeout,
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
                                then.accept(Identities.clientOf(tls, asking.trustDomains().get()));
                        case Identities.Answer.Unavailable(var why) ->
                                otherwise.accept("identity error: " + why);
                    }
                });
    }

    @Override
    public void open(Target.Tunnel target, Consumer<Opened> whenDone) {
        current()
                .open(
                        target.node(),
                        connect(target.authority(), asking.originate().get()),
                        opened ->
                                whenDone.accept(adapt(opened, target.node(), target.authority())));
    }

    @Override
    public void open(Target.GatewayTunnel target, Consumer<Opened> whenDone) {
        var originate = asking.originate().get();
        var plain = plain(target.authority());
        current()
                .open(
                        target.gateway(),
                        originate.source().map(plain::from).orElse(plain),
                        opened -> {
                            if (opened instanceof dev.ambit.hbone.Opened.Stream<PeerProof> outer) {
                                nest(outer.stream(), originate, target, whenDone);
                            } else {
                                whenDone.accept(
                                        adapt(opened, target.gateway(), target.authority()));
                            }
                        });
    }

    private void nest(
            HboneStream outer,
            Originate originate,
            Target.GatewayTunnel target,
            Consumer<Opened> whenDone) {
        withTls(
                tls ->
                        NestedTunnel.open(
                                outer,
                                tls,
                                inner(target.authority(), originate),
                                limits,
                                opened ->
                                        whenDone.accept(
                                                adapt(
                                                        opened,
                                                        target.gateway(),
                                                        target.authority()))),
                why -> whenDone.accept(new Opened.Failed(false, why)));
    }

    /// Whoever is behind a gateway can't tell by an address who calls.
    private ConnectRequest inner(String authority, Originate originate) {
        return connect(authority, originate)
                .throughGateway(originate.forwardedNetwork().orElse(asking.network()));
    }

    private ConnectRequest connect(String authority, Originate originate) {
        return originate.baggage()
                ? request(authority, Optional.of(asking.baggage().get()))
                : plain(authority);
    }

    private static ConnectRequest plain(String authority) {
        return request(authority, Optional.empty());
    }

    private static ConnectRequest request(String authority, Optional<String> baggage) {
        return new ConnectRequest(
                "CONNECT",
                authority,
                baggage,
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    private static Opened adapt(
            dev.ambit.hbone.Opened<PeerProof> opened, InetSocketAddress node, String authority) {
        return switch (opened) {
            case dev.ambit.hbone.Opened.Stream<PeerProof>(var stream, var reply, var peer) ->
                    new Opened.Ready(
                            stream,
                            new TunnelPeer(peer.id().toString(), reply.baggage().orElse("")));
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

    /// Cuts the tunnels whose peers' certificates are revoked by now. On the loop.
    public void cutRevoked() {
        var reason =
                new ResetReason(
                        ResetReason.Kind.LOCAL, "the peer's certificate was revoked by CRL");
        pool.cutPeers(peer -> peer.chain().isRevoked(), reason);
        replaced.forEach(old -> old.cutPeers(peer -> peer.chain().isRevoked(), reason));
    }
}
