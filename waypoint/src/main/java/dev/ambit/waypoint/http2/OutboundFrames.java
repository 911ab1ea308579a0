package dev.ambit.waypoint.http2;

/// Frames that were written and not taken yet, oldest first, by length: what a peer that asks and
/// does not read makes us hold.
final class OutboundFrames {
    /// Length, shifted by one; the lowest bit marks a control frame.
    private int[] ring = new int[64];

    private int first;
    private int count;
    private int control;
    private long takenOfFirst;

    int count() {
        return count;
    }

    /// PING, SETTINGS, RST_STREAM: answers that the peer can ask for.
    int control() {
        return control;
    }

    void add(int bytes, boolean isControl) {
        if (count == ring.length) {
            grow();
        }
        ring[(first + count) & (ring.length - 1)] = bytes << 1 | (isControl ? 1 : 0);
        count++;
        control += isControl ? 1 : 0;
    }

    private void grow() {
        var larger = new int[2 * ring.length];
        for (int i = 0; i < count; i++) {
            larger[i] = ring[(first + i) & (ring.length - 1)];
        }
        ring = larger;
        first = 0;
    }

    void taken(int bytes) {
        takenOfFirst += bytes;
        while (count > 0 && takenOfFirst >= ring[first] >>> 1) {
            takenOfFirst -= ring[first] >>> 1;
            control -= ring[first] & 1;
            first = (first + 1) & (ring.length - 1);
            count--;
        }
    }
}
