package dev.ambit.waypoint.xds.security;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.protobuf.TypeRegistry;
import com.google.protobuf.util.JsonFormat;
import io.envoyproxy.envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/// Filters that a real istiod made: a directory outside the project, found through
/// `AMBIT_RECORDINGS` or beside the repository.
final class Recorded {
    private Recorded() {}

    static Optional<Path> directory() {
        var named = System.getenv("AMBIT_RECORDINGS");
        var directory =
                named == null ? Path.of("..", "..", "shared", "recordings") : Path.of(named);
        return Files.isDirectory(directory) ? Optional.of(directory) : Optional.empty();
    }

    /// Filters of a type, by where they stand, the same ones once.
    static <T extends Message> SortedMap<String, Any> filters(T prototype) throws IOException {
        var type = prototype.getDescriptorForType().getFullName();
        var found = new TreeMap<String, Any>();
        if (directory().isEmpty()) {
            return found;
        }
        try (var files = Files.walk(directory().get())) {
            for (var file : files.filter(f -> f.endsWith("lds.json")).sorted().toList()) {
                var where = directory().get().relativize(file.getParent()).toString();
                var all = new TreeMap<String, JsonObject>();
                collect(JsonParser.parseString(Files.readString(file)), where, type, all);
                for (var entry : all.entrySet()) {
                    found.put(entry.getKey(), pack(entry.getValue(), prototype));
                }
            }
        }
        return found;
    }

    private static void collect(
            JsonElement element, String where, String type, Map<String, JsonObject> into) {
        switch (element) {
            case JsonArray array -> array.forEach(e -> collect(e, where, type, into));
            case JsonObject object -> {
                var at = object.get("@type");
                if (at != null && at.getAsString().endsWith("/" + type)) {
                    into.put(where + " " + Integer.toHexString(object.hashCode()), object);
                }
                var name = object.get("name");
                var inside =
                        name != null && name.isJsonPrimitive() && name.getAsString().contains("|")
                                ? where + " " + name.getAsString()
                                : where;
                object.asMap().values().forEach(e -> collect(e, inside, type, into));
            }
            default -> {}
        }
    }

    private static Any pack(JsonObject object, Message prototype) throws IOException {
        var copy = object.deepCopy();
        copy.remove("@type");
        return Any.pack(parse(copy.toString(), prototype));
    }

    static Message parse(String json, Message prototype) throws IOException {
        var registry =
                TypeRegistry.newBuilder().add(UriTemplateMatchConfig.getDescriptor()).build();
        var builder = prototype.newBuilderForType();
        JsonFormat.parser().usingTypeRegistry(registry).merge(json, builder);
        return builder.build();
    }

    /// Golden outputs: filters of a type in YAML, by file name.
    static SortedMap<String, Any> goldens(String folder, Message prototype) throws IOException {
        var type = prototype.getDescriptorForType().getFullName();
        var found = new TreeMap<String, Any>();
        if (directory().isEmpty()) {
            return found;
        }
        var load = new Load(LoadSettings.builder().build());
        try (var files = Files.list(directory().get().resolve("goldens/authz/" + folder))) {
            for (var file : files.filter(f -> f.toString().contains("-out")).sorted().toList()) {
                for (var document : load.loadAllFromString(Files.readString(file))) {
                    if (document instanceof Map<?, ?> filter
                            && filter.get("typedConfig") instanceof Map<?, ?> config
                            && String.valueOf(config.get("@type")).endsWith("/" + type)) {
                        var json = JsonParser.parseString(json(config)).getAsJsonObject();
                        found.put(file.getFileName().toString(), pack(json, prototype));
                    }
                }
            }
        }
        return found;
    }

    private static String json(Object value) {
        return switch (value) {
            case Map<?, ?> map -> {
                var object = new JsonObject();
                map.forEach((key, v) ->
                        object.add(String.valueOf(key), JsonParser.parseString(json(v))));
                yield object.toString();
            }
            case Collection<?> list -> {
                var array = new JsonArray();
                list.forEach(v -> array.add(JsonParser.parseString(json(v))));
                yield array.toString();
            }
            case Boolean bool -> bool.toString();
            case Number number -> number.toString();
            default -> new com.google.gson.JsonPrimitive(value.toString()).toString();
        };
    }

    static List<String> names(SortedMap<String, Any> filters) {
        return filters.isEmpty() ? List.of("(no recordings)") : List.copyOf(filters.keySet());
    }
}
