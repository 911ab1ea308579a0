package dev.ambit.waypoint.http;

import io.netty.buffer.ByteBuf;
import java.util.List;

/// Tells from a connection's first bytes what it carries: what Envoy's `http_inspector` and
/// `tls_inspector` find out together. Pure but for what it remembers of bytes it has seen.
///
/// It decides alike and sometimes sooner: what can't be a method is refused at once, where Envoy
/// waits for a line's end.
public final class ProtocolSniffer {
    /// Envoy's limit for a request line, octets.
    public static final int MAX_HTTP_BYTES = 64 << 10;

    private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

    public sealed interface Decision {}

    /// ALPN `http/1.1`.
    public record Http1() implements Decision {}

    /// ALPN `http/1.0`: every version that is another, or none.
    public record Http10() implements Decision {}

    /// HTTP/2 with prior knowledge: ALPN `h2c`.
    public record H2c() implements Decision {}

    /// @param sni empty for none
    public record Tls(String sni, List<String> alpn) implements Decision {}

    public record Other() implements Decision {}

    public record NeedMore() implements Decision {}

    /// The connection is to be ended: it began like HTTP, or TLS, and went on for too long.
    public record Refused(String cause) implements Decision {}

    private static final Http1 HTTP1 = new Http1();
    private static final Http10 HTTP1_0 = new Http10();
    private static final H2c H2C = new H2c();
    private static final Other OTHER = new Other();
    private static final NeedMore NEED_MORE = new NeedMore();

    private final boolean http;
    private final boolean tls;

    /// Octets in which no line end was.
    private int searched;

    private boolean methodComplete;

    /// @param http whether to look for HTTP
    /// @param tls whether to look for TLS
    public ProtocolSniffer(boolean http, boolean tls) {
        this.http = http;
        this.tls = tls;
    }

    /// @param all from the connection's first byte, every time; not changed
    public Decision look(ByteBuf all) {
        if (!all.isReadable()) {
            return NEED_MORE;
        }
        int first = all.getByte(all.readerIndex());
        if (first == ClientHello.HANDSHAKE) {
            return tls ? ClientHello.look(all) : OTHER;
        }
        return http ? http(all) : OTHER;
    }

    /// The connection's input has ended, or nothing more is waited for.
    public static Decision giveUp() {
        return OTHER;
    }

    private Decision http(ByteBuf all) {
        int from = all.readerIndex();
        int count = all.readableBytes();
        int same = 0;
        int preface = Math.min(count, PREFACE.length());
        while (same < preface && all.getByte(from + same) == PREFACE.charAt(same)) {
            same++;
        }
        if (same == PREFACE.length()) {
            return H2C;
        }
        if (same == count) {
            return NEED_MORE;
        }
        if (!methodComplete && !beginsWithMethod(all)) {
            return OTHER;
        }
        int most = Math.min(count, MAX_HTTP_BYTES);
        int end = all.indexOf(from + searched, from + most, (byte) '\n');
        if (end >= 0) {
            return line(all, from, end);
        }
        searched = most;
        return count < MAX_HTTP_BYTES
                ? NEED_MORE
                : new Refused(
                        "no line end within " + MAX_HTTP_BYTES + " bytes (expected: a request)");
    }

    /// As far as it has come.
    private boolean beginsWithMethod(ByteBuf all) {
        int end = all.writerIndex();
        int from = all.readerIndex();
        for (int i = from + searched; i < end; i++) {
            int c = all.getByte(i);
            if (blank(c) || c == '\n' || c == '\r') {
                methodComplete = true;
                return i > from;
            }
            if (!token(c)) {
                return false;
            }
        }
        return true;
    }

    private static Decision line(ByteBuf all, int from, int end) {
        int stop = end;
        while (stop > from && (blank(all.getByte(stop - 1)) || all.getByte(stop - 1) == '\r')) {
            stop--;
        }
        int method = from;
        while (method < stop && token(all.getByte(method))) {
            method++;
        }
        int target = method;
        while (target < stop && blank(all.getByte(target))) {
            target++;
        }
        if (method == from || target == method || target == stop) {
            return OTHER;
        }
        int version = stop;
        while (version > target && !blank(all.getByte(version - 1))) {
            version--;
        }
        int targetEnd = stop;
        boolean http11 = false;
        if (version > target) {
            if (!version(all, version, stop)) {
                return OTHER;
            }
            http11 = all.getByte(stop - 3) == '1' && all.getByte(stop - 1) == '1';
            targetEnd = version;
            while (blank(all.getByte(targetEnd - 1))) {
                targetEnd--;
            }
        }
        boolean connect = method - from == 7 && same(all, from, "CONNECT");
        if (!target(all, target, targetEnd, connect)) {
            return OTHER;
        }
        return http11 ? HTTP1 : HTTP1_0;
    }

    private static boolean version(ByteBuf all, int from, int end) {
        return end - from == 8
                && same(all, from, "HTTP/")
                && digit(all.getByte(from + 5))
                && all.getByte(from + 6) == '.'
                && digit(all.getByte(from + 7));
    }

    /// A path, an absolute URL, or an authority; looser than the codec, which answers the rest.
    private static boolean target(ByteBuf all, int from, int end, boolean connect) {
        int at = from;
        byte first = all.getByte(at);
        if (first != '/' && first != '*' && !connect) {
            while (at < end && letter(all.getByte(at))) {
                at++;
            }
            if (at == from || end - at < 3 || !same(all, at, "://")) {
                return false;
            }
        }
        for (; at < end; at++) {
            byte c = all.getByte(at);
            if (c < 0 || blank(c)) {
                return false;
            }
        }
        return true;
    }

    private static boolean same(ByteBuf all, int from, String text) {
        for (int i = 0; i < text.length(); i++) {
            if (all.getByte(from + i) != text.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private static boolean blank(int c) {
        return c == ' ' || c == '\t';
    }

    private static boolean digit(int c) {
        return c >= '0' && c <= '9';
    }

    private static boolean letter(int c) {
        int lower = c | 0x20;
        return lower >= 'a' && lower <= 'z';
    }

    private static boolean token(int c) {
        return digit(c) || (c > 0 && letter(c)) || (c > 0 && "!#$%&'*+-.^_`|~".indexOf(c) >= 0);
    }
}
