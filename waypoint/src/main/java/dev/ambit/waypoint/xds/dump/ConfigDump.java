package dev.ambit.waypoint.xds.dump;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Struct;
import com.google.protobuf.util.JsonFormat;
import dev.ambit.envoy.EnvoyTypes;
import dev.ambit.mesh.xds.Structs;
import dev.ambit.waypoint.pool.Secrets.Secret;
import dev.ambit.waypoint.xds.CompileScope;
import dev.ambit.waypoint.xds.Ledger;
import dev.ambit.waypoint.xds.Refused;
import dev.ambit.waypoint.xds.WaypointNode;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// `/config_dump`: `envoy.admin.v3.ConfigDump` as JSON, so that tools made for Envoy read it. Keys
/// of certificates are never in it.
public final class ConfigDump {
    private static final String ADMIN = "type.googleapis.com/envoy.admin.v3.";
    private static final String TYPES = "type.googleapis.com/";
    private static final String CLUSTER = TYPES + "envoy.config.cluster.v3.Cluster";
    private static final String ENDPOINTS =
            TYPES + "envoy.config.endpoint.v3.ClusterLoadAssignment";
    private static final String LISTENER = TYPES + "envoy.config.listener.v3.Listener";
    private static final String SECRET = TYPES + "envoy.extensions.transport_sockets.tls.v3.Secret";
    private static final String MANAGER =
            "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
    private static final String REDACTED =
            Base64.getEncoder().encodeToString("[redacted]".getBytes(StandardCharsets.US_ASCII));

    private final JsonGenerator json;
    private final Source source;

    /// What there is to show.
    ///
    /// @param secrets by name
    /// @param skipped what was left out without harm
    /// @param started when the process was
    public record Source(
            WaypointNode node,
            Map<String, Ledger> ledgers,
            Map<String, Secret> secrets,
            List<String> skipped,
            Instant started) {}

    private ConfigDump(JsonGenerator json, Source source) {
        this.json = json;
        this.source = source;
    }

    /// @param endpoints whether they are in it too: `include_eds`
    public static String text(Source source, boolean endpoints) {
        var out = new StringWriter();
        try (var json = new JsonFactory().createGenerator(out)) {
            json.useDefaultPrettyPrinter();
            new ConfigDump(json, source).write(endpoints);
        } catch (IOException impossible) {
            throw new IllegalStateException("writing to memory", impossible);
        }
        return out.toString();
    }

    private void write(boolean endpoints) throws IOException {
        json.writeStartObject();
        json.writeArrayFieldStart("configs");
        bootstrap();
        clusters();
        if (endpoints) {
            endpoints();
        }
        listeners();
        routes();
        secrets();
        json.writeEndArray();
        json.writeEndObject();
    }

    private void begin(String type) throws IOException {
        json.writeStartObject();
        json.writeStringField("@type", ADMIN + type);
    }

    private List<Ledger.Entry> entries(String type) {
        var ledger = source.ledgers().get(type);
        return ledger == null ? List.of() : ledger.entries();
    }

    private void bootstrap() throws IOException {
        var struct = Struct.newBuilder();
        source.node()
                .metadata()
                .forEach((name, value) -> struct.putFields(name, Structs.value(value)));
        begin("BootstrapConfigDump");
        json.writeObjectFieldStart("bootstrap");
        json.writeObjectFieldStart("node");
        json.writeStringField("id", source.node().id());
        json.writeStringField("cluster", source.node().cluster());
        json.writeFieldName("metadata");
        json.writeRawValue(
                JsonFormat.printer().omittingInsignificantWhitespace().print(struct.build()));
        json.writeStringField("user_agent_name", "ambit");
        json.writeEndObject();
        json.writeEndObject();
        json.writeStringField("last_updated", source.started().toString());
        json.writeArrayFieldStart("skipped_without_harm");
        for (var each : source.skipped()) {
            json.writeString(each);
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    // ---- clusters

    private void clusters() throws IOException {
        var all = entries(CLUSTER);
        begin("ClustersConfigDump");
        json.writeArrayFieldStart("dynamic_active_clusters");
        for (var entry : all) {
            if (entry.good().isPresent()) {
                cluster(entry, entry.good().get().version(), entry.good().get().resource());
            }
        }
        json.writeEndArray();
        json.writeArrayFieldStart("dynamic_warming_clusters");
        for (var entry : all) {
            if (entry.good().isEmpty() && entry.refused().isPresent()) {
                cluster(entry, "", entry.refused().get().resource());
            }
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private void cluster(Ledger.Entry entry, String version, Any resource) throws IOException {
        json.writeStartObject();
        json.writeStringField("version_info", version);
        field("cluster", resource, Cluster.getDefaultInstance());
        entry.good().ifPresent(this::lastUpdated);
        error(entry);
        json.writeEndObject();
    }

    private void lastUpdated(Ledger.Good good) {
        try {
            json.writeStringField("last_updated", good.since().toString());
        } catch (IOException impossible) {
            throw new IllegalStateException("writing to memory", impossible);
        }
    }

    private void error(Ledger.Entry entry) throws IOException {
        if (entry.refused().isEmpty()) {
            return;
        }
        var refused = entry.refused().get();
        json.writeObjectFieldStart("error_state");
        field("failed_configuration", refused.resource(), prototype(refused.resource()));
        json.writeStringField("last_update_attempt", refused.since().toString());
        json.writeStringField("details", refused.reason());
        json.writeStringField("version_info", refused.version());
        json.writeEndObject();
        json.writeStringField("client_status", "NACKED");
    }

    private static Message prototype(Any resource) {
        return switch (resource.getTypeUrl()) {
            case CLUSTER -> Cluster.getDefaultInstance();
            case LISTENER -> Listener.getDefaultInstance();
            default -> ClusterLoadAssignment.getDefaultInstance();
        };
    }

    /// With its type, as what is in an `Any` is printed; as bytes where something in it has a type
    /// that is not known here.
    private void field(String name, Any resource, Message prototype) throws IOException {
        json.writeFieldName(name);
        try {
            var text =
                    EnvoyTypes.snakeJson(
                            prototype.getParserForType().parseFrom(resource.getValue()));
            var type = "{\"@type\":\"" + resource.getTypeUrl() + "\"";
            json.writeRawValue(text.length() <= 2 ? type + "}" : type + "," + text.substring(1));
        } catch (InvalidProtocolBufferException | IllegalArgumentException unreadable) {
            json.writeStartObject();
            json.writeStringField("@type", resource.getTypeUrl());
            json.writeStringField("not_readable", String.valueOf(unreadable.getMessage()));
            json.writeBinaryField("value", resource.getValue().toByteArray());
            json.writeEndObject();
        }
    }

    // ---- endpoints

    private void endpoints() throws IOException {
        begin("EndpointsConfigDump");
        json.writeArrayFieldStart("dynamic_endpoint_configs");
        for (var entry : entries(ENDPOINTS)) {
            if (entry.good().isPresent()) {
                json.writeStartObject();
                json.writeStringField("version_info", entry.good().get().version());
                field(
                        "endpoint_config",
                        entry.good().get().resource(),
                        ClusterLoadAssignment.getDefaultInstance());
                lastUpdated(entry.good().get());
                error(entry);
                json.writeEndObject();
            }
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    // ---- listeners and routes

    private void listeners() throws IOException {
        begin("ListenersConfigDump");
        json.writeArrayFieldStart("dynamic_listeners");
        for (var entry : entries(LISTENER)) {
            json.writeStartObject();
            json.writeStringField("name", entry.name());
            if (entry.good().isPresent()) {
                json.writeObjectFieldStart("active_state");
                json.writeStringField("version_info", entry.good().get().version());
                field("listener", entry.good().get().resource(), Listener.getDefaultInstance());
                lastUpdated(entry.good().get());
                json.writeEndObject();
            }
            error(entry);
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private void routes() throws IOException {
        begin("RoutesConfigDump");
        json.writeArrayFieldStart("static_route_configs");
        for (var entry : entries(LISTENER)) {
            if (entry.good().isPresent()) {
                for (var routes : routes(entry.good().get().resource())) {
                    json.writeStartObject();
                    field(
                            "route_config",
                            Any.pack(routes),
                            RouteConfiguration.getDefaultInstance());
                    lastUpdated(entry.good().get());
                    json.writeEndObject();
                }
            }
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private static List<RouteConfiguration> routes(Any resource) {
        var all = new ArrayList<RouteConfiguration>();
        try {
            for (var chain : Listener.parseFrom(resource.getValue()).getFilterChainsList()) {
                for (var filter : chain.getFiltersList()) {
                    if (CompileScope.type(filter.getTypedConfig()).equals(MANAGER)) {
                        all.add(
                                CompileScope.unpack(
                                                "filter",
                                                filter.getTypedConfig(),
                                                HttpConnectionManager.parser())
                                        .getRouteConfig());
                    }
                }
            }
        } catch (InvalidProtocolBufferException | Refused unreadable) {
            // The listener was good: it can be read.
        }
        return all;
    }

    // ---- secrets

    private void secrets() throws IOException {
        begin("SecretsConfigDump");
        json.writeArrayFieldStart("dynamic_active_secrets");
        for (var secret : source.secrets().entrySet()) {
            json.writeStartObject();
            json.writeStringField("name", secret.getKey());
            json.writeStringField("version_info", version(secret.getKey()).orElse("local"));
            json.writeStringField("last_updated", source.started().toString());
            json.writeObjectFieldStart("secret");
            json.writeStringField("@type", SECRET);
            json.writeStringField("name", secret.getKey());
            switch (secret.getValue()) {
                case Secret.Certificate(var chain, _) -> {
                    json.writeObjectFieldStart("tls_certificate");
                    inline("certificate_chain", base64(chain));
                    inline("private_key", REDACTED);
                    json.writeEndObject();
                }
                case Secret.Roots(var roots, _) -> {
                    json.writeObjectFieldStart("validation_context");
                    inline("trusted_ca", base64(roots));
                    json.writeEndObject();
                }
            }
            json.writeEndObject();
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private Optional<String> version(String name) {
        for (var entry : entries(SECRET)) {
            if (entry.name().equals(name)) {
                return entry.good().map(Ledger.Good::version);
            }
        }
        return Optional.empty();
    }

    private void inline(String name, String bytes) throws IOException {
        json.writeObjectFieldStart(name);
        json.writeStringField("inline_bytes", bytes);
        json.writeEndObject();
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.US_ASCII));
    }
}
