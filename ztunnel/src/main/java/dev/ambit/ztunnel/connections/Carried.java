package dev.ambit.ztunnel.connections;

import dev.ambit.hbone.Duplex;
import dev.ambit.hbone.ResetReason;
import dev.ambit.hbone.Splice;
import dev.ambit.hbone.SpliceEnd;
import dev.ambit.identity.tls.PeerChain;
import dev.ambit.mesh.policy.ConnectionFacts;
import dev.ambit.mesh.policy.PolicySet;
import dev.ambit.mesh.policy.Verdict;
import dev.ambit.process.tls.PeerProof;
import dev.ambit.ztunnel.telemetry.OpenConnection;
import dev.ambit.ztunnel.telemetry.Outcome;
import dev.ambit.ztunnel.telemetry.Phase;
import dev.ambit.ztunnel.telemetry.ResponseFlag;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// A connection from being opened to its one outcome: registered while it lasts, reported once. On
/// its loop, but for `cut`.
public final class Carried implements TrackedConnection {
    private final EventLoop loop;
    private final ConnectionRegistry registry;
    private final OpenConnection report;
    private final Summary summary;
    private final Optional<ConnectionFacts> facts;
    private final long startedAt;
    private final LongSupplier nanoTime;
    private volatile @Nullable PeerProof proof;
    private @Nullable Splice splice;
    private @Nullable CutReason cut;
    private @Nullable Runnable whenCutBeforeJoin;
    private boolean ended;

    /// Registers it, so that it can be cut from here on.
    ///
    /// @param facts what policy judges again when policies change; empty for outbound
    public Carried(
            EventLoop loop,
            ConnectionRegistry registry,
            OpenConnection report,
            Summary summary,
            Optional<ConnectionFacts> facts,
            long startedAt,
            LongSupplier nanoTime) {
        this.loop = loop;
        this.registry = registry;
        this.report = report;
        this.summary = summary;
        this.facts = facts;
        this.startedAt = startedAt;
        this.nanoTime = nanoTime;
        registry.add(this);
    }

    /// What the handshake proved about the other end. A tunnel lives long, so whether that still
    /// counts is asked for each connection; from here on `cutRevoked` of the registry finds it.
    public void proven(PeerProof peer) {
        proof = peer;
        if (peer.chain().isRevoked()) {
            cut(new CutReason.CertificateRevoked());
        }
        report.handshake(
                peer.handshake().protocol(), peer.handshake().cipher(), peer.handshake().group());
    }

    /// What policy said of it, for the log and the audit of policies in dry run.
    public void judged(PolicySet policies, Verdict verdict) {
        facts.ifPresent(asked -> report.judged(policies, asked, verdict));
    }

    /// What to undo when it is cut before both ends are joined.
    public void whenCutBeforeJoin(Runnable undo) {
        whenCutBeforeJoin = undo;
    }

    public void join(Duplex downstream, Duplex upstream) {
        if (cut != null || ended) {
            var reason = new ResetReason(ResetReason.Kind.LOCAL, "cut before it began");
            downstream.reset(reason);
            upstream.reset(reason);
            return;
        }
        long joinedAt = nanoTime.getAsLong();
        splice =
                Splice.join(
                        downstream,
                        upstream,
                        this::spliced,
                        () -> report.took(Phase.FIRST_BYTE, nanoTime.getAsLong() - joinedAt));
    }

    private void spliced(SpliceEnd how) {
        end(outcome(how), how.down(), how.up());
    }

    private Outcome outcome(SpliceEnd how) {
        var by = cut;
        if (by != null) {
            return outcome(by);
        }
        if (how.reset().isEmpty()) {
            return Outcome.COMPLETED;
        }
        var reset = how.reset().get();
        var text =
                switch (reset.by()) {
                    case DOWNSTREAM -> "receive: " + reset.reason().detail();
                    case UPSTREAM -> "send: " + reset.reason().detail();
                    case LOCAL -> reset.reason().detail();
                };
        return new Outcome.Failed(ResponseFlag.CONNECT, text);
    }

    private static Outcome outcome(CutReason by) {
        return switch (by) {
            case CutReason.PolicyChange _ -> new Outcome.Refused(ResponseFlag.DENY, by.text());
            case CutReason.CertificateRevoked _ ->
                    new Outcome.Refused(ResponseFlag.CERT_REVOKED, by.text());
            case CutReason.PeerGaveUp _ -> new Outcome.Failed(ResponseFlag.CONNECT, by.text());
            case CutReason.DrainDeadline _, CutReason.PodRemoved _ ->
                    new Outcome.Drained(by.text());
        };
    }

    /// Ends it without a byte having moved.
    public void end(Outcome outcome) {
        end(outcome, 0, 0);
    }

    private void end(Outcome outcome, long received, long sent) {
        if (ended) {
            return;
        }
        ended = true;
        registry.remove(this);
        report.close(outcome, received, sent, Duration.ofNanos(nanoTime.getAsLong() - startedAt));
    }

    @Override
    public Summary summary() {
        return summary;
    }

    @Override
    public Optional<ConnectionFacts> facts() {
        return facts;
    }

    @Override
    public Optional<PeerChain> peer() {
        return Optional.ofNullable(proof).map(PeerProof::chain);
    }

    @Override
    public void cut(CutReason reason) {
        loop.execute(() -> {
            if (ended || cut != null) {
                return;
            }
            cut = reason;
            if (splice != null) {
                splice.cut(new ResetReason(ResetReason.Kind.LOCAL, reason.text()));
                return;
            }
            end(outcome(reason));
            if (whenCutBeforeJoin != null) {
                whenCutBeforeJoin.run();
            }
        });
    }
}
