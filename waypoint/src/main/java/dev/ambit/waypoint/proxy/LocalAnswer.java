package dev.ambit.waypoint.proxy;

import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.model.HttpOptions;
import dev.ambit.waypoint.route.Grpc;
import dev.ambit.waypoint.stage.LocalReply;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// An answer of this side as it goes out, in the order of fields in which Envoy writes them.
///
/// @param body empty for none; never of a HEAD, whose `content-length` still tells it
record LocalAnswer(ResponseHead head, byte[] body) {
    private static final byte[] NONE = new byte[0];

    /// @param request null where none was understood
    static LocalAnswer of(
            LocalReply reply,
            @Nullable RequestHead request,
            HttpOptions.LocalReplies options,
            StreamInfo info) {
        var headers = reply.headers().copy();
        // As it came: a stage may have made it one.
        if (request != null && info.grpc) {
            return grpc(reply, request, headers);
        }
        var text = reply.body();
        boolean formatted = options.format().isPresent();
        if (formatted) {
            info.responseCode = reply.status();
            text = options.format().get().format(info, text);
        }
        if (text.isEmpty()) {
            headers.remove("content-length");
            headers.remove("content-type");
            return new LocalAnswer(new ResponseHead(reply.status(), headers), NONE);
        }
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        headers.set("content-length", Integer.toString(body.length));
        var type = options.contentType();
        if (formatted && !type.isEmpty()) {
            headers.set("content-type", type);
        } else if (!headers.contains("content-type")) {
            headers.add("content-type", "text/plain");
        }
        return new LocalAnswer(
                new ResponseHead(reply.status(), headers), isHead(request) ? NONE : body);
    }

    private static boolean isHead(@Nullable RequestHead request) {
        return request != null && request.method().equals("HEAD");
    }

    private static LocalAnswer grpc(LocalReply reply, RequestHead request, Headers headers) {
        headers.remove("content-length");
        headers.set("content-type", GrpcWords.CONTENT_TYPE);
        headers.set(
                "grpc-status",
                Integer.toString(reply.grpcStatus().orElse(Grpc.ofHttp(reply.status()))));
        if (!reply.body().isEmpty() && !isHead(request)) {
            headers.set("grpc-message", Grpc.message(reply.body()));
        }
        return new LocalAnswer(new ResponseHead(200, headers), NONE);
    }
}
