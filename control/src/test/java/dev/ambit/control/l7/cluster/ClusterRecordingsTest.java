package dev.ambit.control.l7.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.google.gson.JsonElement;
import dev.ambit.control.Recordings;
import dev.ambit.control.l7.ClusterNames;
import dev.ambit.control.l7.TestScopes;
import dev.ambit.control.l7.WaypointRecordings;
import dev.ambit.control.l7.WaypointRecordings.Recorded;
import dev.ambit.control.l7.WaypointScope;
import dev.ambit.control.l7.route.References.Reference;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Every cluster that istiod sent is the one that we would send.
class ClusterRecordingsTest {
    private static final int SHOWN = 6;

    @Test
    void clusters_ofEveryRecordedCase_areIstiods() throws IOException {
        assumeThat(Recordings.directory()).as("recordings").isPresent();
        var unlike = new ArrayList<String>();
        int same = 0;
        for (var recorded : WaypointRecordings.all()) {
            var theirs = WaypointRecordings.resources(recorded, WaypointRecordings.Type.CDS);
            var ours = ours(recorded, theirs);
            for (var name : both(theirs, ours)) {
                var lines = differences(theirs.get(name), ours.get(name));
                if (lines.isEmpty()) {
                    same++;
                }
                lines.forEach(l -> unlike.add(recorded + " " + name + l));
            }
        }
        assertThat(unlike).isEmpty();
        assertThat(same).isGreaterThan(480);
    }

    private static Set<String> both(
            Map<String, JsonElement> theirs, Map<String, JsonElement> ours) {
        var names = new TreeSet<>(theirs.keySet());
        names.addAll(ours.keySet());
        return names;
    }

    private static List<String> differences(
            @Nullable JsonElement theirs, @Nullable JsonElement ours) {
        if (theirs == null) {
            return List.of(": only ours");
        }
        if (ours == null) {
            return List.of(": only istiod's");
        }
        return WaypointRecordings.differences(theirs, ours, SHOWN);
    }

    /// Which hosts are called is not looked at here: those that istiod has a cluster for.
    private static SortedMap<String, JsonElement> ours(
            Recorded recorded, Map<String, JsonElement> theirs) throws IOException {
        WaypointScope scope = TestScopes.of(recorded);
        Set<Reference> called =
                theirs.keySet().stream()
                        .flatMap(n -> ClusterNames.parse(n).stream())
                        .filter(p -> !p.inbound())
                        .map(p -> new Reference(p.host(), ""))
                        .collect(Collectors.toSet());
        var trees = new TreeMap<String, JsonElement>();
        Clusters.of(scope, called).forEach((n, c) -> trees.put(n, WaypointRecordings.tree(c)));
        return trees;
    }
}
