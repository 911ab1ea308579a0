package dev.ambit.bench.waypoint.peer;

import dev.ambit.hbone.Duplex;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/// Answers every request with the same bytes, in HTTP/1.1 or HTTP/2 with prior knowledge.
final class Application extends Gathered {
    private static final byte[] ANSWER = Http1.response(Kind.MESSAGE_BYTES);
    private static final byte[] STATUS_200 = {(byte) 0x88};

    private final boolean grpc;
    private boolean begun;
    private @Nullable Frames http2;
    private @Nullable BigAnswer big;

    Application(Duplex duplex, int port) {
        super(duplex, Buffers.message());
        grpc = Kind.ofTargetPort(port) == Kind.GRPC;
    }

    @Override
    void parse(ByteBuf in) {
        if (!begun) {
            if (in.readableBytes() < Http2.PREFACE.length) {
                return;
            }
            begun = true;
            if (in.getByte(in.readerIndex()) == 'P' && in.getByte(in.readerIndex() + 1) == 'R') {
                in.skipBytes(Http2.PREFACE.length);
                http2 = new Frames(duplex);
                var out = Buffers.small();
                Http2.begin(out);
                duplex.write(out);
            }
        }
        if (http2 != null) {
            http2.parse(in);
            return;
        }
        for (int bytes = Http1.messageBytes(in); bytes > 0; bytes = Http1.messageBytes(in)) {
            boolean isBig = Http1.pathEndsWith(in, BigAnswer.PATH);
            in.skipBytes(bytes);
            if (isBig) {
                big = new BigAnswer(duplex);
                big.begin();
            } else {
                duplex.write(Buffers.of(ANSWER));
            }
        }
    }

    @Override
    void ended() {
        big = null;
    }

    @Override
    public void onTaken(int bytes) {
        if (big != null) {
            big.taken(bytes);
        }
    }

    private final class Frames extends Http2 {
        private static final Blocks HEAD =
                Blocks.of(
                        STATUS_200,
                        "server",
                        "bench",
                        "date",
                        "Fri, 27 Nov 2026 10:00:00 GMT",
                        "content-type",
                        "application/octet-stream",
                        "content-length",
                        String.valueOf(Kind.MESSAGE_BYTES));
        private static final Blocks GRPC_HEAD =
                Blocks.of(STATUS_200, "content-type", "application/grpc", "grpc-status", "0");
        private static final byte[] GRPC_HEAD_FIRST = only(GRPC_HEAD.first(), 1 + 31);
        private static final byte[] BODY = new byte[Kind.MESSAGE_BYTES];
        private static final byte[] GRPC_BODY = Http2Client.grpcMessage();

        private boolean answered;

        Frames(Duplex duplex) {
            super(duplex);
        }

        private static byte[] only(byte[] block, int count) {
            return java.util.Arrays.copyOf(block, count);
        }

        @Override
        int bodyBytes() {
            return grpc ? GRPC_BODY.length : BODY.length;
        }

        @Override
        void send(int id) {
            var out = Buffers.message();
            if (grpc) {
                grpcAnswer(out, id);
            } else {
                frame(out, HEADERS, END_HEADERS, id, answered ? HEAD.next() : HEAD.first());
                frame(out, DATA, END_STREAM, id, BODY);
            }
            answered = true;
            duplex.write(out);
        }

        private void grpcAnswer(ByteBuf out, int id) {
            var first = GRPC_HEAD.first();
            int split = GRPC_HEAD_FIRST.length;
            byte[] head =
                    answered ? new byte[] {STATUS_200[0], (byte) (0x80 | 63)} : GRPC_HEAD_FIRST;
            byte[] trailers =
                    answered
                            ? new byte[] {(byte) (0x80 | 62)}
                            : java.util.Arrays.copyOfRange(first, split, first.length);
            frame(out, HEADERS, END_HEADERS, id, head);
            frame(out, DATA, 0, id, GRPC_BODY);
            frame(out, HEADERS, END_HEADERS | END_STREAM, id, trailers);
        }

        @Override
        void onHeaders(ByteBuf in, int id, int length, boolean last) {
            if (last) {
                sendWhenRoom(id);
            }
        }

        @Override
        void onData(int id, boolean last) {
            if (last) {
                sendWhenRoom(id);
            }
        }

        @Override
        void onReset(int id) {}
    }
}
