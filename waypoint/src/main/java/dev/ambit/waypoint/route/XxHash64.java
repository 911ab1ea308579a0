package dev.ambit.waypoint.route;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/// XXH64 (<https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md>), by which Envoy hashes.
public final class XxHash64 {
    private static final long P1 = 0x9E3779B185EBCA87L;
    private static final long P2 = 0xC2B2AE3D27D4EB4FL;
    private static final long P3 = 0x165667B19E3779F9L;
    private static final long P4 = 0x85EBCA77C2B2AE63L;
    private static final long P5 = 0x27D4EB2F165667C5L;
    private static final VarHandle LONGS =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INTS =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private XxHash64() {}

    /// @param octets a text of a header: its octets as ISO 8859-1
    public static long hash(String octets, long seed) {
        return hash(octets.getBytes(StandardCharsets.ISO_8859_1), seed);
    }

    public static long hash(byte[] bytes, long seed) {
        int at = 0;
        int length = bytes.length;
        long hash;
        if (length >= 32) {
            long a = seed + P1 + P2;
            long b = seed + P2;
            long c = seed;
            long d = seed - P1;
            for (; at <= length - 32; at += 32) {
                a = round(a, (long) LONGS.get(bytes, at));
                b = round(b, (long) LONGS.get(bytes, at + 8));
                c = round(c, (long) LONGS.get(bytes, at + 16));
                d = round(d, (long) LONGS.get(bytes, at + 24));
            }
            hash = left(a, 1) + left(b, 7) + left(c, 12) + left(d, 18);
            hash = merge(merge(merge(merge(hash, a), b), c), d);
        } else {
            hash = seed + P5;
        }
        return avalanche(tail(hash + length, bytes, at));
    }

    private static long tail(long start, byte[] bytes, int from) {
        long hash = start;
        int at = from;
        for (; at <= bytes.length - 8; at += 8) {
            hash = left(hash ^ round(0, (long) LONGS.get(bytes, at)), 27) * P1 + P4;
        }
        if (at <= bytes.length - 4) {
            hash ^= ((int) INTS.get(bytes, at) & 0xFFFFFFFFL) * P1;
            hash = left(hash, 23) * P2 + P3;
            at += 4;
        }
        for (; at < bytes.length; at++) {
            hash = left(hash ^ (bytes[at] & 0xFF) * P5, 11) * P1;
        }
        return hash;
    }

    private static long avalanche(long value) {
        long hash = value;
        hash = (hash ^ hash >>> 33) * P2;
        hash = (hash ^ hash >>> 29) * P3;
        return hash ^ hash >>> 32;
    }

    private static long round(long accumulated, long input) {
        return left(accumulated + input * P2, 31) * P1;
    }

    private static long merge(long hash, long accumulated) {
        return (hash ^ round(0, accumulated)) * P1 + P4;
    }

    private static long left(long value, int bits) {
        return Long.rotateLeft(value, bits);
    }
}
