package dev.ambit.waypoint.upstream;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/// XXH64 (xxHash specification 0.1.1): what Envoy hashes keys and hosts with, so that the same key
/// goes to the same host through either proxy.
public final class XxHash64 {
    private static final long P1 = 0x9E3779B185EBCA87L;
    private static final long P2 = 0xC2B2AE3D27D4EB4FL;
    private static final long P3 = 0x165667B19E3779F9L;
    private static final long P4 = 0x85EBCA77C2B2AE63L;
    private static final long P5 = 0x27D4EB2F165667C5L;

    /// Bytes of a stripe: four lanes of eight.
    private static final int STRIPE = 32;

    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private XxHash64() {}

    public static long hash(String text) {
        return hash(text.getBytes(StandardCharsets.UTF_8), 0);
    }

    public static long hash(String text, long seed) {
        return hash(text.getBytes(StandardCharsets.UTF_8), seed);
    }

    public static long hash(byte[] in, long seed) {
        return hash(in, in.length, seed);
    }

    /// @param length of `in` that counts
    public static long hash(byte[] in, int length, long seed) {
        int at = 0;
        long hash;
        if (length >= STRIPE) {
            long a = seed + P1 + P2;
            long b = seed + P2;
            long c = seed;
            long d = seed - P1;
            while (at <= length - STRIPE) {
                a = round(a, longAt(in, at));
                b = round(b, longAt(in, at + 8));
                c = round(c, longAt(in, at + 16));
                d = round(d, longAt(in, at + 24));
                at += STRIPE;
            }
            hash =
                    Long.rotateLeft(a, 1)
                            + Long.rotateLeft(b, 7)
                            + Long.rotateLeft(c, 12)
                            + Long.rotateLeft(d, 18);
            hash = merge(merge(merge(merge(hash, a), b), c), d);
        } else {
            hash = seed + P5;
        }
        return avalanche(tail(in, at, length, hash + length));
    }

    private static long tail(byte[] in, int from, int length, long start) {
        int at = from;
        long hash = start;
        while (at <= length - 8) {
            hash = Long.rotateLeft(hash ^ round(0, longAt(in, at)), 27) * P1 + P4;
            at += 8;
        }
        if (at <= length - 4) {
            hash ^= ((int) INT.get(in, at) & 0xFFFFFFFFL) * P1;
            hash = Long.rotateLeft(hash, 23) * P2 + P3;
            at += 4;
        }
        while (at < length) {
            hash = Long.rotateLeft(hash ^ (in[at] & 0xFF) * P5, 11) * P1;
            at++;
        }
        return hash;
    }

    private static long avalanche(long value) {
        long hash = value;
        hash = (hash ^ hash >>> 33) * P2;
        hash = (hash ^ hash >>> 29) * P3;
        return hash ^ hash >>> 32;
    }

    private static long round(long lane, long input) {
        return Long.rotateLeft(lane + input * P2, 31) * P1;
    }

    private static long merge(long hash, long lane) {
        return (hash ^ round(0, lane)) * P1 + P4;
    }

    private static long longAt(byte[] in, int at) {
        return (long) LONG.get(in, at);
    }
}
