package dev.ambit.waypoint.http2;

/// Streams that we reset lately: frames that crossed our RST_STREAM are no error of the peer's (RFC
/// 9113 section 5.1). The oldest is forgotten.
final class ResetStreams {
    private static final int KEPT = 1_024;

    private int[] ids = new int[16];
    private int added;

    void add(int id) {
        if (added == ids.length && added < KEPT) {
            ids = java.util.Arrays.copyOf(ids, 2 * added);
        }
        ids[added % ids.length] = id;
        added = added + 1 == 2 * KEPT ? KEPT : added + 1;
    }

    boolean contains(int id) {
        for (int at = 0; at < Math.min(added, ids.length); at++) {
            if (ids[at] == id) {
                return true;
            }
        }
        return false;
    }
}
