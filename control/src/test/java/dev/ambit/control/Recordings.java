package dev.ambit.control;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import dev.ambit.mesh.proto.security.Authorization;
import dev.ambit.mesh.proto.workload.Address;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/// What a real istiod sent for given inputs: a directory outside the project, found through
/// `AMBIT_RECORDINGS` or beside the repository.
public final class Recordings {
    private Recordings() {}

    public static Optional<Path> directory() {
        var named = System.getenv("AMBIT_RECORDINGS");
        var directory =
                named == null ? Path.of("..", "..", "shared", "recordings") : Path.of(named);
        return Files.isDirectory(directory) ? Optional.of(directory) : Optional.empty();
    }

    /// Cases with a recording for ztunnels.
    public static List<String> cases() throws IOException {
        if (directory().isEmpty()) {
            return List.of();
        }
        try (var entries = Files.list(directory().get())) {
            return entries.filter(d -> Files.exists(d.resolve("ztunnel.json")))
                    .map(d -> d.getFileName().toString())
                    .sorted()
                    .toList();
        }
    }

    /// Both types by resource name; names of the two never meet in one recording.
    public static SortedMap<String, Message> ztunnel(String name) throws IOException {
        var file = directory().orElseThrow().resolve(name).resolve("ztunnel.json");
        var root = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
        var messages = new TreeMap<String, Message>();
        read(root, "address", Address.getDefaultInstance(), messages);
        read(root, "authorization", Authorization.getDefaultInstance(), messages);
        return messages;
    }

    private static void read(
            JsonObject root, String type, Message prototype, SortedMap<String, Message> into)
            throws IOException {
        for (JsonElement element :
                root.getAsJsonObject(type).getAsJsonArray("resources").asList()) {
            var entry = element.getAsJsonObject();
            var json = entry.getAsJsonObject("resource");
            json.remove("@type");
            var builder = prototype.newBuilderForType();
            JsonFormat.parser().merge(json.toString(), builder);
            into.put(entry.get("name").getAsString(), ordered(builder.build()));
        }
    }

    /// istiod keeps names of services of several networks in a hash set: their order is chance.
    public static Message ordered(Message message) {
        if (!(message instanceof Address address) || !address.hasService()) {
            return message;
        }
        var service = address.getService();
        var names = new TreeSet<>(service.getSubjectAltNamesList());
        return names.size() < service.getSubjectAltNamesCount()
                ? message
                : address.toBuilder()
                        .setService(
                                service.toBuilder()
                                        .clearSubjectAltNames()
                                        .addAllSubjectAltNames(names))
                        .build();
    }

    /// A snapshot's resource as the message it is.
    public static Message unpack(Any any) throws IOException {
        return any.is(Address.class) ? any.unpack(Address.class) : any.unpack(Authorization.class);
    }
}
