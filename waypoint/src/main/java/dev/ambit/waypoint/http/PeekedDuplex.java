package dev.ambit.waypoint.http;

import dev.ambit.hbone.Duplex;
import dev.ambit.hbone.ResetReason;
import dev.ambit.waypoint.http.ProtocolSniffer.Decision;
import dev.ambit.waypoint.http.ProtocolSniffer.NeedMore;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/// A connection whose first bytes are looked at, and then delivered as if they had not been.
///
/// The listener is told the decision once, and attaches an inlet then, or later. It may attach
/// before, when it will not wait any longer (a server that speaks first would be waited for without
/// end): then there is no decision. How long to wait is its business. What is kept meanwhile is
/// bounded by the sniffer's limits, and by the credit of the connection.
public final class PeekedDuplex implements Duplex, Duplex.Inlet {
    /// Who waits for the decision.
    public interface Listener {
        /// Not `NeedMore`. With `Refused` the connection is to be reset.
        void onDecided(Decision decision);

        /// The connection was lost before.
        void onLost(ResetReason reason);
    }

    private final Duplex duplex;
    private final ProtocolSniffer sniffer;
    private final Listener listener;
    private final ArrayDeque<ByteBuf> kept = new ArrayDeque<>(4);
    private @Nullable Inlet inlet;
    private @Nullable ResetReason lost;
    private boolean decided;
    private boolean ended;
    private boolean gone;

    private PeekedDuplex(Duplex duplex, ProtocolSniffer sniffer, Listener listener) {
        this.duplex = duplex;
        this.sniffer = sniffer;
        this.listener = listener;
    }

    /// Starts to look; may decide before it returns.
    public static PeekedDuplex over(Duplex duplex, ProtocolSniffer sniffer, Listener listener) {
        var peeked = new PeekedDuplex(duplex, sniffer, listener);
        duplex.attach(peeked);
        return peeked;
    }

    @Override
    public void attach(Inlet to) {
        decided = true;
        inlet = to;
        var failed = lost;
        if (failed != null) {
            to.onReset(failed);
            return;
        }
        if (!kept.isEmpty()) {
            ByteBuf bytes;
            while ((bytes = kept.poll()) != null) {
                to.onBytes(bytes);
            }
            to.onBurstEnd();
        }
        if (ended && !gone) {
            to.onEnd();
        }
    }

    private void look() {
        if (decided) {
            return;
        }
        var only = kept.size() == 1 ? kept.peek() : null;
        Decision decision;
        if (only != null) {
            decision = sniffer.look(only);
        } else {
            CompositeByteBuf all = Unpooled.compositeBuffer(Math.max(2, kept.size()));
            try {
                for (var bytes : kept) {
                    all.addComponent(true, bytes.retainedSlice());
                }
                decision = sniffer.look(all);
            } finally {
                all.release();
            }
        }
        if (!(decision instanceof NeedMore)) {
            decide(decision);
        }
    }

    private void decide(Decision decision) {
        if (!decided) {
            decided = true;
            listener.onDecided(decision);
        }
    }

    // From the connection.

    @Override
    public void onBytes(ByteBuf bytes) {
        var to = inlet;
        if (to != null) {
            to.onBytes(bytes);
        } else {
            kept.add(bytes);
        }
    }

    @Override
    public void onBurstEnd() {
        var to = inlet;
        if (to != null) {
            to.onBurstEnd();
        } else {
            look();
        }
    }

    @Override
    public void onEnd() {
        ended = true;
        var to = inlet;
        if (to != null) {
            to.onEnd();
            return;
        }
        look();
        decide(ProtocolSniffer.giveUp());
    }

    @Override
    public void onReset(ResetReason reason) {
        var to = inlet;
        if (to != null) {
            to.onReset(reason);
            return;
        }
        lost = reason;
        release();
        if (!decided) {
            decided = true;
            listener.onLost(reason);
        }
    }

    @Override
    public void onTaken(int bytes) {
        var to = inlet;
        if (to != null) {
            to.onTaken(bytes);
        }
    }

    private void release() {
        ByteBuf bytes;
        while ((bytes = kept.poll()) != null) {
            bytes.release();
        }
    }

    // To the connection.

    @Override
    public EventLoop loop() {
        return duplex.loop();
    }

    @Override
    public void write(ByteBuf bytes) {
        duplex.write(bytes);
    }

    @Override
    public void flush() {
        duplex.flush();
    }

    @Override
    public void endOutput() {
        duplex.endOutput();
    }

    @Override
    public void reset(ResetReason reason) {
        gone = true;
        decided = true;
        release();
        duplex.reset(reason);
    }

    @Override
    public void grant(int bytes) {
        duplex.grant(bytes);
    }
}
