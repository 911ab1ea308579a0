package dev.ambit.waypoint.proxy;

import dev.ambit.hbone.Duplex;
import dev.ambit.hbone.ResetReason;
import dev.ambit.waypoint.http.ProtocolSniffer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/// A caller who stayed silent on a port of either kind, and so counts as one whose server speaks
/// first. When it speaks HTTP after all it is cut off: by waiting it would have got around all
/// rules about requests. On its loop.
final class SilentCaller implements Duplex, Duplex.Inlet {
    private final Duplex under;
    private final ProtocolSniffer sniffer = new ProtocolSniffer(true, false);
    private final ArrayDeque<ByteBuf> kept = new ArrayDeque<>(1);
    private @Nullable Inlet inlet;
    private boolean decided;
    private boolean gone;

    SilentCaller(Duplex under) {
        this.under = under;
    }

    private void look() {
        if (decided || gone || kept.isEmpty()) {
            return;
        }
        var all = Unpooled.compositeBuffer(Math.max(2, kept.size()));
        kept.forEach(bytes -> all.addComponent(true, bytes.retainedSlice()));
        ProtocolSniffer.Decision decision;
        try {
            decision = sniffer.look(all);
        } finally {
            all.release();
        }
        switch (decision) {
            case ProtocolSniffer.NeedMore() -> {}
            case ProtocolSniffer.Other(), ProtocolSniffer.Tls _ -> deliver();
            case ProtocolSniffer.Http1(),
                    ProtocolSniffer.Http10(),
                    ProtocolSniffer.H2c(),
                    ProtocolSniffer.Refused _ ->
                    cut();
        }
    }

    private void deliver() {
        decided = true;
        var to = inlet;
        if (to == null) {
            return;
        }
        while (!kept.isEmpty() && !gone) {
            to.onBytes(kept.removeFirst());
        }
    }

    private void cut() {
        var why =
                new ResetReason(
                        ResetReason.Kind.LOCAL,
                        "HTTP from a caller that had stayed silent (expected: at once)");
        var to = inlet;
        reset(why);
        if (to != null) {
            to.onReset(why);
        }
    }

    // ---- as a duplex

    @Override
    public EventLoop loop() {
        return under.loop();
    }

    @Override
    public void attach(Inlet to) {
        inlet = to;
        under.attach(this);
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
        gone = true;
        kept.forEach(ByteBuf::release);
        kept.clear();
        under.reset(reason);
    }

    @Override
    public void grant(int bytes) {
        under.grant(bytes);
    }

    // ---- as the inlet of the one beneath

    @Override
    public void onBytes(ByteBuf bytes) {
        var to = inlet;
        if (gone) {
            bytes.release();
        } else if (decided && to != null) {
            to.onBytes(bytes);
        } else {
            kept.add(bytes);
        }
    }

    @Override
    public void onBurstEnd() {
        look();
        if (decided && !gone && inlet != null) {
            inlet.onBurstEnd();
        }
    }

    @Override
    public void onEnd() {
        look();
        if (!gone && inlet != null) {
            if (!decided) {
                deliver();
            }
            inlet.onEnd();
        }
    }

    @Override
    public void onReset(ResetReason reason) {
        gone = true;
        kept.forEach(ByteBuf::release);
        kept.clear();
        if (inlet != null) {
            inlet.onReset(reason);
        }
    }

    @Override
    public void onTaken(int bytes) {
        if (!gone && inlet != null) {
            inlet.onTaken(bytes);
        }
    }
}
