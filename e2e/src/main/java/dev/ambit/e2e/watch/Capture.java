package dev.ambit.e2e.watch;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// Reads a capture file of the classic pcap format, frame by frame.
final class Capture implements AutoCloseable {
    private static final int MICROSECONDS = 0xa1b2c3d4;
    private static final int NANOSECONDS = 0xa1b23c4d;
    private static final int ETHERNET = 1;
    private static final int LONGEST_FRAME = 1 << 20;
    private static final int FILE_HEADER_BYTES = 24;
    private static final int FRAME_HEADER_BYTES = 16;

    private final DataInputStream in;
    private final ByteOrder order;

    private Capture(DataInputStream in, ByteOrder order) {
        this.in = in;
        this.order = order;
    }

    static Capture open(Path file) throws IOException {
        return read(Files.newInputStream(file));
    }

    /// @throws IOException if this is no capture of Ethernet frames
    static Capture read(InputStream stream) throws IOException {
        var in = new DataInputStream(new BufferedInputStream(stream, 1 << 16));
        try {
            byte[] header = new byte[FILE_HEADER_BYTES];
            in.readFully(header);
            var fields = ByteBuffer.wrap(header);
            ByteOrder order =
                    isMagic(fields.order(ByteOrder.LITTLE_ENDIAN).getInt(0))
                            ? ByteOrder.LITTLE_ENDIAN
                            : ByteOrder.BIG_ENDIAN;
            fields.order(order);
            if (!isMagic(fields.getInt(0)) || fields.getInt(20) != ETHERNET) {
                throw new IOException(
                        "not a pcap file of Ethernet frames: magic %08x, link type %d"
                                .formatted(fields.getInt(0), fields.getInt(20)));
            }
            return new Capture(in, order);
        } catch (IOException e) {
            in.close();
            throw e;
        }
    }

    /// The next frame, or empty at the end. A frame that is still being written counts as the end.
    Optional<ByteBuffer> next() throws IOException {
        try {
            byte[] header = new byte[FRAME_HEADER_BYTES];
            in.readFully(header);
            int length = ByteBuffer.wrap(header).order(order).getInt(8);
            if (length < 0 || length > LONGEST_FRAME) {
                throw new IOException(
                        "frame of %d bytes (most: %d): the capture is damaged"
                                .formatted(length, LONGEST_FRAME));
            }
            byte[] frame = new byte[length];
            in.readFully(frame);
            return Optional.of(ByteBuffer.wrap(frame));
        } catch (EOFException e) {
            return Optional.empty();
        }
    }

    @Override
    public void close() throws IOException {
        in.close();
    }

    private static boolean isMagic(int value) {
        return value == MICROSECONDS || value == NANOSECONDS;
    }
}
