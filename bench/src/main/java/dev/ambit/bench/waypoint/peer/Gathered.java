package dev.ambit.bench.waypoint.peer;

import dev.ambit.hbone.Duplex;
import dev.ambit.hbone.ResetReason;
import io.netty.buffer.ByteBuf;

/// Bytes of one connection that wait until a whole message is there.
abstract class Gathered implements Duplex.Inlet {
    /// From here on the front of the buffer is reused.
    private static final int DISCARD_AFTER = 32 << 10;

    final Duplex duplex;
    private final ByteBuf pending;

    Gathered(Duplex duplex, ByteBuf pending) {
        this.duplex = duplex;
        this.pending = pending;
    }

    /// Takes whole messages out, leaves the rest.
    abstract void parse(ByteBuf in);

    /// The connection is over, whoever ended it.
    abstract void ended();

    @Override
    public final void onBytes(ByteBuf bytes) {
        int count = bytes.readableBytes();
        if (pending.isReadable()) {
            pending.writeBytes(bytes);
            parse(pending);
            rest();
        } else {
            parse(bytes);
            if (bytes.isReadable()) {
                pending.clear().writeBytes(bytes);
            }
        }
        bytes.release();
        duplex.grant(count);
    }

    private void rest() {
        if (!pending.isReadable()) {
            pending.clear();
        } else if (pending.readerIndex() > DISCARD_AFTER) {
            pending.discardReadBytes();
        }
    }

    @Override
    public final void onBurstEnd() {
        duplex.flush();
    }

    @Override
    public final void onEnd() {
        duplex.endOutput();
        close();
    }

    @Override
    public final void onReset(ResetReason reason) {
        close();
    }

    private void close() {
        ended();
        if (pending.refCnt() > 0) {
            pending.release();
        }
    }

    @Override
    public void onTaken(int bytes) {}
}
