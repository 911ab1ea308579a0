package dev.ambit.waypoint.route;

import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.http.ResponseHead;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// What routes need to know of gRPC
/// (<https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>).
public final class Grpc {
    public static final String TIMEOUT = "grpc-timeout";
    public static final String STATUS = "grpc-status";
    private static final String CONTENT_TYPE = "application/grpc";

    /// Digits that a `grpc-timeout` may have: 8.
    private static final long MAX_TIMEOUT = 99_999_999;

    private static final int SECOND = 1_000;
    private static final int MINUTE = 60 * SECOND;
    private static final int HOUR = 60 * MINUTE;

    private static final HexFormat HEX = HexFormat.of().withUpperCase();

    private Grpc() {}

    public static boolean isRequest(RequestHead head) {
        return !head.path().isEmpty() && hasContentType(head.headers());
    }

    public static boolean hasContentType(Headers headers) {
        var type = headers.get("content-type");
        if (type == null || !type.startsWith(CONTENT_TYPE)) {
            return false;
        }
        return type.length() == CONTENT_TYPE.length() || type.charAt(CONTENT_TYPE.length()) == '+';
    }

    /// Of a response that ends with its head.
    public static OptionalInt status(ResponseHead head) {
        return status(head.headers().get(STATUS));
    }

    public static OptionalInt status(@Nullable String value) {
        long status = value == null ? -1 : HeaderNumbers.unsigned(value);
        return status < 0 || status > Integer.MAX_VALUE
                ? OptionalInt.empty()
                : OptionalInt.of((int) status);
    }

    /// Of the request, in milliseconds, rounded up; empty where there is none or it makes no sense.
    static OptionalLong timeoutMillis(RequestHead head) {
        var text = head.headers().get(TIMEOUT);
        if (text == null || text.length() < 2) {
            return OptionalLong.empty();
        }
        int last = text.length() - 1;
        long amount = HeaderNumbers.digits(text, last);
        if (amount < 0) {
            return OptionalLong.empty();
        }
        return switch (text.charAt(last)) {
            case 'H' -> product(amount, HOUR);
            case 'M' -> product(amount, MINUTE);
            case 'S' -> product(amount, SECOND);
            case 'm' -> OptionalLong.of(amount);
            case 'u' -> OptionalLong.of(Math.ceilDiv(amount, 1_000));
            case 'n' -> OptionalLong.of(Math.ceilDiv(amount, 1_000_000));
            default -> OptionalLong.empty();
        };
    }

    private static OptionalLong product(long amount, long unit) {
        return amount > Long.MAX_VALUE / unit
                ? OptionalLong.empty()
                : OptionalLong.of(amount * unit);
    }

    /// The text of a `grpc-timeout`, in the finest unit that has room for it.
    static String timeout(long millis) {
        if (millis <= MAX_TIMEOUT) {
            return millis + "m";
        }
        long amount = millis / SECOND;
        if (amount <= MAX_TIMEOUT) {
            return amount + "S";
        }
        amount /= 60;
        if (amount <= MAX_TIMEOUT) {
            return amount + "M";
        }
        return Math.min(amount / 60, MAX_TIMEOUT) + "H";
    }

    /// The status that a response of plain HTTP stands for
    /// (<https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md>).
    public static int ofHttp(int status) {
        return switch (status) {
            case 400 -> 13;
            case 401 -> 16;
            case 403 -> 7;
            case 404 -> 12;
            case 429, 502, 503, 504 -> 14;
            default -> 2;
        };
    }

    /// A text as `grpc-message` has it: octets that are not printable, and `%`, as `%XX`.
    public static String message(String text) {
        var message = new StringBuilder(text.length());
        for (byte octet : text.getBytes(StandardCharsets.UTF_8)) {
            if (octet >= ' ' && octet <= '~' && octet != '%') {
                message.append((char) octet);
            } else {
                message.append('%').append(HEX.toHexDigits(octet));
            }
        }
        return message.toString();
    }
}
