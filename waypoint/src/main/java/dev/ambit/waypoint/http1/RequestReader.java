package dev.ambit.waypoint.http1;

import dev.ambit.waypoint.http.HttpVersion;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.http1.FieldReader.Section;
import io.netty.buffer.ByteBuf;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Reads one request's head after another and judges it. What two readers could understand in two
/// ways is refused (RFC 9112 section 11.2), also where Envoy is lenient: a CR that ends no line,
/// more than one `host`, `transfer-encoding` in HTTP/1.0, folded framing fields.
final class RequestReader {
    enum Step {
        MORE,
        HEAD,
        FAULT
    }

    /// Where the body ends.
    enum Framing {
        NONE,
        LENGTH,
        CHUNKED
    }

    private final Http1ServerOptions options;
    private final LineReader lines;
    private final FieldReader fields;
    private final RequestLine line;
    private boolean inFields;
    private @Nullable Http1Fault fault;
    private @Nullable RequestHead head;
    private Framing framing = Framing.NONE;
    private long length;
    private boolean keepAlive;
    private boolean continueExpected;

    RequestReader(Http1ServerOptions options, LineReader lines, FieldReader fields) {
        this.options = options;
        this.lines = lines;
        this.fields = fields;
        line = new RequestLine(options.allowAbsoluteUrl(), options.allowCustomMethods());
    }

    void restart() {
        lines.restart();
        fields.forget();
        inFields = false;
        head = null;
    }

    /// Whether something of a head has come.
    boolean started() {
        return inFields || lines.firstKept() >= 0;
    }

    Http1Fault fault() {
        return Objects.requireNonNull(fault);
    }

    RequestHead head() {
        return Objects.requireNonNull(head);
    }

    Framing framing() {
        return framing;
    }

    /// With `Framing.LENGTH`; at least 1.
    long length() {
        return length;
    }

    boolean keepAlive() {
        return keepAlive;
    }

    boolean http11() {
        return line.http11;
    }

    String method() {
        return line.method;
    }

    /// The client waits for a 100, and it is for the codec to send it.
    boolean continueExpected() {
        return continueExpected;
    }

    Step step(ByteBuf in) {
        int limit = options.limits().maxHeadBytes();
        while (in.isReadable()) {
            switch (lines.read(in, limit)) {
                case LINE -> {
                    if (lines.length() == 0 && inFields) {
                        fault = complete();
                        return fault == null ? Step.HEAD : Step.FAULT;
                    }
                    fault = line();
                }
                case MORE -> fault = earlyGarbage();
                case TOO_LONG -> fault = Http1Fault.tooLarge("request head", limit);
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
        if (lines.length() == 0) {
            return null; // Some clients send a line end after a body (RFC 9112 section 2.2).
        }
        line.method = "";
        var bad = line.read(lines.bytes(), lines.length());
        inFields = true;
        fields.start(Section.REQUEST);
        return bad;
    }

    /// What can't begin a request is answered before a line of it is complete: those who speak
    /// another protocol may wait for an answer.
    private @Nullable Http1Fault earlyGarbage() {
        int first = inFields ? -1 : lines.firstKept();
        if (first < 0 || first == '\r' || Chars.TOKEN[first] != 0) {
            return null;
        }
        return Http1Fault.codec(
                "first byte",
                String.valueOf((char) first),
                "a method; perhaps the client speaks TLS or another protocol");
    }

    private @Nullable Http1Fault complete() {
        var bad = framed();
        if (bad == null) {
            bad = connection();
        }
        if (bad == null && !line.http11 && !options.acceptHttp10()) {
            bad = new Http1Fault(426, "low_version", "HTTP/1.0, which this listener doesn't serve");
        }
        if (bad != null) {
            return bad;
        }
        var authority = line.authority;
        if (fields.hosts > 1) {
            return Http1Fault.codec(
                    "host headers", String.valueOf(fields.hosts), "one (RFC 9112 section 3.2)");
        }
        if (authority == null) {
            if (fields.hosts == 0) {
                if (line.http11 || options.defaultHost().isEmpty()) {
                    return new Http1Fault(
                            400, "missing_host_header", "no host header (RFC 9112 section 3.2)");
                }
                authority = options.defaultHost();
            } else {
                authority = fields.host;
            }
        }
        if (!Chars.all(Chars.AUTHORITY, fields.host)) {
            return Http1Fault.of(
                    "http.invalid_authority", "host", fields.host, "a name or an address");
        }
        expectation();
        transferCodings();
        var scheme = line.scheme;
        var result =
                new RequestHead(
                        line.http11 ? HttpVersion.HTTP_1_1 : HttpVersion.HTTP_1_0,
                        line.method,
                        scheme == null ? options.scheme() : scheme,
                        authority,
                        line.path,
                        fields.headers(),
                        upgrade());
        result.hostSpelling(fields.hostSpelling);
        head = result;
        return null;
    }

    private @Nullable Http1Fault framed() {
        framing = Framing.NONE;
        length = 0;
        if (fields.encodings > 0) {
            return chunked();
        }
        if (fields.lengths == 0) {
            return null;
        }
        long value = fields.lengths > 1 ? -1 : ContentLength.parse(fields.length);
        if (value < 0) {
            return Http1Fault.codec(
                    fields.lengths > 1 ? "one of " + fields.lengths + " lengths" : "length",
                    fields.length,
                    "one content-length, of digits, below 2^63 (RFC 9112 section 6.3)");
        }
        if (line.isConnect()) {
            if (value > 0) {
                return Http1Fault.of(
                        "http1.body_disallowed",
                        "content-length of a CONNECT",
                        fields.length,
                        "none (RFC 9110 section 9.3.6)");
            }
            fields.headers().remove("content-length");
        }
        if (value > 0) {
            framing = Framing.LENGTH;
            length = value;
        }
        return null;
    }

    private @Nullable Http1Fault chunked() {
        if (!fields.encoding.equalsIgnoreCase("chunked") || line.isConnect()) {
            return new Http1Fault(
                    501,
                    "http1.invalid_transfer_encoding",
                    "transfer-encoding: "
                            + Http1Fault.shown(fields.encoding)
                            + " (expected: chunked alone, and none with CONNECT)");
        }
        if (!line.http11) {
            return Http1Fault.of(
                    "http1.transfer_encoding_not_allowed",
                    "transfer-encoding in HTTP/1.0",
                    fields.encoding,
                    "none (RFC 9112 section 6.1)");
        }
        if (fields.lengths > 0) {
            if (!options.allowChunkedLength()) {
                return Http1Fault.of(
                        "http1.content_length_and_chunked_not_allowed",
                        "content-length beside transfer-encoding",
                        fields.length,
                        "one of the two; perhaps an attack (RFC 9112 section 6.3)");
            }
            fields.headers().remove("content-length");
        }
        framing = Framing.CHUNKED;
        return null;
    }

    private @Nullable Http1Fault connection() {
        keepAlive = line.http11;
        if (fields.hasConnection) {
            var bad = nominations();
            if (bad != null) {
                return bad;
            }
            boolean close = ConnectionTokens.has(fields.connection, "close");
            keepAlive =
                    !close
                            && (line.http11
                                    || ConnectionTokens.has(fields.connection, "keep-alive"));
        }
        if (!fields.proxyConnection.isEmpty()
                && ConnectionTokens.has(fields.proxyConnection, "close")) {
            keepAlive = false;
        }
        return null;
    }

    /// Takes away what `connection` names, as RFC 9110 section 7.6.1 has it. Those that say whom a
    /// request comes from can't be named: who could take them away would pass for another.
    private @Nullable Http1Fault nominations() {
        var value = fields.connection;
        if (value.equalsIgnoreCase("keep-alive")
                || value.equalsIgnoreCase("close")
                || value.equalsIgnoreCase("upgrade")) {
            return null;
        }
        int tokens = 0;
        for (int from = 0; from <= value.length(); ) {
            int end = ConnectionTokens.end(value, from);
            if (++tokens >= ConnectionTokens.MAX_NAMED) {
                return rejected(value);
            }
            var name = value.substring(from, end).strip().toLowerCase(Locale.ROOT);
            from = end + 1;
            if (!named(name)) {
                return rejected(name);
            }
        }
        return null;
    }

    private boolean named(String name) {
        switch (name) {
            case "", "close", "keep-alive", "upgrade", "http2-settings", "connection" -> {}
            case "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto" -> {
                return false;
            }
            case "te" -> {
                return fields.te.length() < ConnectionTokens.MAX_TE_CHARS;
            }
            case "host" -> fields.hosts = 0;
            default -> {
                if (name.charAt(0) == ':') {
                    return false;
                }
                fields.headers().remove(name);
            }
        }
        return true;
    }

    private static Http1Fault rejected(String value) {
        return Http1Fault.of(
                "http1.connection_header_rejected",
                "connection",
                value,
                "fewer than "
                        + ConnectionTokens.MAX_NAMED
                        + " names, none of x-forwarded-* or of pseudo-headers");
    }

    private void expectation() {
        continueExpected = false;
        if (!fields.expect.isEmpty()
                && !options.proxy100Continue()
                && fields.expect.equalsIgnoreCase("100-continue")) {
            // HTTP/1.0 knows no 100 (RFC 9110 section 10.1.1).
            continueExpected = line.http11;
            fields.headers().remove("expect");
        }
    }

    private void transferCodings() {
        if (fields.hasTe && ConnectionTokens.has(fields.te, "trailers")) {
            fields.headers().add("te", "trailers");
        }
    }

    /// A request with a body stays HTTP: servers may ignore `upgrade` (RFC 9110 section 7.8), and
    /// so nobody can mistake the body for the new protocol.
    private @Nullable String upgrade() {
        var asked = fields.upgrade;
        if (asked == null
                || !line.http11
                || framing != Framing.NONE
                || line.isConnect()
                || !ConnectionTokens.has(fields.connection, "upgrade")
                || asked.equalsIgnoreCase("h2c")) {
            return null;
        }
        return asked.toLowerCase(Locale.ROOT);
    }
}
