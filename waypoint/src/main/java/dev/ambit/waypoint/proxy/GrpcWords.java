package dev.ambit.waypoint.proxy;

import java.nio.charset.StandardCharsets;

/// How gRPC says what HTTP says otherwise.
final class GrpcWords {
    static final String CONTENT_TYPE = "application/grpc";

    private GrpcWords() {}

    /// Of the gRPC project's table "HTTP to gRPC status code mapping".
    static int status(int http) {
        return switch (http) {
            case 400 -> 13;
            case 401 -> 16;
            case 403 -> 7;
            case 404 -> 12;
            case 429, 502, 503, 504 -> 14;
            default -> 2;
        };
    }

    /// What a host is judged by when it answers with a gRPC status in its head.
    static int http(int grpcStatus) {
        return switch (grpcStatus) {
            case 0 -> 200;
            case 1 -> 499;
            case 3, 9, 11 -> 400;
            case 4 -> 504;
            case 5 -> 404;
            case 6, 10 -> 409;
            case 7 -> 403;
            case 8 -> 429;
            case 12 -> 501;
            case 14 -> 503;
            case 16 -> 401;
            default -> 500;
        };
    }

    /// `grpc-message`: percent-encoded but for printable ASCII without `%`.
    static String message(String text) {
        var encoded = new StringBuilder(text.length());
        for (byte octet : text.getBytes(StandardCharsets.UTF_8)) {
            if (octet >= ' ' && octet <= '~' && octet != '%') {
                encoded.append((char) octet);
            } else {
                encoded.append('%');
                encoded.append(Character.toUpperCase(Character.forDigit((octet >> 4) & 15, 16)));
                encoded.append(Character.toUpperCase(Character.forDigit(octet & 15, 16)));
            }
        }
        return encoded.toString();
    }
}
