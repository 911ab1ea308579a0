package dev.ambit.hbone.frames;

import io.netty.buffer.ByteBuf;

/// What the peer's SETTINGS said so far (RFC 9113 section 6.5).
public final class PeerSettings {
    private static final int ENTRY_BYTES = 6;

    private int streamWindow = Http2.DEFAULT_WINDOW;
    private int maxFrame = Http2.DEFAULT_MAX_FRAME;
    private int maxStreams = Integer.MAX_VALUE;
    private int headerTable = Http2.DEFAULT_HEADER_TABLE;
    private boolean connectProtocol;
    private boolean received;

    public int streamWindow() {
        return streamWindow;
    }

    public int maxFrame() {
        return maxFrame;
    }

    public int maxStreams() {
        return maxStreams;
    }

    /// Bytes of dynamic table that its decoder has.
    public int headerTable() {
        return headerTable;
    }

    /// Whether it takes extended CONNECT (RFC 8441).
    public boolean connectProtocol() {
        return connectProtocol;
    }

    /// Whether any have come.
    public boolean received() {
        return received;
    }

    public void markReceived() {
        received = true;
    }

    /// @return whether these are values, rather than the peer's ACK of ours
    public boolean read(int flags, int id, ByteBuf payload) throws Http2.ConnectionError {
        int length = payload.readableBytes();
        if (id != 0) {
            throw new Http2.ConnectionError(Http2.PROTOCOL_ERROR, "SETTINGS on stream " + id);
        }
        boolean ack = (flags & Http2.ACK) != 0;
        if (length % ENTRY_BYTES != 0 || (ack && length > 0)) {
            throw new Http2.ConnectionError(
                    Http2.FRAME_SIZE_ERROR, "SETTINGS: " + length + " bytes, ACK: " + ack);
        }
        if (ack) {
            if (!received) {
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
            case Http2.S_HEADER_TABLE_SIZE ->
                    headerTable = (int) Math.min(value, Integer.MAX_VALUE);
            case Http2.S_ENABLE_PUSH, Http2.S_ENABLE_CONNECT_PROTOCOL -> flag(name, value);
            default -> {
                // SETTINGS_MAX_HEADER_LIST_SIZE is advice; what is not known is ignored.
            }
        }
    }

    private void flag(int name, long value) throws Http2.ConnectionError {
        if (value > 1) {
            throw new Http2.ConnectionError(
                    Http2.PROTOCOL_ERROR, "setting " + name + ": " + value + " (expected: 0 or 1)");
        }
        if (name == Http2.S_ENABLE_CONNECT_PROTOCOL) {
            if (value == 0 && connectProtocol) {
                throw new Http2.ConnectionError(
                        Http2.PROTOCOL_ERROR,
                        "SETTINGS_ENABLE_CONNECT_PROTOCOL: 0 after 1 (RFC 8441 section 3)");
            }
            connectProtocol = value == 1;
        }
    }
}
