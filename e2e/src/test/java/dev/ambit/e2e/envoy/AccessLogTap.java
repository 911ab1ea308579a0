package dev.ambit.e2e.envoy;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.ambit.envoy.EnvoyTypes;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import java.util.List;
import java.util.Map;

/// Has each chain of a waypoint write one line about each exchange, whatever the manifests say
/// about logs: what went on inside is compared by it.
final class AccessLogTap {
    /// What a line begins with, so that it is told from everything else.
    static final String MARK = "twin";

    private static final String FILE_LOG =
            "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog";
    private static final List<String> LOGGING =
            List.of(
                    "envoy.extensions.filters.network.http_connection_manager.v3"
                            + ".HttpConnectionManager",
                    "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy");

    /// Name in the line, and Envoy's operator.
    private static final Map<String, String> FIELDS =
            Map.ofEntries(
                    Map.entry(MARK, "1"),
                    Map.entry("method", "%REQ(:METHOD)%"),
                    Map.entry("path", "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%"),
                    Map.entry("sent_path", "%REQ(:PATH)%"),
                    Map.entry("authority", "%REQ(:AUTHORITY)%"),
                    Map.entry("protocol", "%PROTOCOL%"),
                    Map.entry("upstream_protocol", "%UPSTREAM_PROTOCOL%"),
                    Map.entry("code", "%RESPONSE_CODE%"),
                    Map.entry("flags", "%RESPONSE_FLAGS%"),
                    Map.entry("details", "%RESPONSE_CODE_DETAILS%"),
                    Map.entry("termination", "%CONNECTION_TERMINATION_DETAILS%"),
                    Map.entry("received", "%BYTES_RECEIVED%"),
                    Map.entry("sent", "%BYTES_SENT%"),
                    Map.entry("cluster", "%UPSTREAM_CLUSTER_RAW%"),
                    Map.entry("route", "%ROUTE_NAME%"),
                    Map.entry("attempts", "%UPSTREAM_REQUEST_ATTEMPT_COUNT%"),
                    Map.entry("grpc", "%GRPC_STATUS%"),
                    Map.entry("local", "%DOWNSTREAM_LOCAL_ADDRESS%"),
                    Map.entry("remote", "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"),
                    Map.entry("sni", "%REQUESTED_SERVER_NAME%"));

    private AccessLogTap() {}

    static Any of(Any resource) throws InvalidProtocolBufferException {
        if (!resource.is(Listener.class)) {
            return resource;
        }
        var listener = resource.unpack(Listener.class);
        if (!listener.getName().equals("main_internal")) {
            return resource;
        }
        var tree = JsonParser.parseString(EnvoyTypes.json(listener));
        tap(tree);
        var tapped = EnvoyTypes.parse(tree.toString(), listener.getDescriptorForType());
        return resource.toBuilder().setValue(tapped.toByteString()).build();
    }

    private static void tap(JsonElement element) {
        if (element instanceof JsonArray array) {
            array.forEach(AccessLogTap::tap);
        } else if (element instanceof JsonObject object) {
            if (object.get("@type") instanceof JsonPrimitive type
                    && LOGGING.contains(
                            type.getAsString().substring("type.googleapis.com/".length()))) {
                var logs = new JsonArray();
                logs.add(log());
                object.add("accessLog", logs);
            }
            object.asMap().values().forEach(AccessLogTap::tap);
        }
    }

    private static JsonObject log() {
        var json = new JsonObject();
        FIELDS.forEach(json::addProperty);
        var format = new JsonObject();
        format.add("jsonFormat", json);
        var config = new JsonObject();
        config.addProperty("@type", FILE_LOG);
        config.addProperty("path", "/dev/stdout");
        config.add("logFormat", format);
        var log = new JsonObject();
        log.addProperty("name", "envoy.access_loggers.file");
        log.add("typedConfig", config);
        return log;
    }
}
