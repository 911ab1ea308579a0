package dev.ambit.control.l7;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.google.gson.JsonElement;
import dev.ambit.control.Recordings;
import dev.ambit.control.l7.WaypointRecordings.Recorded;
import dev.ambit.control.l7.WaypointRecordings.Type;
import dev.ambit.control.l7.endpoint.LoadAssignments;
import dev.ambit.control.l7.endpoint.WaypointWorkloads;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// Endpoints and workloads equal istiod's, message by message.
class EndpointRecordingsTest {
    private static final Pattern CLUSTER =
            Pattern.compile("(inbound-vip|outbound)\\|(\\d+)\\|([^|]*)\\|([^|]+)");

    @Test
    void endpoints_recordedInput_sameAsIstiod() throws IOException {
        assumeThat(Recordings.directory()).as("recordings").isPresent();
        var different = new ArrayList<String>();
        int compared = 0;
        for (var recorded : WaypointRecordings.all()) {
            var scope = TestScopes.of(recorded);
            for (var theirs : WaypointRecordings.resources(recorded, Type.EDS).entrySet()) {
                compare(recorded, theirs.getKey(), theirs.getValue(), ours(scope, theirs.getKey()))
                        .forEach(different::add);
                compared++;
            }
        }
        assertThat(different).isEmpty();
        assertThat(compared).isGreaterThan(300);
    }

    /// The clusters that look their endpoints up hold them.
    @Test
    void inlineEndpoints_recordedInput_sameAsIstiod() throws IOException {
        assumeThat(Recordings.directory()).as("recordings").isPresent();
        var different = new ArrayList<String>();
        int compared = 0;
        for (var recorded : WaypointRecordings.all()) {
            var scope = TestScopes.of(recorded);
            for (var theirs : WaypointRecordings.resources(recorded, Type.CDS).entrySet()) {
                var assignment = theirs.getValue().getAsJsonObject().get("loadAssignment");
                if (assignment != null && CLUSTER.matcher(theirs.getKey()).matches()) {
                    compare(recorded, theirs.getKey(), assignment, inline(scope, theirs.getKey()))
                            .forEach(different::add);
                    compared++;
                }
            }
        }
        assertThat(different).isEmpty();
        assertThat(compared).isGreaterThan(5);
    }

    @Test
    void workloads_recordedInput_sameAsIstiod() throws IOException {
        assumeThat(Recordings.directory()).as("recordings").isPresent();
        for (var recorded : WaypointRecordings.all()) {
            var ours = new TreeMap<String, JsonElement>();
            for (var workload : WaypointWorkloads.of(TestScopes.of(recorded))) {
                ours.put(workload.getUid(), WaypointRecordings.tree(workload));
            }
            assertThat(ours)
                    .as(recorded.toString())
                    .isEqualTo(WaypointRecordings.resources(recorded, Type.WDS));
        }
    }

    private static List<String> compare(
            Recorded recorded, String name, JsonElement theirs, JsonElement ours) {
        return WaypointRecordings.differences(theirs, ours, 5).stream()
                .map(d -> recorded + " " + name + d)
                .toList();
    }

    private static JsonElement ours(WaypointScope scope, String name) {
        var cluster = Named.of(scope, name);
        return WaypointRecordings.tree(
                LoadAssignments.of(
                        scope, cluster.service(), cluster.port(), cluster.subset(), name));
    }

    private static JsonElement inline(WaypointScope scope, String name) {
        var cluster = Named.of(scope, name);
        return WaypointRecordings.tree(
                LoadAssignments.inline(
                        scope, cluster.service(), cluster.port(), cluster.subset(), name));
    }

    /// What a cluster's name says.
    private record Named(
            dev.ambit.control.l7.registry.MeshService service,
            dev.ambit.control.l7.registry.ServicePort port,
            String subset) {
        static Named of(WaypointScope scope, String name) {
            var matcher = CLUSTER.matcher(name);
            assertThat(matcher.matches()).as(name).isTrue();
            var hostname = matcher.group(4);
            var service =
                    scope.services().stream()
                            .filter(s -> s.hostname().equals(hostname))
                            .findFirst()
                            .or(() ->
                                    scope.model()
                                            .registry()
                                            .service(hostname, scope.node().namespace()))
                            .orElseThrow();
            return new Named(
                    service,
                    service.port(Integer.parseInt(matcher.group(2))).orElseThrow(),
                    matcher.group(3).replaceFirst("^(http|tcp)/?", ""));
        }
    }
}
