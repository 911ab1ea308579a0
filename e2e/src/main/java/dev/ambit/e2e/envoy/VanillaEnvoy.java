package dev.ambit.e2e.envoy;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.ambit.envoy.EnvoyTypes;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import java.util.Map;
import java.util.Set;

/// What a stock Envoy lacks of Istio's build, left out of a configuration: Istio's statistics and
/// peer metadata, which change no answer, and the name of Istio's hashable text, which has a twin.
public final class VanillaEnvoy {
    private static final Set<String> FOREIGN_TYPES =
            Set.of(
                    "type.googleapis.com/stats.PluginConfig",
                    "type.googleapis.com/udpa.type.v1.TypedStruct",
                    "type.googleapis.com/xds.type.v3.TypedStruct");

    /// Names a file of the waypoint's pod, which is not there.
    private static final String REVOKED = "crl";

    private static final Map<String, String> RENAMED =
            Map.of("istio.hashable_string", "envoy.hashable_string");

    private VanillaEnvoy() {}

    /// The same resource, with which a stock Envoy can do the same.
    public static Any of(Any resource) throws InvalidProtocolBufferException {
        if (resource.is(Listener.class)) {
            return stripped(resource, resource.unpack(Listener.class));
        }
        if (resource.is(Cluster.class)) {
            return stripped(resource, resource.unpack(Cluster.class));
        }
        return resource;
    }

    private static Any stripped(Any original, com.google.protobuf.Message message)
            throws InvalidProtocolBufferException {
        var tree = JsonParser.parseString(EnvoyTypes.json(message));
        var kept = EnvoyTypes.parse(strip(tree).toString(), message.getDescriptorForType());
        return original.toBuilder().setValue(kept.toByteString()).build();
    }

    private static JsonElement strip(JsonElement element) {
        return switch (element) {
            case JsonObject object -> {
                var result = new JsonObject();
                for (var entry : object.entrySet()) {
                    if (!entry.getKey().equals(REVOKED)) {
                        result.add(entry.getKey(), strip(entry.getValue()));
                    }
                }
                yield result;
            }
            case JsonArray array -> {
                var result = new JsonArray();
                for (var item : array) {
                    if (!isForeign(item)) {
                        result.add(strip(item));
                    }
                }
                yield result;
            }
            case JsonPrimitive text when text.isString() ->
                    new JsonPrimitive(RENAMED.getOrDefault(text.getAsString(), text.getAsString()));
            default -> element;
        };
    }

    /// A filter (or a tracer's detector, …): an entry of a list with a `typedConfig`.
    private static boolean isForeign(JsonElement item) {
        return item instanceof JsonObject object
                && object.get("typedConfig") instanceof JsonObject typed
                && typed.get("@type") instanceof JsonPrimitive type
                && FOREIGN_TYPES.contains(type.getAsString());
    }
}
