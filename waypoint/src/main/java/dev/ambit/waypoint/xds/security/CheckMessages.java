package dev.ambit.waypoint.xds.security;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.ListValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Timestamp;
import com.google.protobuf.Value;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.match.Ascii;
import dev.ambit.waypoint.security.AuthzAnswer;
import dev.ambit.waypoint.security.AuthzAnswer.FieldChange;
import dev.ambit.waypoint.security.AuthzAnswer.How;
import dev.ambit.waypoint.security.AuthzCheck;
import io.envoyproxy.envoy.config.core.v3.Address;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.service.auth.v3.AttributeContext;
import io.envoyproxy.envoy.service.auth.v3.CheckRequest;
import io.envoyproxy.envoy.service.auth.v3.CheckResponse;
import io.envoyproxy.envoy.service.auth.v3.DeniedHttpResponse;
import io.envoyproxy.envoy.service.auth.v3.OkHttpResponse;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// `envoy.service.auth.v3`.
public final class CheckMessages implements AuthzCheck.Codec {
    private static final int FORBIDDEN = 403;

    @Override
    public byte[] encode(AuthzCheck check) {
        var connection = check.info().connection();
        var attributes =
                AttributeContext.newBuilder()
                        .setSource(peer(connection.remote(), connection.peerPrincipal()))
                        .setDestination(peer(connection.originalDst(), connection.localPrincipal()))
                        .setMetadataContext(metadata(check.metadata()))
                        .putAllContextExtensions(check.context());
        var head = check.head();
        if (head != null) {
            attributes.setRequest(request(check, head));
        }
        if (check.tellSni() && !connection.serverName().isEmpty()) {
            attributes.getTlsSessionBuilder().setSni(connection.serverName());
        }
        return CheckRequest.newBuilder().setAttributes(attributes).build().toByteArray();
    }

    private static AttributeContext.Peer peer(
            @Nullable InetSocketAddress address, String principal) {
        var peer = AttributeContext.Peer.newBuilder().setPrincipal(principal);
        if (address != null) {
            peer.setAddress(
                    Address.newBuilder()
                            .setSocketAddress(
                                    SocketAddress.newBuilder()
                                            .setAddress(address.getAddress().getHostAddress())
                                            .setPortValue(address.getPort())));
        }
        return peer.build();
    }

    private static AttributeContext.Request request(AuthzCheck check, RequestHead head) {
        var info = check.info();
        var http =
                AttributeContext.HttpRequest.newBuilder()
                        .setId(Long.toUnsignedString(info.startNanos))
                        .setMethod(text(head.method()))
                        .setPath(text(head.path()))
                        .setHost(text(head.authority()))
                        .setScheme(text(head.scheme()))
                        .setProtocol(head.version().text())
                        .setSize(info.bytesReceived);
        check.fields().forEach((name, value) -> http.putHeaders(name, text(value)));
        var body = check.body();
        if (body != null && check.bodyAsBytes()) {
            http.setRawBody(ByteString.copyFrom(body));
        } else if (body != null) {
            http.setBody(utf8(body));
        }
        return AttributeContext.Request.newBuilder()
                .setTime(
                        Timestamp.newBuilder()
                                .setSeconds(Math.floorDiv(info.startMicros, 1_000_000))
                                .setNanos(Math.floorMod(info.startMicros, 1_000_000) * 1_000))
                .setHttp(http)
                .build();
    }

    /// Octets of a field as protobuf's text.
    private static String text(String octets) {
        for (int i = 0; i < octets.length(); i++) {
            if (octets.charAt(i) >= 128) {
                return utf8(octets.getBytes(ISO_8859_1));
            }
        }
        return octets;
    }

    /// What is no UTF-8 becomes `!`, as with Envoy.
    private static String utf8(byte[] octets) {
        try {
            return UTF_8.newDecoder()
                    .onMalformedInput(CodingErrorAction.REPLACE)
                    .replaceWith("!")
                    .decode(ByteBuffer.wrap(octets))
                    .toString();
        } catch (CharacterCodingException impossible) {
            throw new IllegalStateException("replaced input is malformed", impossible);
        }
    }

    private static Metadata metadata(Map<String, Map<String, Object>> namespaces) {
        var metadata = Metadata.newBuilder();
        namespaces.forEach((name, values) -> metadata.putFilterMetadata(name, struct(values)));
        return metadata.build();
    }

    private static Struct struct(Map<?, ?> values) {
        var struct = Struct.newBuilder();
        values.forEach((key, value) -> struct.putFields(String.valueOf(key), value(value)));
        return struct.build();
    }

    private static Value value(Object value) {
        var result = Value.newBuilder();
        return switch (value) {
            case Map<?, ?> map -> result.setStructValue(struct(map)).build();
            case List<?> list -> {
                var values = ListValue.newBuilder();
                list.forEach(element -> values.addValues(value(element)));
                yield result.setListValue(values).build();
            }
            case Boolean bool -> result.setBoolValue(bool).build();
            case Number number -> result.setNumberValue(number.doubleValue()).build();
            default -> result.setStringValue(value.toString()).build();
        };
    }

    @Override
    public AuthzAnswer decode(byte[] message) {
        CheckResponse response;
        try {
            response = CheckResponse.parseFrom(message);
        } catch (InvalidProtocolBufferException malformed) {
            return new AuthzAnswer.Failed("no CheckResponse: " + malformed.getMessage());
        }
        return response.getStatus().getCode() == 0 ? allowed(response) : denied(response);
    }

    @SuppressWarnings("deprecation") // Older servers put the metadata there, and Envoy prefers it.
    private static AuthzAnswer allowed(CheckResponse response) {
        var ok = response.getOkResponse();
        var params = new ArrayList<AuthzAnswer.Param>();
        for (var param : ok.getQueryParametersToSetList()) {
            params.add(new AuthzAnswer.Param(param.getKey(), param.getValue()));
        }
        return new AuthzAnswer.Allowed(
                requestChanges(ok),
                List.copyOf(ok.getHeadersToRemoveList()),
                params,
                List.copyOf(ok.getQueryParametersToRemoveList()),
                responseChanges(ok),
                values(
                        ok.hasDynamicMetadata()
                                ? ok.getDynamicMetadata()
                                : response.getDynamicMetadata()));
    }

    /// Unless it is told to append, a field replaces what the caller sent: what a server says of a
    /// caller must not stand beside what the caller says of itself.
    @SuppressWarnings("deprecation") // `append` is what servers send.
    private static List<FieldChange> requestChanges(OkHttpResponse ok) {
        var changes = new ArrayList<FieldChange>(ok.getHeadersCount());
        for (var option : ok.getHeadersList()) {
            How how;
            if (option.hasAppend()) {
                how = option.getAppend().getValue() ? How.APPEND : How.SET;
            } else {
                how =
                        switch (option.getAppendAction()) {
                            case ADD_IF_ABSENT -> How.ADD_IF_ABSENT;
                            case OVERWRITE_IF_EXISTS -> How.SET_IF_THERE;
                            case APPEND_IF_EXISTS_OR_ADD,
                                    OVERWRITE_IF_EXISTS_OR_ADD,
                                    UNRECOGNIZED ->
                                    How.SET;
                        };
            }
            changes.add(change(option, how));
        }
        return changes;
    }

    @SuppressWarnings("deprecation") // `append` is what servers send.
    private static List<FieldChange> responseChanges(OkHttpResponse ok) {
        var changes = new ArrayList<FieldChange>(ok.getResponseHeadersToAddCount());
        for (var option : ok.getResponseHeadersToAddList()) {
            How how;
            if (option.hasAppend()) {
                how = option.getAppend().getValue() ? How.ADD : How.SET;
            } else {
                how =
                        switch (option.getAppendAction()) {
                            case APPEND_IF_EXISTS_OR_ADD -> How.ADD;
                            case ADD_IF_ABSENT -> How.ADD_IF_ABSENT;
                            case OVERWRITE_IF_EXISTS -> How.SET_IF_THERE;
                            case OVERWRITE_IF_EXISTS_OR_ADD, UNRECOGNIZED -> How.SET;
                        };
            }
            changes.add(change(option, how));
        }
        return changes;
    }

    private static FieldChange change(HeaderValueOption option, How how) {
        return new FieldChange(Ascii.lower(option.getHeader().getKey()), fieldValue(option), how);
    }

    private static String fieldValue(HeaderValueOption option) {
        var header = option.getHeader();
        return header.getValue().isEmpty()
                ? header.getRawValue().toString(ISO_8859_1)
                : Ascii.octets(header.getValue());
    }

    private static AuthzAnswer denied(CheckResponse response) {
        DeniedHttpResponse denied = response.getDeniedResponse();
        var headers = new Headers();
        for (var option : denied.getHeadersList()) {
            headers.add(Ascii.lower(option.getHeader().getKey()), fieldValue(option));
        }
        int status = denied.getStatus().getCodeValue();
        boolean possible = status >= 200 && status <= 599;
        return new AuthzAnswer.Denied(
                possible ? status : FORBIDDEN,
                denied.getBody(),
                headers,
                values(response.getDynamicMetadata()));
    }

    private static Map<String, Object> values(Struct struct) {
        var values = new LinkedHashMap<String, Object>();
        struct.getFieldsMap()
                .forEach((key, value) -> {
                    var plain = plain(value);
                    if (plain != null) {
                        values.put(key, plain);
                    }
                });
        return values;
    }

    private static @Nullable Object plain(Value value) {
        return switch (value.getKindCase()) {
            case STRING_VALUE -> value.getStringValue();
            case NUMBER_VALUE -> value.getNumberValue();
            case BOOL_VALUE -> value.getBoolValue();
            case STRUCT_VALUE -> values(value.getStructValue());
            case LIST_VALUE -> {
                var list = new ArrayList<Object>();
                for (var element : value.getListValue().getValuesList()) {
                    var plain = plain(element);
                    if (plain != null) {
                        list.add(plain);
                    }
                }
                yield list;
            }
            case NULL_VALUE, KIND_NOT_SET -> null;
        };
    }
}
