package dev.ambit.hbone.frames;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import org.jspecify.annotations.Nullable;

/// Cuts a byte stream into HTTP/2 frames (RFC 9113 section 4.1). DATA is handed on as it arrives,
/// in slices of the input and without waiting for the frame's end; every other frame is short, and
/// is gathered when it is split over inputs.
///
/// Not a channel handler: it is fed, and calls its sink before `read` returns.
public final class FrameReader {
    public interface Sink {
        /// A DATA frame begins. `length` counts towards flow control, padding included.
        void onDataFrame(int stream, int length) throws Http2.ConnectionError;

        /// Some of its bytes; ownership passes.
        void onDataBytes(int stream, ByteBuf bytes);

        /// It is complete; padding was skipped.
        ///
        /// @param padding bytes that no `onDataBytes` delivered
        void onDataFrameEnd(int stream, int padding, boolean endStream)
                throws Http2.ConnectionError;

        /// Any other frame, whole; `payload` is lent.
        void onFrame(int type, int flags, int stream, ByteBuf payload) throws Http2.ConnectionError;
    }

    private final ByteBufAllocator allocator;
    private final int maxFrameBytes;
    private final int maxControlFrameBytes;
    private final Sink sink;

    /// Bytes of a frame header, or of a frame that is not DATA, that were cut off by the end of the
    /// last input.
    private @Nullable ByteBuf partial;

    private boolean reading;
    private boolean closed;

    private boolean inData;
    private int dataStream;
    private int dataLeft;
    private int padLeft;
    private int padding;
    private boolean padLengthPending;
    private boolean dataEnds;

    /// @param maxControlFrameBytes the longest frame that is gathered; DATA may be longer
    public FrameReader(
            ByteBufAllocator allocator, int maxFrameBytes, int maxControlFrameBytes, Sink sink) {
        this.allocator = allocator;
        this.maxFrameBytes = maxFrameBytes;
        this.maxControlFrameBytes = Math.min(maxFrameBytes, maxControlFrameBytes);
        this.sink = sink;
    }

    /// Consumes all of `input`, unless its sink closes it; the caller keeps ownership of it.
    public void read(ByteBuf input) throws Http2.ConnectionError {
        reading = true;
        try {
            while (!closed && input.isReadable()) {
                if (inData) {
                    readData(input);
                } else if (partial != null) {
                    readPartial(input, partial);
                } else if (!readWhole(input)) {
                    partial = allocator.buffer(Math.max(64, input.readableBytes()));
                    partial.writeBytes(input);
                }
            }
        } finally {
            reading = false;
            if (closed) {
                release();
            }
        }
    }

    /// Drops what was gathered, and reads nothing more. The sink may call it from within `read`.
    public void close() {
        closed = true;
        if (!reading) {
            release();
        }
    }

    private void release() {
        if (partial != null) {
            partial.release();
            partial = null;
        }
    }

    /// The fast path: a frame header, or a whole frame, within the input. False: not all there.
    private boolean readWhole(ByteBuf input) throws Http2.ConnectionError {
        if (input.readableBytes() < Http2.FRAME_HEADER) {
            return false;
        }
        int at = input.readerIndex();
        int length = input.getUnsignedMedium(at);
        int type = input.getUnsignedByte(at + 3);
        int flags = input.getUnsignedByte(at + 4);
        int stream = input.getInt(at + 5) & 0x7fff_ffff;
        checkLength(type, length);
        if (type == Http2.DATA) {
            input.skipBytes(Http2.FRAME_HEADER);
            beginData(stream, length, flags);
            return true;
        }
        if (input.readableBytes() < Http2.FRAME_HEADER + length) {
            return false;
        }
        input.skipBytes(Http2.FRAME_HEADER);
        int end = input.readerIndex() + length;
        sink.onFrame(type, flags, stream, input.slice(input.readerIndex(), length));
        input.readerIndex(end);
        return true;
    }

    /// The slow path: tops up what the last input left, to a header, then to a frame.
    private void readPartial(ByteBuf input, ByteBuf gathered) throws Http2.ConnectionError {
        int want = Http2.FRAME_HEADER;
        if (gathered.readableBytes() >= Http2.FRAME_HEADER) {
            want += gathered.getUnsignedMedium(gathered.readerIndex());
        }
        int missing = want - gathered.readableBytes();
        gathered.writeBytes(input, Math.min(missing, input.readableBytes()));
        if (gathered.readableBytes() < want) {
            return;
        }
        if (!readWhole(gathered)) {
            return; // The header is complete now, and says that more is to come.
        }
        if (gathered.isReadable()) {
            throw new AssertionError("frame reader gathered beyond a frame");
        }
        release();
    }

    private void checkLength(int type, int length) throws Http2.ConnectionError {
        int most = type == Http2.DATA ? maxFrameBytes : maxControlFrameBytes;
        if (length > most) {
            throw new Http2.ConnectionError(
                    Http2.FRAME_SIZE_ERROR,
                    "frame of type "
                            + type
                            + ": "
                            + length
                            + " bytes (expected: at most "
                            + most
                            + "; not HTTP/2?)");
        }
    }

    private void beginData(int stream, int length, int flags) throws Http2.ConnectionError {
        if (stream == 0) {
            throw new Http2.ConnectionError(Http2.PROTOCOL_ERROR, "DATA on stream 0");
        }
        boolean padded = (flags & Http2.PADDED) != 0;
        if (padded && length == 0) {
            throw new Http2.ConnectionError(
                    Http2.FRAME_SIZE_ERROR, "DATA: padded and empty (expected: a pad length)");
        }
        sink.onDataFrame(stream, length);
        inData = true;
        dataStream = stream;
        dataLeft = length;
        padLeft = 0;
        padding = 0;
        padLengthPending = padded;
        dataEnds = (flags & Http2.END_STREAM) != 0;
        if (length == 0) {
            endData();
        }
    }

    private void readData(ByteBuf input) throws Http2.ConnectionError {
        if (padLengthPending) {
            int pad = input.readUnsignedByte();
            dataLeft--;
            if (pad > dataLeft) {
                throw new Http2.ConnectionError(
                        Http2.PROTOCOL_ERROR,
                        "DATA: " + pad + " bytes of padding, more than it has");
            }
            padLengthPending = false;
            padding = pad + 1;
            padLeft = pad;
            dataLeft -= pad;
        }
        int now = Math.min(dataLeft, input.readableBytes());
        if (now > 0) {
            dataLeft -= now;
            sink.onDataBytes(dataStream, input.readRetainedSlice(now));
        }
        if (dataLeft == 0) {
            int skipped = Math.min(padLeft, input.readableBytes());
            input.skipBytes(skipped);
            padLeft -= skipped;
            if (padLeft == 0) {
                endData();
            }
        }
    }

    private void endData() throws Http2.ConnectionError {
        inData = false;
        sink.onDataFrameEnd(dataStream, padding, dataEnds);
    }
}
