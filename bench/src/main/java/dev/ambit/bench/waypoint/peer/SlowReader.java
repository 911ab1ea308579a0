package dev.ambit.bench.waypoint.peer;

import dev.ambit.hbone.Duplex;
import dev.ambit.hbone.ResetReason;
import io.netty.buffer.ByteBuf;

/// Asks for a big answer and reads no more of it than arrives without being asked for.
final class SlowReader implements Duplex.Inlet {
    private long read;
    private boolean over;

    long read() {
        return read;
    }

    boolean isOver() {
        return over;
    }

    @Override
    public void onBytes(ByteBuf bytes) {
        read += bytes.readableBytes();
        bytes.release();
    }

    @Override
    public void onBurstEnd() {}

    @Override
    public void onEnd() {
        over = true;
    }

    @Override
    public void onReset(ResetReason reason) {
        over = true;
    }

    @Override
    public void onTaken(int bytes) {}
}
