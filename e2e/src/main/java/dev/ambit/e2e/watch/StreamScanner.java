package dev.ambit.e2e.watch;

import java.nio.ByteBuffer;
import java.util.TreeMap;

/// Looks for a byte string in one direction of a connection, also where it lies across segments.
/// Segments may come twice, overlap, or out of order; what is missing for good (a lost frame of the
/// capture) is stepped over when too much waits behind it.
final class StreamScanner {
    private static final long MOST_WAITING_BYTES = 8L * 1024 * 1024;

    private final byte[] marker;
    private final TreeMap<Long, byte[]> waiting = new TreeMap<>();
    private long waitingBytes;
    private long next = -1;
    private byte[] tail = new byte[0];
    private boolean found;

    StreamScanner(byte[] marker) {
        this.marker = marker.clone();
    }

    /// A new connection with the same addresses and ports begins.
    ///
    /// @param sequence of its first byte
    void opens(int sequence) {
        finish();
        next = Integer.toUnsignedLong(sequence);
        tail = new byte[0];
    }

    /// @param sequence 32 bits, wraps around
    void segment(int sequence, ByteBuffer payload) {
        if (found || !payload.hasRemaining()) {
            return;
        }
        byte[] bytes = new byte[payload.remaining()];
        payload.duplicate().get(bytes);
        long at = next < 0 ? Integer.toUnsignedLong(sequence) : unwrap(sequence);
        if (next < 0) {
            next = at;
        }
        // By itself too: whatever confuses the order must not hide what a single segment shows.
        if (contains(bytes, marker)) {
            found = true;
            return;
        }
        if (at + bytes.length <= next) {
            return;
        }
        byte[] before = waiting.put(at, bytes);
        waitingBytes += bytes.length - (before == null ? 0 : before.length);
        drain(false);
        if (waitingBytes > MOST_WAITING_BYTES) {
            drain(true);
        }
    }

    /// The end of the capture: what waits for missing bytes is looked at as it is.
    boolean finish() {
        while (!found && !waiting.isEmpty()) {
            drain(true);
        }
        return found;
    }

    private long unwrap(int sequence) {
        return next + (sequence - (int) next);
    }

    private void drain(boolean skipGap) {
        boolean skip = skipGap;
        while (!found && !waiting.isEmpty()) {
            var first = waiting.firstEntry();
            if (first.getKey() > next) {
                if (!skip) {
                    return;
                }
                next = first.getKey();
                tail = new byte[0];
            }
            skip = false;
            waiting.pollFirstEntry();
            waitingBytes -= first.getValue().length;
            int known = (int) Math.min(next - first.getKey(), first.getValue().length);
            accept(first.getValue(), known);
        }
    }

    private void accept(byte[] bytes, int from) {
        int fresh = bytes.length - from;
        if (fresh <= 0) {
            return;
        }
        byte[] joined = new byte[tail.length + fresh];
        System.arraycopy(tail, 0, joined, 0, tail.length);
        System.arraycopy(bytes, from, joined, tail.length, fresh);
        found = contains(joined, marker);
        int keep = Math.min(joined.length, marker.length - 1);
        tail = java.util.Arrays.copyOfRange(joined, joined.length - keep, joined.length);
        next += fresh;
    }

    static boolean contains(byte[] text, byte[] wanted) {
        for (int at = 0; at <= text.length - wanted.length; at++) {
            if (text[at] == wanted[0] && matches(text, at, wanted)) {
                return true;
            }
        }
        return false;
    }

    private static boolean matches(byte[] text, int at, byte[] wanted) {
        for (int i = 1; i < wanted.length; i++) {
            if (text[at + i] != wanted[i]) {
                return false;
            }
        }
        return true;
    }
}
