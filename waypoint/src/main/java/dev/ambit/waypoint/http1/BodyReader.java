package dev.ambit.waypoint.http1;

import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http1.FieldReader.Section;
import io.netty.buffer.ByteBuf;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Finds a message's body in what follows its head (RFC 9112 sections 6 and 7). `step` reads
/// framing; body bytes it only counts, so that they are never copied.
final class BodyReader {
    enum Step {
        /// The next `bodyBytes()` readable bytes are the body's.
        DATA,
        /// Everything was read.
        MORE,
        /// The message is complete; what is left belongs to the next.
        END,
        FAULT
    }

    private enum State {
        FIXED,
        SIZE,
        CHUNK,
        CHUNK_CR,
        CHUNK_LF,
        TRAILERS,
        UNTIL_CLOSE,
        END
    }

    private static final Headers NO_TRAILERS = new Headers();

    private final Http1Limits limits;
    private final boolean trailersWanted;
    private final LineReader lines;
    private final FieldReader fields;
    private State state = State.END;
    private long remaining;
    private int available;
    private @Nullable Http1Fault fault;
    private Headers trailers = NO_TRAILERS;

    /// @param lines of the connection, at the start of a line
    /// @param fields of the connection, done with the head
    BodyReader(Http1Limits limits, boolean trailersWanted, LineReader lines, FieldReader fields) {
        this.limits = limits;
        this.trailersWanted = trailersWanted;
        this.lines = lines;
        this.fields = fields;
    }

    void none() {
        start(State.END, 0);
    }

    void fixed(long length) {
        start(length == 0 ? State.END : State.FIXED, length);
    }

    void chunked() {
        start(State.SIZE, 0);
    }

    void untilClose() {
        start(State.UNTIL_CLOSE, 0);
    }

    private void start(State first, long length) {
        state = first;
        remaining = length;
        trailers = NO_TRAILERS;
        lines.restart();
    }

    boolean ended() {
        return state == State.END;
    }

    /// Whether the peer's FIN is the body's end.
    boolean endsWithConnection() {
        return state == State.UNTIL_CLOSE;
    }

    int bodyBytes() {
        return available;
    }

    /// After `DATA`, once they were taken.
    void took(int bytes) {
        if (state == State.UNTIL_CLOSE) {
            return;
        }
        remaining -= bytes;
        if (remaining == 0) {
            state = state == State.FIXED ? State.END : State.CHUNK_CR;
        }
    }

    Headers trailers() {
        return trailersWanted ? trailers : new Headers();
    }

    Http1Fault fault() {
        return Objects.requireNonNull(fault);
    }

    Step step(ByteBuf in) {
        while (true) {
            if (state == State.END) {
                return Step.END;
            }
            if (!in.isReadable()) {
                return Step.MORE;
            }
            switch (state) {
                case FIXED, CHUNK -> {
                    available = (int) Math.min(remaining, in.readableBytes());
                    return Step.DATA;
                }
                case UNTIL_CLOSE -> {
                    available = in.readableBytes();
                    return Step.DATA;
                }
                case SIZE -> {
                    switch (lines.read(in, limits.maxChunkLineBytes())) {
                        case LINE -> size();
                        case MORE -> earlySize();
                        case TOO_LONG -> fail(longChunkLine());
                    }
                }
                case CHUNK_CR -> expect(in, '\r', State.CHUNK_LF);
                case CHUNK_LF -> {
                    expect(in, '\n', State.SIZE);
                    lines.restart();
                }
                case TRAILERS -> {
                    switch (lines.read(in, limits.maxTrailerBytes())) {
                        case LINE -> trailer();
                        case MORE -> {}
                        case TOO_LONG ->
                                fail(Http1Fault.tooLarge("trailers", limits.maxTrailerBytes()));
                    }
                }
                case END -> throw new AssertionError("seen above");
            }
            if (fault != null) {
                return Step.FAULT;
            }
        }
    }

    private void fail(Http1Fault what) {
        fault = what;
    }

    private Http1Fault longChunkLine() {
        return Http1Fault.codec(
                "a chunk's size with its extensions is longer than "
                        + limits.maxChunkLineBytes()
                        + " bytes");
    }

    /// A bare LF would be the end for us and part of an extension for others: an attack.
    private void expect(ByteBuf in, char what, State next) {
        byte c = in.readByte();
        if (c == what) {
            state = next;
        } else {
            fail(
                    Http1Fault.codec(
                            "after a chunk",
                            String.valueOf((char) (c & 0xff)),
                            "CRLF; the chunk's size may be wrong"));
        }
    }

    /// What can't be a size is refused before its line ends.
    private void earlySize() {
        int first = lines.firstKept();
        if (first >= 0 && hex((byte) first) < 0) {
            fail(badSize(String.valueOf((char) first)));
        }
    }

    private void size() {
        var line = lines.bytes();
        int length = lines.length();
        long size = 0;
        int at = 0;
        for (; at < length; at++) {
            int digit = hex(line[at]);
            if (digit < 0) {
                break;
            }
            if (size > Long.MAX_VALUE >> 4) {
                fail(badSize(lines.text()));
                return;
            }
            size = size << 4 | digit;
        }
        if (at == 0 || !lines.endedWithCr() || !extension(line, at, length)) {
            fail(badSize(lines.text()));
            return;
        }
        remaining = size;
        lines.restart();
        if (size > 0) {
            state = State.CHUNK;
        } else {
            state = State.TRAILERS;
            fields.start(Section.TRAILERS);
        }
    }

    private static boolean extension(byte[] line, int from, int length) {
        int at = from;
        while (at < length && Chars.blank(line[at])) {
            at++;
        }
        if (at < length && line[at] != ';') {
            return false;
        }
        for (; at < length; at++) {
            if (!Chars.VALUE[line[at] & 0xff]) {
                return false;
            }
        }
        return true;
    }

    private void trailer() {
        if (!lines.endedWithCr()) {
            fail(Http1Fault.codec("trailer", lines.text(), "an end with CRLF, not with LF alone"));
            return;
        }
        if (lines.length() == 0) {
            trailers = fields.headers();
            state = State.END;
            return;
        }
        fault = fields.line(lines.bytes(), lines.length());
    }

    private static int hex(byte c) {
        if (c >= '0' && c <= '9') {
            return c - '0';
        }
        int lower = c | 0x20;
        return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
    }

    private static Http1Fault badSize(String value) {
        return Http1Fault.codec(
                "chunk size",
                value,
                "hexadecimal digits below 2^63, perhaps extensions after ';', CRLF");
    }
}
