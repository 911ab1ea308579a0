package dev.ambit.hbone;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;

/// What a duplex delivered, as text, and how it ended.
final class CollectingInlet implements Duplex.Inlet {
    final StringBuilder text = new StringBuilder();
    final List<ResetReason> resets = new ArrayList<>();
    int bytes;
    int ends;
    int taken;

    @Override
    public void onBytes(ByteBuf more) {
        bytes += more.readableBytes();
        text.append(more.toString(UTF_8));
        more.release();
    }

    @Override
    public void onBurstEnd() {}

    @Override
    public void onEnd() {
        ends++;
    }

    @Override
    public void onReset(ResetReason reason) {
        resets.add(reason);
    }

    @Override
    public void onTaken(int more) {
        taken += more;
    }
}
