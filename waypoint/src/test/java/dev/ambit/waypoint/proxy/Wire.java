package dev.ambit.waypoint.proxy;

import dev.ambit.hbone.Duplex;
import dev.ambit.hbone.ResetReason;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/// A connection in memory, both ends on one loop. Bytes travel when the loop runs; what an end has
/// not given back as credit is no more than `window`.
final class Wire {
    private final EventLoop loop;
    private final int window;
    final End one = new End();
    final End other = new End();

    Wire(EventLoop loop, int window) {
        this.loop = loop;
        this.window = window;
        one.peer = other;
        other.peer = one;
    }

    final class End implements Duplex {
        private @Nullable End peer;
        private @Nullable Inlet inlet;
        private final ArrayDeque<ByteBuf> unflushed = new ArrayDeque<>();
        private final ArrayDeque<ByteBuf> flying = new ArrayDeque<>();
        private int outstanding;
        private boolean ending;
        private boolean endTold;
        private boolean gone;
        boolean stopped;

        private End peer() {
            return java.util.Objects.requireNonNull(peer);
        }

        /// Brings what is on its way to this end.
        private void arrive() {
            var to = inlet;
            if (to == null || gone || stopped) {
                return;
            }
            boolean any = false;
            while (!flying.isEmpty() && outstanding < window && !gone) {
                var bytes = flying.removeFirst();
                int size = bytes.readableBytes();
                int some = Math.min(size, window - outstanding);
                if (some < size) {
                    flying.addFirst(bytes.retainedSlice(bytes.readerIndex() + some, size - some));
                    var part = bytes.readRetainedSlice(some);
                    bytes.release();
                    bytes = part;
                }
                outstanding += some;
                any = true;
                to.onBytes(bytes);
                var from = peer();
                if (from.inlet != null && !from.gone) {
                    from.inlet.onTaken(some);
                }
            }
            if (any && !gone) {
                to.onBurstEnd();
            }
            if (flying.isEmpty() && peer().ending && !endTold && !gone) {
                endTold = true;
                to.onEnd();
            }
        }

        private void later() {
            loop.execute(this::arrive);
        }

        @Override
        public EventLoop loop() {
            return loop;
        }

        @Override
        public void attach(Inlet to) {
            inlet = to;
            later();
        }

        @Override
        public void write(ByteBuf bytes) {
            if (gone || ending || peer().gone) {
                bytes.release();
            } else {
                unflushed.add(bytes);
            }
        }

        @Override
        public void flush() {
            peer().flying.addAll(unflushed);
            unflushed.clear();
            peer().later();
        }

        @Override
        public void endOutput() {
            flush();
            ending = true;
            peer().later();
        }

        @Override
        public void reset(ResetReason reason) {
            if (gone) {
                return;
            }
            release();
            var to = peer();
            to.release();
            loop.execute(() -> {
                if (to.inlet != null && !to.endTold) {
                    to.inlet.onReset(new ResetReason(ResetReason.Kind.PEER, reason.detail()));
                }
            });
        }

        void release() {
            gone = true;
            unflushed.forEach(ByteBuf::release);
            flying.forEach(ByteBuf::release);
            unflushed.clear();
            flying.clear();
        }

        @Override
        public void grant(int bytes) {
            outstanding -= bytes;
            later();
        }
    }
}
