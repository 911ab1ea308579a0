package dev.ambit.hbone.frames;

import io.netty.buffer.ByteBuf;

/// What an HTTP/2 client says first (RFC 9113 section 3.4), as a server waits for it.
public final class ClientPreface {
    private int left = Http2.preface().readableBytes();

    /// Whether all of it has come.
    public boolean complete() {
        return left == 0;
    }

    /// Takes what there is of it.
    public void read(ByteBuf input) throws Http2.ConnectionError {
        var expected = Http2.preface();
        int at = expected.readableBytes() - left;
        while (left > 0 && input.isReadable()) {
            if (input.readByte() != expected.getByte(at++)) {
                throw new Http2.ConnectionError(
                        Http2.PROTOCOL_ERROR, "no HTTP/2 preface (expected: PRI * HTTP/2.0)");
            }
            left--;
        }
    }
}
