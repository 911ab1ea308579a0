package dev.ambit.ztunnel.outbound;

import dev.ambit.hbone.ConnectRequest;
import dev.ambit.hbone.Duplex;
import dev.ambit.hbone.HboneFault;
import dev.ambit.hbone.HboneStream;
import dev.ambit.hbone.NestedTunnel;
import dev.ambit.hbone.Opened;
import dev.ambit.hbone.ResetReason;
import dev.ambit.hbone.SocketDuplex;
import dev.ambit.hbone.wire.Forwarded;
import dev.ambit.hbone.wire.TraceParent;
import dev.ambit.identity.SpiffeId;
import dev.ambit.mesh.model.Service;
import dev.ambit.mesh.model.Workload;
import dev.ambit.process.tls.Identities;
import dev.ambit.process.tls.PeerProof;
import dev.ambit.ztunnel.connections.Carried;
import dev.ambit.ztunnel.connections.TrackedConnection;
import dev.ambit.ztunnel.outbound.OutboundDecision.Destination;
import dev.ambit.ztunnel.outbound.OutboundDecision.DoubleTunnel;
import dev.ambit.ztunnel.outbound.OutboundDecision.Passthrough;
import dev.ambit.ztunnel.outbound.OutboundDecision.Plain;
import dev.ambit.ztunnel.outbound.OutboundDecision.Refused;
import dev.ambit.ztunnel.outbound.OutboundDecision.Resolve;
import dev.ambit.ztunnel.outbound.OutboundDecision.Tunnel;
import dev.ambit.ztunnel.pod.Dial;
import dev.ambit.ztunnel.pod.Pod;
import dev.ambit.ztunnel.telemetry.ConnectionDescription;
import dev.ambit.ztunnel.telemetry.Direction;
import dev.ambit.ztunnel.telemetry.Outcome;
import dev.ambit.ztunnel.telemetry.Party;
import dev.ambit.ztunnel.telemetry.ResponseFlag;
import dev.ambit.ztunnel.telemetry.SecurityPolicy;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.function.Consumer;

/// One connection that a pod opened: decide, carry out, report. On the captured socket's loop.
final class OutboundConnection {
    private final Outbound outbound;
    private final Pod pod;
    private final Duplex app;
    private final InetSocketAddress client;
    private final OriginalDst dst;
    private final long startedAt;

    OutboundConnection(
            Outbound outbound, Pod pod, Duplex app, InetSocketAddress client, OriginalDst dst) {
        this.outbound = outbound;
        this.pod = pod;
        this.app = app;
        this.client = client;
        this.dst = dst;
        this.startedAt = outbound.nanoTime.getAsLong();
    }

    void start() {
        outbound.workloads.find(pod.info(), app.loop(), this::decide);
    }

    private void decide(Optional<Workload> source) {
        if (source.isEmpty()) {
            refuse(
                    "failed to fetch information about local workload: "
                            + pod
                            + " (the control plane has not sent it)");
            return;
        }
        var captured = new CapturedConnection(client, dst, source.get());
        carryOut(captured, outbound.router.decide(captured));
    }

    /// The one place where a decision becomes I/O.
    private void carryOut(CapturedConnection captured, OutboundDecision decision) {
        switch (decision) {
            case Refused(var why) -> refuse(why.text());
            case Passthrough(var hop) -> dialPlain(captured, hop, Optional.empty());
            case Plain(var hop, var destination) ->
                    dialPlain(captured, hop, Optional.of(destination));
            case Tunnel tunnel -> openTunnel(captured, tunnel);
            case DoubleTunnel tunnels -> openDoubleTunnel(captured, tunnels);
            case Resolve resolve -> resolve(captured, resolve);
        }
    }

    private void resolve(CapturedConnection captured, Resolve resolve) {
        var hostname = resolve.hostname();
        outbound.reporter.resolvedOnDemand(captured.source(), hostname);
        outbound.hosts.resolve(
                hostname,
                app.loop(),
                answer ->
                        carryOut(
                                captured,
                                switch (answer) {
                                    case HostResolver.Answer.Addresses(var addresses) ->
                                            resolve.answered(addresses, outbound.random);
                                    case HostResolver.Answer.Failed(var why) -> resolve.failed(why);
                                }));
    }

    /// A stream to the gateway, and in it a tunnel of this connection's own to whom the gateway
    /// chooses.
    private void openDoubleTunnel(CapturedConnection captured, DoubleTunnel tunnels) {
        var source = captured.source().identity();
        var key = new TunnelKey(pod, source, tunnels.gatewayAccepts(), tunnels.gateway());
        var request = request(captured, tunnels.authority(), tunnels.destination());
        outbound.pool(app.loop())
                .open(
                        key,
                        request,
                        outer -> {
                            if (outer instanceof Opened.Stream<PeerProof>(var stream, _, _)) {
                                openInner(captured, tunnels, request, stream);
                            } else {
                                join(throughGateway(captured, tunnels, outer), outer);
                            }
                        });
    }

    private void openInner(
            CapturedConnection captured,
            DoubleTunnel tunnels,
            ConnectRequest request,
            HboneStream outer) {
        Consumer<Opened<PeerProof>> whenDone =
                inner -> join(throughGateway(captured, tunnels, inner), inner);
        outbound.identities.get(
                captured.source().identity(),
                app.loop(),
                answer -> {
                    switch (answer) {
                        case Identities.Answer.Ready(var tls) ->
                                NestedTunnel.open(
                                        outer,
                                        Identities.client(tls, tunnels.innerAccepts()),
                                        request.throughGateway(outbound.network),
                                        outbound.limits,
                                        whenDone);
                        case Identities.Answer.Unavailable(var why) -> {
                            outer.reset(new ResetReason(ResetReason.Kind.LOCAL, why));
                            var fault =
                                    new HboneFault(
                                            HboneFault.Stage.IDENTITY, "identity error: " + why);
                            whenDone.accept(new Opened.Failed<>(fault));
                        }
                    }
                });
    }

    /// Who answers is known from the answer alone.
    private Carried throughGateway(
            CapturedConnection captured, DoubleTunnel tunnels, Opened<PeerProof> opened) {
        var gateway = tunnels.destination();
        return switch (opened) {
            case Opened.Stream<PeerProof>(_, var reply, var peer) ->
                    opened(
                            captured,
                            tunnels.gateway(),
                            Optional.of(tunnels.authority()),
                            gateway.service(),
                            Party.of(reply),
                            Optional.of(peer.id()));
            case Opened.Refused<PeerProof> _, Opened.Failed<PeerProof> _ ->
                    opened(
                            captured,
                            tunnels.gateway(),
                            Optional.of(tunnels.authority()),
                            Optional.of(gateway));
        };
    }

    /// Nothing is known of it yet, so it is a warning in the log and no connection in the metrics.
    private void refuse(String why) {
        outbound.reporter.earlyDeny(Direction.OUTBOUND, client, dst.address(), why);
        app.reset(new ResetReason(ResetReason.Kind.LOCAL, why));
    }

    private void dialPlain(
            CapturedConnection captured, NextHop hop, Optional<Destination> destination) {
        var carried = opened(captured, hop, Optional.empty(), destination);
        outbound.dial.dial(
                pod,
                app.loop(),
                hop.address(),
                Optional.empty(),
                dialled -> {
                    switch (dialled) {
                        case Dial.Dialled.Connected(var channel) ->
                                carried.join(app, SocketDuplex.of(channel, outbound.limits));
                        case Dial.Dialled.Failed(var timedOut, var text) ->
                                fail(carried, ResponseFlag.CONNECT, "connection failed: " + text);
                    }
                });
    }

    private void openTunnel(CapturedConnection captured, Tunnel tunnel) {
        var carried =
                opened(
                        captured,
                        tunnel.nextHop(),
                        Optional.of(tunnel.authority()),
                        Optional.of(tunnel.destination()));
        var key =
                new TunnelKey(
                        pod, captured.source().identity(), tunnel.accepts(), tunnel.nextHop());
        outbound.pool(app.loop())
                .open(
                        key,
                        request(captured, tunnel.authority(), tunnel.destination()),
                        opened -> join(carried, opened));
    }

    private ConnectRequest request(
            CapturedConnection captured, String authority, Destination destination) {
        var host = destination.service().map(service -> service.key().hostname());
        return ConnectRequest.to(
                authority,
                WorkloadBaggage.of(captured.source()),
                Forwarded.encode(Addresses.text(client), host),
                TraceParent.random(outbound.random).encode());
    }

    private void join(Carried carried, Opened<PeerProof> opened) {
        switch (opened) {
            case Opened.Stream<PeerProof>(var stream, var reply, var peer) -> {
                carried.proven(peer);
                Duplex upstream = stream;
                carried.join(app, upstream);
            }
            case Opened.Refused<PeerProof>(var reply, var peer) -> {
                carried.proven(peer);
                fail(carried, flag(reply.status()), "http status: " + statusText(reply.status()));
            }
            case Opened.Failed<PeerProof>(var fault) ->
                    fail(carried, flag(fault.stage()), fault.detail());
        }
    }

    private void fail(Carried carried, ResponseFlag flag, String text) {
        carried.end(new Outcome.Failed(flag, text));
        app.reset(new ResetReason(ResetReason.Kind.LOCAL, text));
    }

    private Carried opened(
            CapturedConnection captured,
            NextHop hop,
            Optional<String> authority,
            Optional<Destination> destination) {
        return opened(
                captured,
                hop,
                authority,
                destination.flatMap(Destination::service),
                destination.map(d -> Party.of(d.workload())).orElse(Party.UNKNOWN),
                destination.map(d -> d.workload().identity()));
    }

    private Carried opened(
            CapturedConnection captured,
            NextHop hop,
            Optional<String> authority,
            Optional<Service> service,
            Party destination,
            Optional<SpiffeId> destinationIdentity) {
        boolean mutual = authority.isPresent();
        var description =
                new ConnectionDescription(
                        Direction.OUTBOUND,
                        client,
                        Party.of(captured.source()),
                        mutual ? Optional.of(captured.source().identity()) : Optional.empty(),
                        hop.address(),
                        authority,
                        service.map(Service::key),
                        destination,
                        destinationIdentity,
                        mutual ? SecurityPolicy.MUTUAL_TLS : SecurityPolicy.UNKNOWN);
        var summary =
                new TrackedConnection.Summary(
                        false,
                        client,
                        Optional.of(dst.toString()),
                        hop.address(),
                        mutual ? Workload.TunnelProtocol.HBONE : Workload.TunnelProtocol.TCP);
        return new Carried(
                app.loop(),
                pod.connections(),
                outbound.reporter.opened(description),
                summary,
                Optional.empty(),
                startedAt,
                outbound.nanoTime);
    }

    private static ResponseFlag flag(int status) {
        return status == 401 ? ResponseFlag.DENY : ResponseFlag.CONNECT;
    }

    private static ResponseFlag flag(HboneFault.Stage stage) {
        return switch (stage) {
            case TCP_TIMEOUT -> ResponseFlag.NETWORK_POLICY;
            case TLS -> ResponseFlag.TLS_FAILURE;
            case IDENTITY -> ResponseFlag.IDENTITY_ERROR;
            case HTTP2 -> ResponseFlag.H2_HANDSHAKE_FAILURE;
            case TCP, CONNECT, POOL -> ResponseFlag.CONNECT;
        };
    }

    private static String statusText(int status) {
        return switch (status) {
            case 400 -> "400 Bad Request";
            case 401 -> "401 Unauthorized";
            case 403 -> "403 Forbidden";
            case 404 -> "404 Not Found";
            case 503 -> "503 Service Unavailable";
            default -> Integer.toString(status);
        };
    }
}
