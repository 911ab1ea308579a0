package dev.ambit.waypoint.upstream.call;

import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.HttpVersion;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.upstream.Upstreams;
import io.netty.channel.EventLoop;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// gRPC over an exchange of ours. <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>
public final class Grpc {
    private static final int PREFIX = 5;
    private static final int UNKNOWN = 2;
    private static final int INTERNAL = 13;
    private static final int UNAVAILABLE = 14;
    private static final int DEADLINE_EXCEEDED = 4;

    private Grpc() {}

    /// What came of a unary call.
    public sealed interface Result {
        /// The server's answer; nobody else has its bytes.
        @SuppressWarnings("ArrayRecordComponent") // Compared by nobody, and copying it would cost.
        record Message(byte[] bytes) implements Result {}

        /// There is no message.
        ///
        /// @param code of gRPC, never 0
        /// @param failure what the code was made of, where the call did not get that far; null for
        ///   a status that the server gave
        record Status(int code, String message, CallResult.@Nullable Failed failure)
                implements Result {}
    }

    /// The head of a call.
    ///
    /// @param authority empty for the cluster's name
    /// @param method `package.Service/Method`
    /// @param metadata names in lower case
    /// @param timeout zero for none
    public static RequestHead head(
            String cluster,
            String authority,
            String method,
            Map<String, String> metadata,
            Duration timeout) {
        var headers = new Headers();
        headers.add("te", "trailers");
        if (!timeout.isZero()) {
            headers.add("grpc-timeout", timeout.toMillis() + "m");
        }
        headers.add("content-type", "application/grpc");
        metadata.forEach(headers::add);
        return new RequestHead(
                HttpVersion.HTTP_2,
                "POST",
                "http",
                authority.isEmpty() ? cluster : authority,
                "/" + method,
                headers,
                null);
    }

    /// On the loop.
    ///
    /// @param head of `head`
    /// @param most bytes of an answer
    public static Call unary(
            EventLoop loop,
            Upstreams upstreams,
            String cluster,
            RequestHead head,
            byte[] message,
            Duration timeout,
            int most,
            Consumer<Result> done) {
        return Call.start(
                loop,
                upstreams,
                cluster,
                head,
                frame(message),
                timeout,
                most,
                result -> done.accept(result(result)));
    }

    /// With its prefix: not compressed, length.
    static byte[] frame(byte[] message) {
        return ByteBuffer.allocate(PREFIX + message.length)
                .put((byte) 0)
                .putInt(message.length)
                .put(message)
                .array();
    }

    static Result result(CallResult result) {
        return switch (result) {
            case CallResult.Failed failed ->
                    new Result.Status(
                            failed.kind() == CallResult.Kind.TIMEOUT
                                    ? DEADLINE_EXCEEDED
                                    : UNAVAILABLE,
                            failed.detail(),
                            failed);
            case CallResult.Answered(var status, var headers, var body, var trailers) -> {
                var code = trailers.get("grpc-status");
                var from = code == null ? headers : trailers;
                code = code == null ? headers.get("grpc-status") : code;
                if (status != 200 && code == null) {
                    yield new Result.Status(ofHttp(status), "HTTP status " + status, null);
                }
                if (code == null) {
                    yield new Result.Status(UNKNOWN, "an answer without grpc-status", null);
                }
                yield code.equals("0") ? message(body) : status(code, from.get("grpc-message"));
            }
        };
    }

    private static Result status(String code, @Nullable String message) {
        int number;
        try {
            number = Integer.parseInt(code);
        } catch (NumberFormatException malformed) {
            number = UNKNOWN;
        }
        return new Result.Status(number, message == null ? "" : decoded(message), null);
    }

    /// `grpc-message` is percent-encoded; one that is not is taken as it is.
    private static String decoded(String message) {
        try {
            return URLDecoder.decode(message.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException malformed) {
            return message;
        }
    }

    private static Result message(byte[] body) {
        if (body.length < PREFIX) {
            return new Result.Status(INTERNAL, "no message in the answer", null);
        }
        var bytes = ByteBuffer.wrap(body);
        byte flags = bytes.get();
        int length = bytes.getInt();
        if (flags != 0 || length != bytes.remaining()) {
            return new Result.Status(
                    INTERNAL,
                    flags != 0
                            ? "a compressed message, which was not asked for"
                            : "a message of "
                                    + length
                                    + " bytes in "
                                    + bytes.remaining()
                                    + ": not one message",
                    null);
        }
        var message = new byte[length];
        bytes.get(message);
        return new Result.Message(message);
    }

    /// <https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md>
    private static int ofHttp(int status) {
        return switch (status) {
            case 400 -> INTERNAL;
            case 401 -> 16;
            case 403 -> 7;
            case 404 -> 12;
            case 429, 502, 503, 504 -> UNAVAILABLE;
            default -> UNKNOWN;
        };
    }
}
