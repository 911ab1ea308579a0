package dev.ambit.ztunnel.inbound;

import dev.ambit.hbone.ResetReason;
import dev.ambit.hbone.SocketDuplex;
import dev.ambit.hbone.wire.Baggage;
import dev.ambit.mesh.model.Workload;
import dev.ambit.ztunnel.inbound.InboundRouter.Arrival;
import dev.ambit.ztunnel.pod.Pod;
import dev.ambit.ztunnel.telemetry.Direction;
import java.util.Optional;

/// One plain connection that reached a pod: decide, judge without an identity, deliver, report.
final class PlaintextConnection {
    private final Inbound inbound;
    private final Pod pod;
    private final SocketDuplex client;
    private final Arrival arrival;
    private final long startedAt;

    /// @param arrival with the original destination as the address that was connected to
    PlaintextConnection(Inbound inbound, Pod pod, SocketDuplex client, Arrival arrival) {
        this.inbound = inbound;
        this.pod = pod;
        this.client = client;
        this.arrival = arrival;
        this.startedAt = inbound.nanoTime().getAsLong();
    }

    void start() {
        inbound.workloads().find(pod.info(), client.loop(), this::decide);
    }

    private void decide(Optional<Workload> local) {
        if (local.isEmpty()) {
            reject(new Rejection.UnknownWorkload(pod.toString()));
            return;
        }
        switch (inbound.router().plaintext(arrival, local.get())) {
            case InboundDecision.Rejected(var why) -> reject(why);
            case InboundDecision.Deliver decision -> deliver(local.get(), decision);
        }
    }

    private void reject(Rejection why) {
        inbound.reporter()
                .earlyDeny(Direction.INBOUND, arrival.client(), arrival.accepted(), why.text());
        drop(why.text());
    }

    private void deliver(Workload local, InboundDecision.Deliver decision) {
        var delivery =
                new Delivery(
                        inbound,
                        pod,
                        client.loop(),
                        local,
                        arrival,
                        decision,
                        Optional.empty(),
                        Baggage.EMPTY,
                        startedAt);
        delivery.carried().whenCutBeforeJoin(() -> drop("cut"));
        delivery.run(result -> {
            switch (result) {
                case Delivery.Result.Connected(var carried, var application) ->
                        carried.join(client, application);
                case Delivery.Result.Denied() -> drop("denied");
                case Delivery.Result.Unreachable() -> drop("application unreachable");
            }
        });
    }

    private void drop(String why) {
        client.reset(new ResetReason(ResetReason.Kind.LOCAL, why));
    }
}
