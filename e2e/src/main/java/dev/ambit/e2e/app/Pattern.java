package dev.ambit.e2e.app;

/// Bytes that both ends can compute: at each offset one, with a period that no power of two
/// divides, so that a lost, doubled or moved block shows.
public final class Pattern {
    private static final int PERIOD = 251;

    private Pattern() {}

    public static byte at(long offset) {
        return (byte) (offset % PERIOD);
    }

    /// Fills the whole array as it stands at `offset` of the stream.
    public static void fill(byte[] target, long offset) {
        for (int i = 0; i < target.length; i++) {
            target[i] = at(offset + i);
        }
    }

    /// The first index below `length` at which the array differs from the stream, or -1.
    public static int firstDifference(byte[] actual, int length, long offset) {
        for (int i = 0; i < length; i++) {
            if (actual[i] != at(offset + i)) {
                return i;
            }
        }
        return -1;
    }
}
