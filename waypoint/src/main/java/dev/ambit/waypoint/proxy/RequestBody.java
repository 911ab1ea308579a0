package dev.ambit.waypoint.proxy;

import dev.ambit.waypoint.http.Headers;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/// A request's body on its way: what has come and is not sent yet and, as long as there may be
/// another attempt or a mirror, what was sent already. On the exchange's loop; owns its buffers.
///
/// Credit goes back to the caller for bytes that an upstream has taken for the first time, so what
/// is here beyond the kept bytes is bounded by the downstream's own limit. When stages change the
/// body, what was taken is compared with what was changed, and the whole is settled whenever
/// nothing is under way.
final class RequestBody {
    private final IntConsumer grant;
    private final List<ByteBuf> chunks = new ArrayList<>(2);
    private boolean keeping;
    private boolean changed;

    /// Bytes in `chunks`.
    private int held;

    /// Bytes offered, after changes.
    private long offered;

    /// The furthest that an upstream has taken.
    private long taken;

    /// Bytes that came and for which credit is not returned.
    private int owed;

    private @Nullable Headers trailers;
    private boolean released;

    /// @param grant returns credit to the caller
    RequestBody(IntConsumer grant) {
        this.grant = grant;
    }

    /// One attempt's place in the body.
    final class Reader {
        private int next;
        private long taken;
        private boolean endTold;

        /// Hands everything that is there to `sink`.
        void pump(Sink sink) {
            if (keeping) {
                while (next < chunks.size()) {
                    sink.data(chunks.get(next++).retainedDuplicate());
                }
            } else {
                handOver(sink);
            }
            var end = trailers;
            if (end != null && !endTold) {
                endTold = true;
                sink.end(end);
            }
        }

        private void handOver(Sink sink) {
            if (chunks.isEmpty()) {
                return;
            }
            for (int at = 0; at < chunks.size(); at++) {
                if (at < next) {
                    chunks.get(at).release();
                } else {
                    sink.data(chunks.get(at));
                }
            }
            chunks.clear();
            held = 0;
            next = 0;
        }

        /// The head went out as the whole of the request.
        void endTold() {
            endTold = true;
        }

        void taken(int bytes) {
            taken += bytes;
            if (taken > RequestBody.this.taken) {
                settle(taken - RequestBody.this.taken);
            }
        }
    }

    /// Where a body goes.
    interface Sink {
        /// Ownership passes.
        void data(ByteBuf bytes);

        void end(Headers trailers);
    }

    Reader reader() {
        return new Reader();
    }

    private void settle(long more) {
        taken += more;
        int back = changed && taken == offered ? owed : (int) Math.min(owed, more);
        if (back > 0) {
            owed -= back;
            grant.accept(back);
        }
    }

    /// @param came bytes as they came from the caller
    /// @param bytes the same, possibly changed; ownership passes
    void offer(int came, ByteBuf bytes) {
        owed += came;
        int size = bytes.readableBytes();
        offered += size;
        if (released || size == 0) {
            bytes.release();
        } else {
            held += size;
            chunks.add(bytes);
        }
        if (changed && taken == offered) {
            settle(0);
        }
    }

    /// Replaces what has come so far by `with`.
    void change(java.util.function.UnaryOperator<ByteBuf> with) {
        changed = true;
        held = 0;
        offered = 0;
        for (int at = 0; at < chunks.size(); at++) {
            // One that throws has released what it was given.
            var bytes = with.apply(chunks.set(at, Unpooled.EMPTY_BUFFER));
            chunks.set(at, bytes);
            held += bytes.readableBytes();
            offered += bytes.readableBytes();
        }
        taken = owed == 0 ? offered : 0;
    }

    /// Whether stages change what is offered.
    void changes() {
        changed = true;
    }

    /// Returns credit for bytes that a stage waits for, before anybody has taken them.
    void grantAhead() {
        if (owed > 0) {
            int back = owed;
            owed = 0;
            taken = Math.max(taken, offered);
            grant.accept(back);
        }
    }

    void end(Headers last) {
        trailers = last;
    }

    boolean ended() {
        return trailers != null;
    }

    @Nullable Headers trailers() {
        return trailers;
    }

    /// Whether it has ended without a byte and without trailers.
    boolean isNothing() {
        var end = trailers;
        return end != null && offered == 0 && end.isEmpty();
    }

    int held() {
        return held;
    }

    boolean keeping() {
        return keeping;
    }

    /// From the first byte on, or never.
    void keep() {
        keeping = true;
    }

    /// There will be no further attempt: what `reader` was given goes; what it was not given it
    /// will get.
    ///
    /// @param reader the last one; null where there is none
    void stopKeeping(@Nullable Reader reader) {
        if (!keeping) {
            return;
        }
        keeping = false;
        int given = reader == null ? 0 : reader.next;
        for (int at = 0; at < given; at++) {
            held -= chunks.get(at).readableBytes();
            chunks.get(at).release();
        }
        chunks.subList(0, given).clear();
        if (reader != null) {
            reader.next = 0;
        }
    }

    /// What has come, for somebody who only looks; the caller releases it.
    ///
    /// @param most bytes
    ByteBuf view(int most) {
        if (chunks.isEmpty()) {
            return Unpooled.EMPTY_BUFFER;
        }
        if (chunks.size() == 1) {
            var only = chunks.getFirst().retainedDuplicate();
            return only.writerIndex(only.readerIndex() + Math.min(most, only.readableBytes()));
        }
        var all = ByteBufAllocator.DEFAULT.compositeBuffer(chunks.size());
        for (var chunk : chunks) {
            all.addComponent(true, chunk.retainedDuplicate());
        }
        return all.writerIndex(Math.min(most, all.readableBytes()));
    }

    void release() {
        released = true;
        chunks.forEach(ByteBuf::release);
        chunks.clear();
        held = 0;
    }
}
