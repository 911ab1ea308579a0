package dev.ambit.bench.waypoint.peer;

import dev.ambit.hbone.Duplex;
import io.netty.buffer.ByteBuf;

/// Many requests at once on one connection.
final class Http2Client extends Gathered implements Client {
    /// A power of two above any number of streams at once.
    private static final int RING = 4_096;

    private static final int STATUS_200 = 0x88;
    private static final byte[] POST_OVER_HTTP = {(byte) 0x83, (byte) 0x86};
    private static final int GRPC_PREFIX = 5;

    private final Http2.Blocks blocks;
    private final byte[] body;
    private final Answers answers;
    private final int most;
    private final long[] due = new long[RING];
    private final boolean[] good = new boolean[RING];
    private final Frames frames;
    private int next = 1;
    private int active;
    private boolean over;

    /// @param most requests at once
    Http2Client(Duplex duplex, Kind kind, String host, String path, int most, Answers answers) {
        super(duplex, Buffers.message());
        this.answers = answers;
        this.most = most;
        boolean grpc = kind == Kind.GRPC;
        this.body = grpc ? grpcMessage() : new byte[Kind.MESSAGE_BYTES];
        this.blocks =
                grpc
                        ? Http2.Blocks.of(
                                POST_OVER_HTTP,
                                ":authority",
                                host,
                                ":path",
                                path,
                                "te",
                                "trailers",
                                "content-type",
                                "application/grpc",
                                "user-agent",
                                "bench/1",
                                "grpc-accept-encoding",
                                "gzip")
                        : Http2.Blocks.of(
                                POST_OVER_HTTP,
                                ":authority",
                                host,
                                ":path",
                                path,
                                "user-agent",
                                "bench/1",
                                "accept",
                                "*/*",
                                "content-type",
                                "application/octet-stream",
                                "content-length",
                                String.valueOf(Kind.MESSAGE_BYTES));
        this.frames = new Frames(duplex);
        var out = Buffers.small();
        out.writeBytes(Http2.PREFACE);
        Http2.begin(out);
        duplex.write(out);
    }

    static byte[] grpcMessage() {
        var message = new byte[GRPC_PREFIX + Kind.MESSAGE_BYTES];
        message[3] = (byte) (Kind.MESSAGE_BYTES >> 8);
        message[4] = (byte) Kind.MESSAGE_BYTES;
        return message;
    }

    @Override
    public void send(long dueNanos) {
        int id = next;
        next += 2;
        active++;
        due[slot(id)] = dueNanos;
        good[slot(id)] = false;
        frames.sendWhenRoom(id);
    }

    @Override
    public void flush() {
        duplex.flush();
    }

    @Override
    public boolean hasRoom() {
        return active < most && !over;
    }

    @Override
    void parse(ByteBuf in) {
        frames.parse(in);
    }

    @Override
    void ended() {
        if (!over) {
            over = true;
            answers.onLost(this);
        }
    }

    private static int slot(int id) {
        return (id >> 1) & (RING - 1);
    }

    private void answered(int id, boolean success) {
        active--;
        answers.onAnswer(this, due[slot(id)], success);
    }

    private final class Frames extends Http2 {
        Frames(Duplex duplex) {
            super(duplex);
        }

        @Override
        int bodyBytes() {
            return body.length;
        }

        @Override
        void send(int id) {
            var out = Buffers.message();
            frame(out, HEADERS, END_HEADERS, id, id == 1 ? blocks.first() : blocks.next());
            frame(out, DATA, END_STREAM, id, body);
            duplex.write(out);
        }

        @Override
        void onHeaders(ByteBuf in, int id, int length, boolean last) {
            if (last) {
                answered(id, good[slot(id)]);
                return;
            }
            int at = in.readerIndex();
            // A change of the table's size may come first.
            while (in.getUnsignedByte(at) >> 5 == 1) {
                at++;
            }
            good[slot(id)] = in.getUnsignedByte(at) == STATUS_200;
        }

        @Override
        void onData(int id, boolean last) {
            if (last) {
                answered(id, good[slot(id)]);
            }
        }

        @Override
        void onReset(int id) {
            answered(id, false);
        }
    }
}
