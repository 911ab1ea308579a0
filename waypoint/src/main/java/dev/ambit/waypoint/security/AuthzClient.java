package dev.ambit.waypoint.security;

import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.HttpVersion;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.security.AuthzAnswer.FieldChange;
import dev.ambit.waypoint.security.AuthzAnswer.How;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The two ways in which a server is asked: as requests and as answers. Sends nothing.
final class AuthzClient {
    /// Fields of an answer that belong to it alone: the length of another body, the framing of
    /// another connection.
    private static final Set<String> OWN =
            Set.of(
                    "content-length",
                    "transfer-encoding",
                    "connection",
                    "keep-alive",
                    "proxy-connection",
                    "upgrade",
                    "te");

    private static final String REMOVE = "x-envoy-auth-headers-to-remove";
    private static final String CHECK = "/envoy.service.auth.v3.Authorization/Check";

    /// A compressed flag and a length (gRPC over HTTP/2, "Length-Prefixed-Message").
    private static final int GRPC_PREFIX = 5;

    private final AuthzConfig.Service service;
    private final AuthzCheck.Codec codec;
    private final SecurityLimits limits;

    AuthzClient(AuthzConfig.Service service, AuthzCheck.Codec codec, SecurityLimits limits) {
        this.service = service;
        this.codec = codec;
        this.limits = limits;
    }

    /// Whether a field is one that no server may set.
    static boolean isOwn(String name) {
        return OWN.contains(name);
    }

    ServiceCall.Request request(AuthzCheck check) {
        return switch (service) {
            case AuthzConfig.Service.Http http -> http(http, check);
            case AuthzConfig.Service.Grpc grpc -> grpc(grpc, check);
        };
    }

    private ServiceCall.Request http(AuthzConfig.Service.Http http, AuthzCheck check) {
        var original = check.head();
        if (original == null) {
            throw new IllegalStateException("a connection is asked about by gRPC");
        }
        var body = check.body() == null ? new byte[0] : check.body();
        var headers = new Headers().add("content-length", Integer.toString(body.length));
        for (int i = 0; i < check.fields().size(); i++) {
            var name = check.fields().name(i);
            if (!name.startsWith(":") && !OWN.contains(name)) {
                headers.add(name, check.fields().value(i));
            }
        }
        var head =
                new RequestHead(
                        HttpVersion.HTTP_1_1,
                        original.method(),
                        "http",
                        original.authority(),
                        http.pathPrefix() + original.path(),
                        headers,
                        null);
        // As Envoy marks what it asks itself, and how long it will wait.
        headers.set("x-envoy-internal", "true");
        if (http.timeout().isPositive()) {
            headers.set("x-envoy-expected-rq-timeout-ms", Long.toString(http.timeout().toMillis()));
        }
        add(http.add(), head, check.info());
        return new ServiceCall.Request(
                http.cluster(), head, body, http.timeout(), limits.answerBytes());
    }

    private ServiceCall.Request grpc(AuthzConfig.Service.Grpc grpc, AuthzCheck check) {
        var message = codec.encode(check);
        var framed =
                ByteBuffer.allocate(GRPC_PREFIX + message.length)
                        .put((byte) 0)
                        .putInt(message.length)
                        .put(message);
        var headers = new Headers().add("content-type", "application/grpc").add("te", "trailers");
        if (grpc.timeout().isPositive()) {
            headers.add("grpc-timeout", grpcTimeout(grpc.timeout().toMillis()));
        }
        var head =
                new RequestHead(
                        HttpVersion.HTTP_2, "POST", "http", grpc.authority(), CHECK, headers, null);
        add(grpc.metadata(), head, check.info());
        return new ServiceCall.Request(
                grpc.cluster(), head, framed.array(), grpc.timeout(), limits.answerBytes());
    }

    /// At most eight digits.
    private static String grpcTimeout(long millis) {
        return millis <= 99_999_999 ? millis + "m" : millis / 1_000 + "S";
    }

    private static void add(
            List<AuthzConfig.AddedField> fields, RequestHead head, StreamInfo info) {
        for (var field : fields) {
            head.headers().add(field.name(), field.value().format(head, null, info));
        }
    }

    AuthzAnswer answer(ServiceCall.Result result) {
        return switch (result) {
            case ServiceCall.Result.Failed(_, var detail) -> new AuthzAnswer.Failed(detail);
            case ServiceCall.Result.Answered answered ->
                    switch (service) {
                        case AuthzConfig.Service.Http http -> http(http, answered);
                        case AuthzConfig.Service.Grpc _ -> grpc(answered);
                    };
        };
    }

    private AuthzAnswer http(AuthzConfig.Service.Http http, ServiceCall.Result.Answered answered) {
        int status = answered.head().status();
        var headers = answered.head().headers();
        if (status >= 500) {
            return new AuthzAnswer.Failed("the server answered " + status);
        }
        if (headers.size() > limits.answerFields()) {
            return new AuthzAnswer.Failed("the server answered with too many fields");
        }
        return status == 200 ? consent(http, headers) : refusal(http, status, headers, answered);
    }

    private static AuthzAnswer consent(AuthzConfig.Service.Http http, Headers headers) {
        var request = new ArrayList<FieldChange>();
        var response = new ArrayList<FieldChange>();
        var metadata = new LinkedHashMap<String, Object>();
        for (int i = 0; i < headers.size(); i++) {
            var name = headers.name(i);
            var value = headers.value(i);
            if (name.equals(REMOVE)) {
                continue;
            }
            if (AuthzConfig.any(http.toUpstream(), name)) {
                request.add(new FieldChange(name, value, How.SET));
            }
            if (AuthzConfig.any(http.toUpstreamAppended(), name)) {
                request.add(new FieldChange(name, value, How.APPEND));
            }
            if (AuthzConfig.any(http.toClientOnConsent(), name)) {
                response.add(new FieldChange(name, value, How.ADD));
            }
            if (AuthzConfig.any(http.toMetadata(), name)) {
                metadata.put(name, value);
            }
        }
        return new AuthzAnswer.Allowed(
                request, names(headers), List.of(), List.of(), response, metadata);
    }

    private static List<String> names(Headers headers) {
        var names = new ArrayList<String>(0);
        for (var list : headers.all(REMOVE)) {
            for (var name : list.split(",", -1)) {
                if (!name.isBlank()) {
                    names.add(name.strip());
                }
            }
        }
        return names;
    }

    private static AuthzAnswer refusal(
            AuthzConfig.Service.Http http,
            int status,
            Headers headers,
            ServiceCall.Result.Answered answered) {
        var told = new Headers();
        for (int i = 0; i < headers.size(); i++) {
            var name = headers.name(i);
            boolean always = name.equals("www-authenticate") || name.equals("location");
            boolean wanted =
                    http.toClient().isEmpty() || always || AuthzConfig.any(http.toClient(), name);
            if (wanted && !OWN.contains(name) && !name.equals("host")) {
                told.add(name, headers.value(i));
            }
        }
        var body = new String(answered.body(), StandardCharsets.UTF_8);
        return new AuthzAnswer.Denied(status, body, told, Map.of());
    }

    private AuthzAnswer grpc(ServiceCall.Result.Answered answered) {
        int http = answered.head().status();
        var status = answered.trailers().get("grpc-status");
        if (status == null) {
            status = answered.head().headers().get("grpc-status");
        }
        if (http != 200 || !"0".equals(status)) {
            return new AuthzAnswer.Failed(
                    "the server answered " + http + ", grpc-status " + status);
        }
        var body = ByteBuffer.wrap(answered.body());
        if (body.remaining() < GRPC_PREFIX || body.get() != 0) {
            return new AuthzAnswer.Failed("the server answered without a plain message");
        }
        int length = body.getInt();
        if (length != body.remaining()) {
            return new AuthzAnswer.Failed("the server's message is not one, or not whole");
        }
        var message = new byte[length];
        body.get(message);
        return codec.decode(message);
    }
}
