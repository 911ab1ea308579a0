package dev.ambit.control.l7;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.Message;
import dev.ambit.control.Recordings;
import dev.ambit.envoy.EnvoyTypes;
import dev.ambit.mesh.proto.workload.Workload;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// What a real istiod sent to waypoints and east-west gateways.
public final class WaypointRecordings {
    private WaypointRecordings() {}

    /// @param name of the case
    /// @param proxy the folder's name: `waypoint-NAMESPACE-NAME` or `eastwest-NAMESPACE-NAME`
    public record Recorded(String name, String proxy) {
        Path folder() {
            return Recordings.directory().orElseThrow().resolve(name).resolve(proxy);
        }

        @Override
        public String toString() {
            return name + "/" + proxy;
        }
    }

    public enum Type {
        LDS("lds.json", Listener.getDefaultInstance()),
        CDS("cds.json", Cluster.getDefaultInstance()),
        EDS("eds.json", ClusterLoadAssignment.getDefaultInstance()),
        WDS("wds.json", Workload.getDefaultInstance());

        private final String file;
        private final Message prototype;

        Type(String file, Message prototype) {
            this.file = file;
            this.prototype = prototype;
        }
    }

    public static List<Recorded> all() throws IOException {
        var all = new ArrayList<Recorded>();
        for (var name : Recordings.cases()) {
            var directory = Recordings.directory().orElseThrow().resolve(name);
            try (var entries = Files.list(directory)) {
                entries.filter(e -> Files.exists(e.resolve("lds.json")))
                        .map(e -> new Recorded(name, String.valueOf(e.getFileName())))
                        .sorted(Comparator.comparing(Recorded::proxy))
                        .forEach(all::add);
            }
        }
        return all;
    }

    /// The node that asked, as JSON.
    public static JsonObject node(Recorded recorded) throws IOException {
        return JsonParser.parseString(Files.readString(recorded.folder().resolve("node.json")))
                .getAsJsonObject();
    }

    /// By resource name, in the form that {@link #tree} gives to a message of ours.
    public static SortedMap<String, JsonElement> resources(Recorded recorded, Type type)
            throws IOException {
        var root =
                JsonParser.parseString(Files.readString(recorded.folder().resolve(type.file)))
                        .getAsJsonObject();
        var trees = new TreeMap<String, JsonElement>();
        for (var element : root.getAsJsonArray("resources").asList()) {
            var entry = element.getAsJsonObject();
            var name = entry.get("name").getAsString();
            try {
                trees.put(name, normalized(entry.getAsJsonObject("resource"), type));
            } catch (IOException e) {
                throw new IOException(recorded + " " + name + ": " + e.getMessage(), e);
            }
        }
        return trees;
    }

    /// Secrets that the configuration names: `name source user`.
    public static SortedSet<String> secrets(Recorded recorded) throws IOException {
        var uses = new TreeSet<String>();
        var json = Files.readString(recorded.folder().resolve("sds-names.json"));
        for (var element : JsonParser.parseString(json).getAsJsonArray().asList()) {
            var entry = element.getAsJsonObject();
            for (var user : entry.getAsJsonArray("usedBy").asList()) {
                uses.add(
                        entry.get("name").getAsString()
                                + " "
                                + entry.get("source").getAsString()
                                + " "
                                + user.getAsString());
            }
        }
        return uses;
    }

    /// Names of the listeners as they were sent.
    public static List<String> order(Recorded recorded) throws IOException {
        return JsonParser.parseString(Files.readString(recorded.folder().resolve("lds.json")))
                .getAsJsonObject()
                .getAsJsonArray("orderAsSent")
                .asList()
                .stream()
                .map(JsonElement::getAsString)
                .toList();
    }

    private static JsonElement normalized(JsonObject json, Type type) throws IOException {
        json.remove("@type");
        return ordered(
                JsonParser.parseString(
                        EnvoyTypes.print(
                                EnvoyTypes.parse(
                                        json.toString(), type.prototype.getDescriptorForType()))));
    }

    /// A message as a tree of JSON, for comparing and for telling where two differ.
    public static JsonElement tree(Message message) {
        return ordered(JsonParser.parseString(EnvoyTypes.json(message)));
    }

    /// istiod keeps the query parameters of a match in a map: their order is chance.
    private static JsonElement ordered(JsonElement tree) {
        if (tree.isJsonArray()) {
            tree.getAsJsonArray().forEach(WaypointRecordings::ordered);
        } else if (tree.isJsonObject()) {
            var object = tree.getAsJsonObject();
            if (object.get("queryParameters") instanceof JsonArray list) {
                var sorted = new JsonArray();
                list.asList().stream()
                        .sorted(Comparator.comparing(JsonElement::toString))
                        .forEach(sorted::add);
                object.add("queryParameters", sorted);
            }
            object.entrySet().forEach(e -> ordered(e.getValue()));
        }
        return tree;
    }

    /// Where two trees differ: `path: istiod … ours …`, at most `most` lines.
    public static List<String> differences(JsonElement theirs, JsonElement ours, int most) {
        var lines = new ArrayList<String>();
        differ("", theirs, ours, lines);
        return lines.size() <= most ? lines : lines.subList(0, most);
    }

    private static void differ(
            String path, JsonElement theirs, JsonElement ours, List<String> lines) {
        if (theirs.equals(ours)) {
            return;
        }
        if (theirs.isJsonObject() && ours.isJsonObject()) {
            var keys = new TreeSet<>(theirs.getAsJsonObject().keySet());
            keys.addAll(ours.getAsJsonObject().keySet());
            for (var key : keys) {
                var left = theirs.getAsJsonObject().get(key);
                var right = ours.getAsJsonObject().get(key);
                if (left == null || right == null) {
                    lines.add(path + "." + key + ": istiod " + left + " ours " + right);
                } else {
                    differ(path + "." + key, left, right, lines);
                }
            }
        } else if (theirs.isJsonArray()
                && ours.isJsonArray()
                && theirs.getAsJsonArray().size() == ours.getAsJsonArray().size()) {
            for (int i = 0; i < theirs.getAsJsonArray().size(); i++) {
                differ(
                        path + "[" + i + "]",
                        theirs.getAsJsonArray().get(i),
                        ours.getAsJsonArray().get(i),
                        lines);
            }
        } else {
            lines.add(path + ": istiod " + theirs + " ours " + ours);
        }
    }
}
