package dev.ambit.waypoint.http1;

import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.http1.FieldReader.Section;
import io.netty.buffer.ByteBuf;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Reads one response's head after another, interim ones too, and judges it.
final class ResponseReader {
    enum Step {
        MORE,
        HEAD,
        FAULT
    }

    /// Where the body ends.
    enum Framing {
        NONE,
        LENGTH,
        CHUNKED,
        UNTIL_CLOSE,
        /// There is none: the connection now carries something else.
        RAW
    }

    private final Http1ClientOptions options;
    private final LineReader lines;
    private final FieldReader fields;
    private final StatusLine line = new StatusLine();
    private boolean inFields;
    private @Nullable Http1Fault fault;
    private @Nullable ResponseHead head;
    private Framing framing = Framing.NONE;
    private long length;
    private boolean keepAlive;

    ResponseReader(Http1ClientOptions options, LineReader lines, FieldReader fields) {
        this.options = options;
        this.lines = lines;
        this.fields = fields;
    }

    void restart() {
        lines.restart();
        fields.forget();
        inFields = false;
        head = null;
    }

    boolean started() {
        return inFields || lines.firstKept() >= 0;
    }

    Http1Fault fault() {
        return Objects.requireNonNull(fault);
    }

    ResponseHead head() {
        return Objects.requireNonNull(head);
    }

    Framing framing() {
        return framing;
    }

    long length() {
        return length;
    }

    boolean keepAlive() {
        return keepAlive;
    }

    boolean http11() {
        return line.http11;
    }

    /// @param method of the request
    /// @param upgrading whether the request asked for another protocol
    Step step(ByteBuf in, String method, boolean upgrading) {
        int limit = options.limits().maxHeadBytes();
        while (in.isReadable()) {
            switch (lines.read(in, limit)) {
                case LINE -> {
                    if (lines.length() == 0 && inFields) {
                        fault = complete(method, upgrading);
                        return fault == null ? Step.HEAD : Step.FAULT;
                    }
                    fault = line();
                }
                case MORE -> {
                    if (!inFields && lines.firstKept() != 'H') {
                        fault = line.read(new byte[] {(byte) lines.firstKept()}, 1);
                    }
                }
                case TOO_LONG -> fault = Http1Fault.tooLarge("response head", limit);
            }
            if (fault != null) {
                return Step.FAULT;
            }
        }
        return Step.MORE;
    }

    private @Nullable Http1Fault line() {
        if (inFields) {
            return fields.line(lines.bytes(), lines.length());
        }
        inFields = true;
        fields.start(Section.RESPONSE);
        return line.read(lines.bytes(), lines.length());
    }

    private @Nullable Http1Fault complete(String method, boolean upgrading) {
        int status = line.status;
        var result = new ResponseHead(status, fields.headers());
        boolean bodiless = status < 200 || status == 204;
        framing = Framing.NONE;
        length = 0;
        Http1Fault bad;
        if (method.equals("CONNECT") && status >= 200 && status < 300) {
            bad = tunnel();
        } else if (bodiless) {
            bad = bodiless(status, upgrading);
        } else {
            bad = framed(status, method);
        }
        if (bad != null) {
            return bad;
        }
        boolean close = fields.hasConnection && ConnectionTokens.has(fields.connection, "close");
        boolean asks =
                fields.hasConnection && ConnectionTokens.has(fields.connection, "keep-alive");
        boolean persists = line.http11 || (asks && fields.encodings == 0);
        keepAlive = !close && persists && framing != Framing.UNTIL_CLOSE;
        head = result;
        return null;
    }

    private @Nullable Http1Fault tunnel() {
        if (fields.encodings > 0) {
            return notAllowed("answer to CONNECT");
        }
        fields.headers().remove("content-length");
        framing = Framing.RAW;
        return null;
    }

    private @Nullable Http1Fault bodiless(int status, boolean upgrading) {
        if (fields.encodings > 0) {
            return notAllowed("response " + status);
        }
        if (fields.lengths > 0) {
            if (fields.lengths > 1 || !fields.length.equals("0")) {
                return Http1Fault.of(
                        "http1.content_length_not_allowed",
                        "content-length of a response " + status,
                        fields.length,
                        "none (RFC 9110 section 8.6)");
            }
            fields.headers().remove("content-length");
        }
        if (status == 101) {
            var upgrade = fields.upgrade;
            if (!upgrading || upgrade == null) {
                return Http1Fault.codec(
                        "response",
                        "101",
                        "an upgrade header, and a request that had asked for it");
            }
            fields.headers().add("upgrade", upgrade);
            framing = Framing.RAW;
        }
        return null;
    }

    private @Nullable Http1Fault framed(int status, String method) {
        boolean none = status == 304 || method.equals("HEAD");
        if (fields.encodings > 0) {
            if (!fields.encoding.equalsIgnoreCase("chunked")) {
                return Http1Fault.of(
                        "http1.invalid_transfer_encoding",
                        "transfer-encoding",
                        fields.encoding,
                        "chunked alone");
            }
            if (fields.lengths > 0) {
                if (!options.allowChunkedLength()) {
                    return Http1Fault.of(
                            "http1.content_length_not_allowed",
                            "content-length beside transfer-encoding",
                            fields.length,
                            "one of the two (RFC 9112 section 6.3)");
                }
                fields.headers().remove("content-length");
            }
            framing = none ? Framing.NONE : Framing.CHUNKED;
            return null;
        }
        if (fields.lengths == 0) {
            framing = none ? Framing.NONE : Framing.UNTIL_CLOSE;
            return null;
        }
        long value = fields.lengths > 1 ? -1 : ContentLength.parse(fields.length);
        if (value < 0) {
            return Http1Fault.codec(
                    fields.lengths > 1 ? "one of " + fields.lengths + " lengths" : "length",
                    fields.length,
                    "one content-length, of digits, below 2^63 (RFC 9112 section 6.3)");
        }
        if (!none && value > 0) {
            framing = Framing.LENGTH;
            length = value;
        }
        return null;
    }

    private Http1Fault notAllowed(String where) {
        return Http1Fault.of(
                "http1.transfer_encoding_not_allowed",
                "transfer-encoding of a " + where,
                fields.encoding,
                "none (RFC 9112 section 6.1)");
    }
}
