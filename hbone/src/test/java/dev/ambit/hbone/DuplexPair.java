package dev.ambit.hbone;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/// Two ends of a wire in memory, on one loop. What one end writes, the other gets by a task of the
/// loop, as far as its window allows.
final class DuplexPair {
    final End near;
    final End far;
    private final EventLoop loop;
    private final int window;

    DuplexPair(EventLoop loop, int window) {
        this.loop = loop;
        this.window = window;
        near = new End();
        far = new End();
        near.other = far;
        far.other = near;
    }

    final class End implements Duplex {
        private @Nullable End other;
        private @Nullable Inlet inlet;
        private final ArrayDeque<ByteBuf> queue = new ArrayDeque<>();
        private int outstanding;
        private boolean ended;
        private boolean endTold;
        private boolean gone;

        @Override
        public EventLoop loop() {
            return loop;
        }

        @Override
        public void attach(Inlet to) {
            inlet = to;
            deliverLater();
        }

        @Override
        public void write(ByteBuf bytes) {
            if (gone || peer().gone) {
                bytes.release();
                return;
            }
            peer().queue.add(bytes);
        }

        private End peer() {
            return java.util.Objects.requireNonNull(other);
        }

        @Override
        public void flush() {
            peer().deliverLater();
        }

        private void deliverLater() {
            loop.execute(this::deliver);
        }

        private void deliver() {
            var to = inlet;
            if (to == null || gone) {
                return;
            }
            boolean any = false;
            int most = window - outstanding;
            for (int burst = 0; !queue.isEmpty() && burst < most; ) {
                var bytes = queue.remove();
                int length = bytes.readableBytes();
                outstanding += length;
                burst += length;
                any = true;
                to.onBytes(bytes);
                var back = peer().inlet;
                if (back != null && !peer().gone) {
                    back.onTaken(length);
                }
            }
            if (any) {
                to.onBurstEnd();
            }
            if (queue.isEmpty() && ended && !endTold && !gone) {
                endTold = true;
                to.onEnd();
            }
        }

        @Override
        public void endOutput() {
            peer().ended = true;
            peer().deliverLater();
        }

        @Override
        public void reset(ResetReason reason) {
            if (gone) {
                return;
            }
            gone = true;
            queue.forEach(ByteBuf::release);
            queue.clear();
            var to = peer();
            loop.execute(() -> {
                to.queue.forEach(ByteBuf::release);
                to.queue.clear();
                if (!to.gone && to.inlet != null) {
                    to.gone = true;
                    to.inlet.onReset(new ResetReason(ResetReason.Kind.PEER, reason.detail()));
                }
            });
        }

        @Override
        public void grant(int bytes) {
            outstanding -= bytes;
            deliverLater();
        }
    }
}
