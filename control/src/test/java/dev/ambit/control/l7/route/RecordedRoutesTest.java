package dev.ambit.control.l7.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.ambit.control.Recordings;
import dev.ambit.control.l7.TestScopes;
import dev.ambit.control.l7.WaypointRecordings;
import dev.ambit.control.l7.WaypointRecordings.Recorded;
import dev.ambit.control.l7.WaypointScope;
import dev.ambit.control.l7.registry.MeshService;
import dev.ambit.control.l7.registry.ServicePort;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/// Route configurations and TCP destinations of every chain that istiod sent a waypoint.
class RecordedRoutesTest {
    private static final int SHOWN = 40;

    @Test
    void everyRecordedRouteConfiguration_isTheSame() throws IOException {
        assumeThat(Recordings.directory()).as("recordings").isPresent();
        var differences = new ArrayList<String>();
        int compared = 0;
        for (var recorded : waypoints()) {
            var scope = TestScopes.of(recorded);
            for (var chain : chains(recorded).entrySet()) {
                var theirs = find(chain.getValue(), "routeConfig");
                if (theirs.isEmpty()) {
                    continue;
                }
                compared++;
                var ours = ours(scope, chain.getKey());
                if (ours.isEmpty()) {
                    differences.add(recorded + " " + chain.getKey() + ": not there");
                    continue;
                }
                WaypointRecordings.differences(
                                sorted(theirs.get()),
                                sorted(WaypointRecordings.tree(ours.get())),
                                SHOWN)
                        .forEach(d -> differences.add(recorded + " " + chain.getKey() + " " + d));
            }
        }
        assertThat(differences).isEmpty();
        assertThat(compared).isGreaterThan(200);
    }

    @Test
    void everyRecordedTcpDestination_isTheSame() throws IOException {
        assumeThat(Recordings.directory()).as("recordings").isPresent();
        var differences = new ArrayList<String>();
        int compared = 0;
        for (var recorded : waypoints()) {
            var scope = TestScopes.of(recorded);
            for (var chain : chains(recorded).entrySet()) {
                var theirs = destinations(chain.getValue());
                var service = service(scope, chain.getKey());
                if (theirs.isEmpty() || service.isEmpty()) {
                    continue;
                }
                compared++;
                var ours = ours(scope, service.get(), chain.getKey());
                if (!ours.equals(theirs)) {
                    differences.add(
                            recorded
                                    + " "
                                    + chain.getKey()
                                    + ": istiod "
                                    + theirs
                                    + " ours "
                                    + ours);
                }
            }
        }
        assertThat(differences).isEmpty();
        assertThat(compared).isGreaterThan(60);
    }

    @Test
    void everyRecordedOutboundCluster_isOfAReference() throws IOException {
        assumeThat(Recordings.directory()).as("recordings").isPresent();
        int compared = 0;
        for (var recorded : waypoints()) {
            var scope = TestScopes.of(recorded);
            var theirs = new TreeSet<String>();
            for (var name :
                    WaypointRecordings.resources(recorded, WaypointRecordings.Type.CDS).keySet()) {
                if (name.startsWith("outbound|")) {
                    theirs.add(name.substring(name.lastIndexOf('|') + 1));
                }
            }
            var ours = new TreeSet<String>();
            for (var reference : References.of(scope)) {
                scope.model().registry().named(reference.hostname()).stream()
                        .filter(s ->
                                reference.namespace().isEmpty()
                                        || s.namespace().equals(reference.namespace()))
                        .forEach(s -> ours.add(s.hostname()));
            }
            assertThat(ours).as(recorded.toString()).isEqualTo(theirs);
            compared += theirs.size();
        }
        assertThat(compared).isGreaterThan(10);
    }

    private static java.util.List<Recorded> waypoints() throws IOException {
        return WaypointRecordings.all().stream()
                .filter(r -> r.proxy().startsWith("waypoint-"))
                .toList();
    }

    private static SortedMap<String, JsonElement> chains(Recorded recorded) throws IOException {
        var chains = new TreeMap<String, JsonElement>();
        var listener =
                Objects.requireNonNull(
                        WaypointRecordings.resources(recorded, WaypointRecordings.Type.LDS)
                                .get("main_internal"));
        for (var chain : listener.getAsJsonObject().getAsJsonArray("filterChains").asList()) {
            chains.put(chain.getAsJsonObject().get("name").getAsString(), chain);
        }
        return chains;
    }

    /// The first value of that name.
    private static Optional<JsonElement> find(JsonElement in, String name) {
        if (in instanceof JsonObject object) {
            if (object.has(name)) {
                return Optional.of(object.get(name));
            }
            return object.asMap().values().stream()
                    .flatMap(v -> find(v, name).stream())
                    .findFirst();
        }
        return in.isJsonArray()
                ? in.getAsJsonArray().asList().stream()
                        .flatMap(v -> find(v, name).stream())
                        .findFirst()
                : Optional.empty();
    }

    private static TreeSet<String> destinations(JsonElement chain) {
        var found = new TreeSet<String>();
        for (var filter : chain.getAsJsonObject().getAsJsonArray("filters").asList()) {
            var object = filter.getAsJsonObject();
            if (!object.get("name").getAsString().equals("envoy.filters.network.tcp_proxy")) {
                continue;
            }
            var proxy = object.getAsJsonObject("typedConfig");
            if (proxy.has("cluster")) {
                found.add(proxy.get("cluster").getAsString());
            } else {
                for (var share :
                        proxy.getAsJsonObject("weightedClusters")
                                .getAsJsonArray("clusters")
                                .asList()) {
                    found.add(
                            share.getAsJsonObject().get("name").getAsString()
                                    + " "
                                    + share.getAsJsonObject().get("weight").getAsInt());
                }
            }
        }
        return found;
    }

    private static Optional<MeshService> service(WaypointScope scope, String chain) {
        var parts = chain.split("\\|", -1);
        return parts.length != 4
                ? Optional.empty()
                : scope.services().stream().filter(s -> s.hostname().equals(parts[3])).findFirst();
    }

    private static ServicePort port(MeshService service, String chain) {
        return service.port(Integer.parseInt(chain.split("\\|", -1)[1])).orElseThrow();
    }

    private static Optional<com.google.protobuf.Message> ours(WaypointScope scope, String chain) {
        return chain.equals("direct-http")
                ? Optional.of(HttpRoutes.direct(scope))
                : service(scope, chain).map(s -> HttpRoutes.of(scope, s, port(s, chain)));
    }

    private static TreeSet<String> ours(WaypointScope scope, MeshService service, String chain) {
        var found = new TreeSet<String>();
        switch (TcpRoutes.of(scope, service, port(service, chain)).target()) {
            case TcpRoutes.Single single -> found.add(single.cluster());
            case TcpRoutes.Weighted weighted ->
                    weighted.shares().forEach(s -> found.add(s.cluster() + " " + s.weight()));
        }
        return found;
    }

    /// istiod keeps query parameters in a hash map: their order is chance.
    private static JsonElement sorted(JsonElement tree) {
        if (tree instanceof JsonObject object) {
            if (object.get("queryParameters") instanceof com.google.gson.JsonArray list) {
                var sorted = new com.google.gson.JsonArray();
                list.asList().stream()
                        .sorted(java.util.Comparator.comparing(JsonElement::toString))
                        .forEach(sorted::add);
                object.add("queryParameters", sorted);
            }
            object.asMap().values().forEach(RecordedRoutesTest::sorted);
        } else if (tree.isJsonArray()) {
            tree.getAsJsonArray().forEach(RecordedRoutesTest::sorted);
        }
        return tree;
    }
}
