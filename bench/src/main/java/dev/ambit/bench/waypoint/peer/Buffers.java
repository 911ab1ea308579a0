package dev.ambit.bench.waypoint.peer;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/// Where the peer's buffers come from.
final class Buffers {
    private static final int SMALL = 256;
    private static final int MESSAGE = 1_536;

    private Buffers() {}

    static ByteBuf small() {
        return ByteBufAllocator.DEFAULT.directBuffer(SMALL);
    }

    static ByteBuf message() {
        return ByteBufAllocator.DEFAULT.directBuffer(MESSAGE);
    }

    static ByteBuf of(byte[] bytes) {
        return ByteBufAllocator.DEFAULT.directBuffer(bytes.length).writeBytes(bytes);
    }
}
