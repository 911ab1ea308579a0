package dev.ambit.hbone;

import io.netty.buffer.ByteBuf;

/// What the peer's SETTINGS said so far (RFC 9113 section 6.5).
final class PeerSettings {
    private static final int ENTRY_BYTES = 6;

    int streamWindow = Http2.DEFAULT_WINDOW;
    int maxFrame = Http2.DEFAULT_MAX_FRAME;
    int maxStreams = Integer.MAX_VALUE;
    boolean received;

    /// @return whether these are values, rather than the peer's ACK of ours
    boolean read(int flags, int id, ByteBuf payload) throws Http2.ConnectionError {
        if (id != 0 || payload.readableBytes() % ENTRY_BYTES != 0) {
            throw new Http2.ConnectionError(
                    Http2.FRAME_SIZE_ERROR,
                    "SETTINGS: stream " + id + ", " + payload.readableBytes() + " bytes");
        }
        if ((flags & Http2.ACK) != 0) {
            if (!received || payload.isReadable()) {
                throw new Http2.ConnectionError(Http2.PROTOCOL_ERROR, "SETTINGS: unexpected ACK");
            }
            return false;
        }
        while (payload.isReadable()) {
            set(payload.readUnsignedShort(), payload.readUnsignedInt());
        }
        return true;
    }

    private void set(int name, long value) throws Http2.ConnectionError {
        switch (name) {
            case Http2.S_INITIAL_WINDOW_SIZE -> {
                if (value > Http2.MAX_WINDOW) {
                    throw new Http2.ConnectionError(
                            Http2.FLOW_CONTROL_ERROR, "SETTINGS_INITIAL_WINDOW_SIZE: " + value);
                }
                streamWindow = (int) value;
            }
            case Http2.S_MAX_FRAME_SIZE -> {
                if (value < Http2.DEFAULT_MAX_FRAME || value >= 1 << 24) {
                    throw new Http2.ConnectionError(
                            Http2.PROTOCOL_ERROR, "SETTINGS_MAX_FRAME_SIZE: " + value);
                }
                maxFrame = (int) value;
            }
            case Http2.S_MAX_CONCURRENT_STREAMS ->
                    maxStreams = (int) Math.min(value, Integer.MAX_VALUE);
            default -> {
                // SETTINGS_HEADER_TABLE_SIZE: the encoder stays within the default, which every
                // peer must grant until it has acknowledged less. Others don't concern a tunnel.
            }
        }
    }
}
