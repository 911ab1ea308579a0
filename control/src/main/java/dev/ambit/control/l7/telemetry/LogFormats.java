package dev.ambit.control.l7.telemetry;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import com.google.protobuf.util.JsonFormat;
import dev.ambit.control.l7.Protos;
import dev.ambit.control.resource.observe.ExtensionProvider.LogFormat;
import dev.ambit.control.resource.observe.MeshObserve;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.JsonFormatOptions;
import io.envoyproxy.envoy.config.core.v3.SubstitutionFormatString;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.extensions.formatter.req_without_query.v3.ReqWithoutQuery;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// How access log lines look.
final class LogFormats {
    private static final String REQ_WITHOUT_QUERY = "%REQ_WITHOUT_QUERY";

    static final String TEXT =
            "[%START_TIME%] \"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%\""
                    + " %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%"
                    + " %CONNECTION_TERMINATION_DETAILS% \"%UPSTREAM_TRANSPORT_FAILURE_REASON%\""
                    + " %BYTES_RECEIVED% %BYTES_SENT% %DURATION%"
                    + " %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% \"%REQ(X-FORWARDED-FOR)%\""
                    + " \"%REQ(USER-AGENT)%\" \"%REQ(X-REQUEST-ID)%\" \"%REQ(:AUTHORITY)%\""
                    + " \"%UPSTREAM_HOST%\" %UPSTREAM_CLUSTER_RAW% %UPSTREAM_LOCAL_ADDRESS%"
                    + " %DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS%"
                    + " %REQUESTED_SERVER_NAME% %ROUTE_NAME%\n";

    static final Struct JSON =
            struct(
                    Map.ofEntries(
                            Map.entry("start_time", "%START_TIME%"),
                            Map.entry("route_name", "%ROUTE_NAME%"),
                            Map.entry("method", "%REQ(:METHOD)%"),
                            Map.entry("path", "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%"),
                            Map.entry("protocol", "%PROTOCOL%"),
                            Map.entry("response_code", "%RESPONSE_CODE%"),
                            Map.entry("response_flags", "%RESPONSE_FLAGS%"),
                            Map.entry("response_code_details", "%RESPONSE_CODE_DETAILS%"),
                            Map.entry(
                                    "connection_termination_details",
                                    "%CONNECTION_TERMINATION_DETAILS%"),
                            Map.entry("bytes_received", "%BYTES_RECEIVED%"),
                            Map.entry("bytes_sent", "%BYTES_SENT%"),
                            Map.entry("duration", "%DURATION%"),
                            Map.entry(
                                    "upstream_service_time",
                                    "%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%"),
                            Map.entry("x_forwarded_for", "%REQ(X-FORWARDED-FOR)%"),
                            Map.entry("user_agent", "%REQ(USER-AGENT)%"),
                            Map.entry("request_id", "%REQ(X-REQUEST-ID)%"),
                            Map.entry("authority", "%REQ(:AUTHORITY)%"),
                            Map.entry("upstream_host", "%UPSTREAM_HOST%"),
                            Map.entry("upstream_cluster", "%UPSTREAM_CLUSTER_RAW%"),
                            Map.entry("upstream_local_address", "%UPSTREAM_LOCAL_ADDRESS%"),
                            Map.entry("downstream_local_address", "%DOWNSTREAM_LOCAL_ADDRESS%"),
                            Map.entry("downstream_remote_address", "%DOWNSTREAM_REMOTE_ADDRESS%"),
                            Map.entry("requested_server_name", "%REQUESTED_SERVER_NAME%"),
                            Map.entry(
                                    "upstream_transport_failure_reason",
                                    "%UPSTREAM_TRANSPORT_FAILURE_REASON%")));

    private LogFormats() {}

    private static Struct struct(Map<String, String> texts) {
        var struct = Struct.newBuilder();
        texts.forEach((key, text) ->
                struct.putFields(key, Value.newBuilder().setStringValue(text).build()));
        return struct.build();
    }

    /// Of a file, as its provider says.
    static SubstitutionFormatString of(LogFormat format, boolean omitEmptyValues) {
        return format.labels()
                .map(l -> json(l.getFieldsCount() == 0 ? JSON : l, omitEmptyValues))
                .orElseGet(() -> text(format.text().orElse(""), omitEmptyValues));
    }

    /// As the mesh says with `accessLogEncoding` and `accessLogFormat`. A format that is not JSON
    /// where it should be is not used.
    static SubstitutionFormatString of(MeshObserve mesh) {
        return switch (mesh.accessLogEncoding()) {
            case TEXT -> text(mesh.accessLogFormat(), false);
            case JSON -> json(parsed(mesh).orElse(JSON), false);
        };
    }

    /// Empty for one that is not JSON, or not said.
    static Optional<Struct> parsed(MeshObserve mesh) {
        if (mesh.accessLogFormat().isBlank()) {
            return Optional.empty();
        }
        try {
            var struct = Struct.newBuilder();
            JsonFormat.parser().merge(mesh.accessLogFormat(), struct);
            return Optional.of(struct.build());
        } catch (InvalidProtocolBufferException notJson) {
            return Optional.empty();
        }
    }

    private static SubstitutionFormatString text(String written, boolean omitEmptyValues) {
        var line = written.isEmpty() ? TEXT : written.endsWith("\n") ? written : written + "\n";
        return SubstitutionFormatString.newBuilder()
                .setTextFormatSource(DataSource.newBuilder().setInlineString(line))
                .setOmitEmptyValues(omitEmptyValues)
                .addAllFormatters(formatters(line, Struct.getDefaultInstance()))
                .build();
    }

    private static SubstitutionFormatString json(Struct labels, boolean omitEmptyValues) {
        return SubstitutionFormatString.newBuilder()
                .setJsonFormat(labels)
                .setJsonFormatOptions(JsonFormatOptions.getDefaultInstance())
                .setOmitEmptyValues(omitEmptyValues)
                .addAllFormatters(formatters("", labels))
                .build();
    }

    /// Extensions that a proxy needs for operators that are not built in.
    static List<TypedExtensionConfig> formatters(String text, Struct labels) {
        boolean used =
                text.contains(REQ_WITHOUT_QUERY)
                        || labels.getFieldsMap().values().stream()
                                .anyMatch(v -> v.getStringValue().contains(REQ_WITHOUT_QUERY));
        return used
                ? List.of(
                        TypedExtensionConfig.newBuilder()
                                .setName("envoy.formatter.req_without_query")
                                .setTypedConfig(Protos.any(ReqWithoutQuery.getDefaultInstance()))
                                .build())
                : List.of();
    }
}
