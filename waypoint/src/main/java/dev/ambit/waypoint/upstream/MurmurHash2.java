package dev.ambit.waypoint.upstream;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// MurmurHash64A with the seed of libstdc++'s `std::hash`: the other function of Envoy's rings.
final class MurmurHash2 {
    private static final long SEED = 0xC70F6907L;
    private static final long M = 0xC6A4A7935BD1E995L;
    private static final int SHIFT = 47;
    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private MurmurHash2() {}

    /// @param length of `in` that counts
    static long hash(byte[] in, int length) {
        long hash = SEED ^ length * M;
        int at = 0;
        for (; at <= length - 8; at += 8) {
            hash = (hash ^ mix((long) LONG.get(in, at))) * M;
        }
        if (at < length) {
            long rest = 0;
            for (int i = length - 1; i >= at; i--) {
                rest = rest << 8 | in[i] & 0xFF;
            }
            hash = (hash ^ rest) * M;
        }
        // libstdc++ mixes the end as the library's shift does, twice.
        hash = (hash ^ hash >>> SHIFT) * M;
        return hash ^ hash >>> SHIFT;
    }

    private static long mix(long value) {
        long k = value * M;
        return (k ^ k >>> SHIFT) * M;
    }
}
