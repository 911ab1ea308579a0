package dev.ambit.waypoint.http2;

/// Strings compressed by HPACK's code (RFC 7541 section 5.2), read four bits at a time. The code is
/// canonical, so the lengths of appendix B are all that there is to know.
final class Huffman {
    /// A string that breaks section 5.2: padding that is too long, or not of ones, or EOS.
    static final int BROKEN = -1;

    /// By symbol, the last is EOS: digits are 0 to 9, letters go on from 10.
    private static final String LENGTHS =
            "dnsssssssoussussssssssusssssssss6aacd68baa8b8666555666666678f6ca"
                    + "d67777777777777777777777878djde6f56565666577666567655677777fbeds"
                    + "kmkkmmmnmnnnnnonoomnonnnnlmnmnnomlkmmnnlnmmolmnnllmlnmnnkmmmnmmn"
                    + "qqkjmnmpqqqrrqopjlqrrqrollqqsrrrkoklmllnmmppooqnqrqqrrrrrsrrrrrq"
                    + "u";

    private static final int EOS = 256;
    private static final int NODES = 256;
    private static final int DEAD = 0x1ff;
    private static final int EMITS = 0x2_0000;

    /// By state and four bits: the next state, `EMITS` and the octet.
    private static final int[] STEPS = new int[NODES * 16];

    /// Whether a string may end in a state: on fewer than eight ones.
    private static final boolean[] MAY_END = new boolean[NODES];

    static {
        build();
    }

    private Huffman() {}

    private static void build() {
        int[][] children = new int[NODES][2];
        int nodes = 1;
        int code = 0;
        for (int length = 1; length <= 30; length++) {
            for (int symbol = 0; symbol <= EOS; symbol++) {
                if (Character.digit(LENGTHS.charAt(symbol), 36) == length) {
                    nodes = plant(children, nodes, code++, length, symbol);
                }
            }
            code <<= 1;
        }
        for (int node = 0; node < NODES; node++) {
            for (int bits = 0; bits < 16; bits++) {
                STEPS[node * 16 + bits] = step(children, node, bits);
            }
        }
        int node = 0;
        for (int ones = 0; ones < 8; ones++) {
            MAY_END[node] = true;
            node = children[node][1];
        }
    }

    /// Leaves are negative: `-1 - symbol`.
    private static int plant(int[][] children, int nodes, int code, int length, int symbol) {
        int node = 0;
        int free = nodes;
        for (int bit = length - 1; bit > 0; bit--) {
            int way = (code >> bit) & 1;
            if (children[node][way] == 0) {
                children[node][way] = free++;
            }
            node = children[node][way];
        }
        children[node][code & 1] = -1 - symbol;
        return free;
    }

    private static int step(int[][] children, int from, int bits) {
        int node = from;
        int emitted = 0;
        for (int bit = 3; bit >= 0; bit--) {
            node = children[node][(bits >> bit) & 1];
            if (node < 0) {
                int symbol = -1 - node;
                if (symbol == EOS) {
                    return DEAD;
                }
                emitted = EMITS | symbol << 9;
                node = 0;
            }
        }
        return emitted | node;
    }

    /// The most octets that `length` compressed ones become: the shortest code has five bits.
    static int mostDecoded(int length) {
        return length * 8 / 5 + 1;
    }

    /// @return the octets written to `out`, or `BROKEN`
    static int decode(byte[] in, int from, int to, byte[] out) {
        int state = 0;
        int length = 0;
        for (int at = from; at < to; at++) {
            int step = STEPS[state * 16 + ((in[at] >> 4) & 0xf)];
            if ((step & EMITS) != 0) {
                out[length++] = (byte) (step >> 9);
            }
            state = step & 0x1ff;
            if (state == DEAD) {
                return BROKEN;
            }
            step = STEPS[state * 16 + (in[at] & 0xf)];
            if ((step & EMITS) != 0) {
                out[length++] = (byte) (step >> 9);
            }
            state = step & 0x1ff;
            if (state == DEAD) {
                return BROKEN;
            }
        }
        return MAY_END[state] ? length : BROKEN;
    }
}
