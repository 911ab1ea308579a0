package dev.ambit.waypoint.route.stages;

import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.match.Ascii;
import dev.ambit.waypoint.route.Grpc;
import dev.ambit.waypoint.stage.Exchange;
import dev.ambit.waypoint.stage.HttpStage;
import dev.ambit.waypoint.stage.Step;
import dev.ambit.waypoint.telemetry.format.LocalReplyBody;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/// Lets browsers speak gRPC (<https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md>), as
/// `envoy.filters.http.grpc_web` does: trailers go at the end of the body, and texts in base64 both
/// ways where the client asks for it.
public record GrpcWebStage(String name) implements HttpStage {
    private static final String STATE = "ambit.grpc_web";
    private static final String CONTENT_TYPE = "content-type";
    private static final String WEB = "application/grpc-web";
    private static final String WEB_PROTO = "application/grpc-web+proto";
    private static final String TEXT = "application/grpc-web-text";
    private static final String TEXT_PROTO = "application/grpc-web-text+proto";

    /// What a request of this kind needs later.
    ///
    /// @param foreign whether the answer is none of gRPC, so that its body means nothing to the
    ///   client
    private record Web(boolean textRequest, boolean textResponse, boolean foreign) {}

    @Override
    public Step onRequest(Exchange exchange) {
        var headers = exchange.request().headers();
        var type = headers.get(CONTENT_TYPE);
        if (type == null || exchange.request().path().isEmpty() || !isWeb(type)) {
            return Step.NEXT;
        }
        var accept = headers.get("accept");
        exchange.info()
                .filterState(STATE, new Web(isText(type), accept != null && isText(accept), false));
        headers.remove("content-length");
        headers.set(CONTENT_TYPE, "application/grpc");
        headers.set("te", "trailers");
        if (!headers.contains("grpc-accept-encoding")) {
            headers.set("grpc-accept-encoding", "identity");
        }
        return Step.NEXT;
    }

    private static boolean isWeb(String type) {
        return isText(type) || type.equals(WEB) || type.equals(WEB_PROTO);
    }

    private static boolean isText(String type) {
        return type.equals(TEXT) || type.equals(TEXT_PROTO);
    }

    private static @Nullable Web web(Exchange exchange) {
        return exchange.info().filterState().get(STATE) instanceof Web web ? web : null;
    }

    @Override
    public void onResponse(Exchange exchange, ResponseHead head) {
        var web = web(exchange);
        if (web == null) {
            return;
        }
        var headers = head.headers();
        if (!isOfGrpc(head)) {
            exchange.info()
                    .filterState(STATE, new Web(web.textRequest(), web.textResponse(), true));
            if (!headers.contains(Grpc.STATUS)) {
                headers.set(Grpc.STATUS, Integer.toString(Grpc.ofHttp(head.status())));
            }
            if (exchange.info().filterState().get(LocalReplyBody.KEY) instanceof String body) {
                headers.set("grpc-message", Grpc.message(body));
            }
        }
        headers.remove("content-length");
        headers.set(CONTENT_TYPE, web.textResponse() ? TEXT_PROTO : WEB_PROTO);
    }

    private static boolean isOfGrpc(ResponseHead head) {
        return head.status() == 200
                && (Grpc.hasContentType(head.headers()) || hasWebType(head.headers()));
    }

    private static boolean hasWebType(Headers headers) {
        var type = headers.get(CONTENT_TYPE);
        if (type == null) {
            return false;
        }
        int semicolon = type.indexOf(';');
        var bare = Ascii.lower((semicolon < 0 ? type : type.substring(0, semicolon)).strip());
        return bare.equals(WEB) || bare.equals(WEB_PROTO);
    }

    @Override
    public @Nullable BodyTransform requestBody(Exchange exchange) {
        var web = web(exchange);
        return web != null && web.textRequest() ? new Base64Decoder() : null;
    }

    @Override
    public @Nullable BodyTransform responseBody(Exchange exchange, ResponseHead head) {
        var web = web(exchange);
        if (web == null) {
            return null;
        }
        return web.foreign() ? GrpcWebStage::dropped : new GrpcWebBody(web.textResponse());
    }

    private static ByteBuf dropped(ByteBuf bytes) {
        bytes.release();
        return Unpooled.EMPTY_BUFFER;
    }
}
