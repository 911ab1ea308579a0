package dev.ambit.waypoint.pool;

import dev.ambit.hbone.Duplex;
import dev.ambit.hbone.ResetReason;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import org.jspecify.annotations.Nullable;

/// A duplex that begins with bytes of our own: they are nobody's credit.
final class WithPrelude implements Duplex {
    private final Duplex under;
    private @Nullable ByteBuf prelude;
    private int own;

    WithPrelude(Duplex under, ByteBuf prelude) {
        this.under = under;
        this.prelude = prelude;
        this.own = prelude.readableBytes();
    }

    @Override
    public EventLoop loop() {
        return under.loop();
    }

    @Override
    public void attach(Inlet inlet) {
        under.attach(new Told(inlet));
        var first = prelude;
        prelude = null;
        if (first != null) {
            under.write(first);
            under.flush();
        }
    }

    private final class Told implements Inlet {
        private final Inlet inlet;

        Told(Inlet inlet) {
            this.inlet = inlet;
        }

        @Override
        public void onBytes(ByteBuf bytes) {
            inlet.onBytes(bytes);
        }

        @Override
        public void onBurstEnd() {
            inlet.onBurstEnd();
        }

        @Override
        public void onEnd() {
            inlet.onEnd();
        }

        @Override
        public void onReset(ResetReason reason) {
            inlet.onReset(reason);
        }

        @Override
        public void onTaken(int bytes) {
            int ours = Math.min(own, bytes);
            own -= ours;
            if (bytes > ours) {
                inlet.onTaken(bytes - ours);
            }
        }
    }

    @Override
    public void write(ByteBuf bytes) {
        under.write(bytes);
    }

    @Override
    public void flush() {
        under.flush();
    }

    @Override
    public void endOutput() {
        under.endOutput();
    }

    @Override
    public void reset(ResetReason reason) {
        if (prelude != null) {
            prelude.release();
            prelude = null;
        }
        under.reset(reason);
    }

    @Override
    public void grant(int bytes) {
        under.grant(bytes);
    }
}
