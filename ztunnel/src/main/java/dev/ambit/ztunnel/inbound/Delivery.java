package dev.ambit.ztunnel.inbound;

import dev.ambit.hbone.SocketDuplex;
import dev.ambit.hbone.wire.Baggage;
import dev.ambit.mesh.model.Service;
import dev.ambit.mesh.model.Workload;
import dev.ambit.mesh.policy.Authorizer;
import dev.ambit.mesh.policy.Permit;
import dev.ambit.mesh.policy.Verdict;
import dev.ambit.ztunnel.connections.Carried;
import dev.ambit.ztunnel.connections.TrackedConnection;
import dev.ambit.ztunnel.inbound.InboundDecision.Deliver;
import dev.ambit.ztunnel.inbound.InboundRouter.Arrival;
import dev.ambit.ztunnel.pod.Dial;
import dev.ambit.ztunnel.pod.Pod;
import dev.ambit.ztunnel.telemetry.ConnectionDescription;
import dev.ambit.ztunnel.telemetry.Direction;
import dev.ambit.ztunnel.telemetry.Outcome;
import dev.ambit.ztunnel.telemetry.Party;
import dev.ambit.ztunnel.telemetry.ResponseFlag;
import dev.ambit.ztunnel.telemetry.SecurityPolicy;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// The second half of both inbound stories: judge, dial the application, report. From here on a
/// connection is counted and has a line in the log, whatever becomes of it.
final class Delivery {
    /// How long a connection waits for a policy that its workload names and that was not told yet;
    /// then it is refused. The control plane sends workloads first, policies right after them.
    private static final Duration POLICY_WAIT = Duration.ofSeconds(1);

    private static final Duration POLICY_POLL = Duration.ofMillis(20);

    private final Inbound inbound;
    private final Pod pod;
    private final EventLoop loop;
    private final Carried carried;
    private final Deliver decision;
    private final Workload local;

    /// What became of it, for the side that has to answer the peer.
    sealed interface Result {
        record Connected(Carried carried, SocketDuplex application) implements Result {}

        /// Policy says no.
        record Denied() implements Result {}

        /// The application does not answer.
        record Unreachable() implements Result {}
    }

    /// @param authority as the CONNECT had it; empty for plaintext
    /// @param said the peer's baggage, for telemetry where the control plane knows nothing
    Delivery(
            Inbound inbound,
            Pod pod,
            EventLoop loop,
            Workload local,
            Arrival arrival,
            Deliver decision,
            Optional<String> authority,
            Baggage said,
            long startedAt) {
        this.inbound = inbound;
        this.pod = pod;
        this.loop = loop;
        this.local = local;
        this.decision = decision;
        var peer = decision.facts().peer();
        boolean mutual = peer.isPresent();
        var description =
                new ConnectionDescription(
                        Direction.INBOUND,
                        arrival.client(),
                        source(arrival, said),
                        peer,
                        arrival.accepted(),
                        authority,
                        decision.service().map(Service::key),
                        Party.of(local),
                        Optional.of(local.identity()),
                        mutual ? SecurityPolicy.MUTUAL_TLS : SecurityPolicy.UNKNOWN);
        var summary =
                new TrackedConnection.Summary(
                        true,
                        arrival.client(),
                        decision.service().map(service -> service.key().hostname()),
                        decision.target(),
                        mutual ? Workload.TunnelProtocol.HBONE : Workload.TunnelProtocol.TCP);
        // Registered before it is judged: see ConnectionRegistry.
        this.carried =
                new Carried(
                        loop,
                        pod.connections(),
                        inbound.reporter().opened(description),
                        summary,
                        Optional.of(decision.facts()),
                        startedAt,
                        inbound.nanoTime());
    }

    private Party source(Arrival arrival, Baggage said) {
        return decision.fromGateway()
                ? Party.of(said)
                : Party.of(inbound.workloadAt(arrival.client().getAddress()), said);
    }

    Carried carried() {
        return carried;
    }

    void run(Consumer<Result> whenDone) {
        judge(inbound.nanoTime().getAsLong() + POLICY_WAIT.toNanos(), whenDone);
    }

    private void judge(long deadline, Consumer<Result> whenDone) {
        // As the workload is now: since it was looked up, it may have been given other policies.
        var now = inbound.workloads().now(pod.info()).orElse(local);
        var policies = inbound.mesh().policiesFor(now);
        var verdict = Authorizer.authorize(policies, decision.facts());
        switch (verdict) {
            case Verdict.Denied(Verdict.Denial.ByMissingPolicy _)
                    when inbound.nanoTime().getAsLong() - deadline < 0 ->
                    loop.schedule(
                            () -> judge(deadline, whenDone),
                            POLICY_POLL.toMillis(),
                            TimeUnit.MILLISECONDS);
            case Verdict.Denied(var why) -> {
                carried.judged(policies, verdict);
                carried.end(Outcome.denied(why));
                whenDone.accept(new Result.Denied());
            }
            case Verdict.Allowed(var permit, var by) -> {
                carried.judged(policies, verdict);
                dial(permit, whenDone);
            }
        }
    }

    private void dial(Permit permit, Consumer<Result> whenDone) {
        inbound.dial()
                .deliver(
                        permit,
                        decision.caller(),
                        pod,
                        loop,
                        dialled -> {
                            switch (dialled) {
                                case Dial.Dialled.Connected(var channel) ->
                                        whenDone.accept(
                                                new Result.Connected(
                                                        carried,
                                                        SocketDuplex.of(
                                                                channel, inbound.limits())));
                                case Dial.Dialled.Failed(var timedOut, var text) -> {
                                    carried.end(
                                            new Outcome.Failed(
                                                    ResponseFlag.CONNECT,
                                                    "connection failed: " + text));
                                    whenDone.accept(new Result.Unreachable());
                                }
                            }
                        });
    }
}
