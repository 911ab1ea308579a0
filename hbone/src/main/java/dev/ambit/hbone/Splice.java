package dev.ambit.hbone;

import io.netty.buffer.ByteBuf;
import java.util.Optional;
import java.util.function.Consumer;

/// Joins two ends: what one delivers, the other sends. An end of one direction is passed on as an
/// end, a reset as a reset; each side gets credit for what the other side has taken.
///
/// On the loop that both ends share; ends once, and says how.
public final class Splice {
    private final Duplex downstream;
    private final Duplex upstream;
    private final Consumer<SpliceEnd> whenEnded;
    private final Runnable whenAnswered;
    private final Half down;
    private final Half up;
    private boolean ended;

    private Splice(
            Duplex downstream,
            Duplex upstream,
            Consumer<SpliceEnd> whenEnded,
            Runnable whenAnswered) {
        if (downstream.loop() != upstream.loop()) {
            throw new IllegalArgumentException("splice: two loops (expected: one for both ends)");
        }
        this.downstream = downstream;
        this.upstream = upstream;
        this.whenEnded = whenEnded;
        this.whenAnswered = whenAnswered;
        this.down = new Half(downstream, upstream, SpliceEnd.End.DOWNSTREAM);
        this.up = new Half(upstream, downstream, SpliceEnd.End.UPSTREAM);
    }

    /// @param downstream who connected
    /// @param upstream who was connected to
    /// @param whenEnded called once
    public static Splice join(Duplex downstream, Duplex upstream, Consumer<SpliceEnd> whenEnded) {
        return join(downstream, upstream, whenEnded, () -> {});
    }

    /// @param whenAnswered called before the upstream's first bytes are passed on
    public static Splice join(
            Duplex downstream,
            Duplex upstream,
            Consumer<SpliceEnd> whenEnded,
            Runnable whenAnswered) {
        var splice = new Splice(downstream, upstream, whenEnded, whenAnswered);
        upstream.attach(splice.up);
        downstream.attach(splice.down);
        return splice;
    }

    /// Resets both ends.
    public void cut(ResetReason reason) {
        end(SpliceEnd.End.LOCAL, reason);
    }

    private void end(SpliceEnd.End by, ResetReason reason) {
        if (ended) {
            return;
        }
        ended = true;
        if (by != SpliceEnd.End.DOWNSTREAM) {
            downstream.reset(reason);
        }
        if (by != SpliceEnd.End.UPSTREAM) {
            upstream.reset(reason);
        }
        whenEnded.accept(
                new SpliceEnd(down.bytes, up.bytes, Optional.of(new SpliceEnd.Reset(by, reason))));
    }

    private void endIfDone() {
        if (down.finished && up.finished && !ended) {
            ended = true;
            whenEnded.accept(new SpliceEnd(down.bytes, up.bytes, Optional.empty()));
        }
    }

    /// One direction: the inlet of `from`, and what `to` reports having taken is credit for `from`.
    private final class Half implements Duplex.Inlet {
        private final Duplex from;
        private final Duplex to;
        private final SpliceEnd.End source;
        private long bytes;
        private boolean finished;

        Half(Duplex from, Duplex to, SpliceEnd.End source) {
            this.from = from;
            this.to = to;
            this.source = source;
        }

        @Override
        public void onBytes(ByteBuf data) {
            if (bytes == 0 && source == SpliceEnd.End.UPSTREAM) {
                whenAnswered.run();
            }
            bytes += data.readableBytes();
            to.write(data);
        }

        @Override
        public void onBurstEnd() {
            to.flush();
        }

        @Override
        public void onEnd() {
            finished = true;
            to.endOutput();
            endIfDone();
        }

        @Override
        public void onReset(ResetReason reason) {
            end(source, reason);
        }

        /// `from` took what came from the other end.
        @Override
        public void onTaken(int taken) {
            to.grant(taken);
        }
    }
}
