package dev.ambit.waypoint.proxy;

import dev.ambit.hbone.Duplex;
import dev.ambit.hbone.ResetReason;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/// Keeps what is delivered as text.
record Reading(StringBuilder text) implements Duplex.Inlet {
    @Override
    public void onBytes(ByteBuf bytes) {
        text.append(bytes.toString(StandardCharsets.ISO_8859_1));
        bytes.release();
    }

    @Override
    public void onBurstEnd() {}

    @Override
    public void onEnd() {}

    @Override
    public void onReset(ResetReason reason) {}

    @Override
    public void onTaken(int bytes) {}
}
