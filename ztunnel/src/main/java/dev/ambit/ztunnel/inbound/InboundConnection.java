package dev.ambit.ztunnel.inbound;

import dev.ambit.hbone.ConnectReply;
import dev.ambit.hbone.ConnectRequest;
import dev.ambit.hbone.IncomingConnect;
import dev.ambit.hbone.ResetReason;
import dev.ambit.hbone.wire.Authority;
import dev.ambit.hbone.wire.Baggage;
import dev.ambit.hbone.wire.Forwarded;
import dev.ambit.mesh.model.Workload;
import dev.ambit.process.tls.PeerProof;
import dev.ambit.ztunnel.connections.CutReason;
import dev.ambit.ztunnel.inbound.InboundRouter.Arrival;
import dev.ambit.ztunnel.outbound.WorkloadBaggage;
import dev.ambit.ztunnel.pod.Pod;
import dev.ambit.ztunnel.telemetry.Direction;
import java.util.Optional;

/// One CONNECT that reached a pod: understand, decide, judge, deliver, report. On its tunnel's
/// loop.
final class InboundConnection {
    private final Inbound inbound;
    private final Pod pod;
    private final IncomingConnect<PeerProof> connect;
    private final Arrival arrival;
    private final long startedAt;
    private boolean answered;

    InboundConnection(Inbound inbound, Pod pod, IncomingConnect<PeerProof> connect) {
        this.inbound = inbound;
        this.pod = pod;
        this.connect = connect;
        this.arrival = new Arrival(connect.remote(), connect.local(), pod.sockets().spoofable());
        this.startedAt = inbound.nanoTime().getAsLong();
    }

    // ---- before there is enough to report about: one warning, nothing in the metrics

    void start() {
        var request = connect.request();
        if (!request.method().equals("CONNECT")) {
            reject(new Rejection.NotConnect(request.method()));
            return;
        }
        switch (Authority.parse(request.authority())) {
            case Authority.Invalid(var reason) ->
                    reject(new Rejection.BadAuthority(request.authority(), reason));
            case Authority.Address(var address) -> find(new RequestedTarget.ByAddress(address));
            case Authority.Name(var host, var port) ->
                    find(new RequestedTarget.ByHostname(host, port));
        }
    }

    private void find(RequestedTarget asked) {
        inbound.workloads().find(pod.info(), connect.loop(), local -> decide(asked, local));
    }

    private void decide(RequestedTarget asked, Optional<Workload> local) {
        if (local.isEmpty()) {
            reject(new Rejection.UnknownWorkload(pod.toString()));
            return;
        }
        var request = connect.request();
        var all =
                new InboundRouter.Asked(
                        asked,
                        request.forwarded().flatMap(Forwarded::host),
                        request.forwardedNetwork());
        switch (inbound.router().tunnelled(arrival, local.get(), connect.peer().id(), all)) {
            case InboundDecision.Rejected(var why) -> reject(why);
            case InboundDecision.Deliver deliver -> deliver(local.get(), deliver);
        }
    }

    private void reject(Rejection why) {
        inbound.reporter()
                .earlyDeny(Direction.INBOUND, arrival.client(), arrival.accepted(), why.text());
        connect.refuse(why.status());
    }

    // ---- before the 200: every way out is reported, and answered with a status

    private void deliver(Workload local, InboundDecision.Deliver decision) {
        ConnectRequest request = connect.request();
        var delivery =
                new Delivery(
                        inbound,
                        pod,
                        connect.loop(),
                        local,
                        arrival,
                        decision,
                        Optional.of(request.authority()),
                        request.baggage()
                                .filter(_ -> inbound.baggage())
                                .map(Baggage::parse)
                                .orElse(Baggage.EMPTY),
                        startedAt);
        delivery.carried().proven(connect.peer());
        connect.whenAbandoned(() -> {
            answered = true;
            delivery.carried().cut(new CutReason.PeerGaveUp());
        });
        delivery.carried().whenCutBeforeJoin(() -> refuse(401));
        delivery.run(result -> answer(local, decision, result));
    }

    private void answer(Workload local, InboundDecision.Deliver decision, Delivery.Result result) {
        switch (result) {
            case Delivery.Result.Connected(var carried, var application) -> {
                if (answered) {
                    application.reset(
                            new ResetReason(ResetReason.Kind.LOCAL, "nobody waits for it"));
                    return;
                }
                answered = true;
                // ---- after the 200: bytes
                var stream = connect.accept(ok(local));
                decision.header()
                        .ifPresent(header ->
                                application.prelude(header.encode(application.channel().alloc())));
                carried.join(stream, application);
            }
            case Delivery.Result.Denied() -> refuse(401);
            case Delivery.Result.Unreachable() -> refuse(503);
        }
    }

    private ConnectReply ok(Workload local) {
        return inbound.baggage()
                ? ConnectReply.ok(WorkloadBaggage.of(local))
                : ConnectReply.status(200);
    }

    private void refuse(int status) {
        if (!answered) {
            answered = true;
            connect.refuse(status);
        }
    }
}
