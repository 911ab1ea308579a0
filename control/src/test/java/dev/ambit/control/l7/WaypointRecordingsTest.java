package dev.ambit.control.l7;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.google.gson.JsonElement;
import com.google.protobuf.Message;
import dev.ambit.control.Recordings;
import dev.ambit.control.l7.WaypointRecordings.Recorded;
import dev.ambit.control.l7.WaypointRecordings.Type;
import dev.ambit.control.l7.secret.SecretUses;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/// What a waypoint is sent for every recorded input, against what istiod sent: equal message by
/// message, except where `istiod-differences.txt` says why not (lines `case/proxy TYPE/name:
/// reason`).
///
/// While working: `AMBIT_DIFFERENCES=20` shows so many lines of each resource that differs,
/// `AMBIT_CASE=waypoint-routing` looks at that case alone, `AMBIT_TYPE=LDS` at that type.
class WaypointRecordingsTest {
    private static final String DIFFERENCES = "/istiod-differences.txt";

    private int secretsCompared;
    private int secretsDiffering;
    private final Map<Type, int[]> counts = new EnumMap<>(Type.class);
    private final List<String> failures = new ArrayList<>();
    private final Set<String> unused = new HashSet<>();
    private final int shown = Integer.parseInt(setting("AMBIT_DIFFERENCES", "3"));

    @Test
    void render_recordedInputs_sameAsIstiod() throws IOException {
        assumeThat(Recordings.directory()).as("recordings").isPresent();
        var explained = differences();
        explained.forEach((at, names) -> names.forEach(n -> unused.add(at + " " + n)));
        var cases = new TreeSet<String>();
        for (var recorded : WaypointRecordings.all()) {
            if (recorded.name().contains(setting("AMBIT_CASE", ""))) {
                cases.add(recorded.name());
                compare(recorded, explained.getOrDefault(recorded.toString(), Set.of()));
            }
        }
        System.out.println(summary(cases.size()));
        assertThat(failures).as("differences from istiod").isEmpty();
        assertThat(setting("AMBIT_CASE", "")).as("AMBIT_CASE: only part was compared").isEmpty();
        assertThat(setting("AMBIT_TYPE", "")).as("AMBIT_TYPE: only part was compared").isEmpty();
        assertThat(unused).as("listed as different, but equal").isEmpty();
    }

    private void compare(Recorded recorded, Set<String> explained) throws IOException {
        WaypointConfig ours;
        try {
            ours = WaypointRenderer.of(TestScopes.of(recorded));
        } catch (RuntimeException bug) {
            failures.add(recorded + ": " + bug + " at " + bug.getStackTrace()[0]);
            ours = NOTHING;
        }
        for (var type : Type.values()) {
            if (setting("AMBIT_TYPE", type.name()).equals(type.name())) {
                compare(recorded, type, trees(ours, type), explained);
            }
        }
        var secrets = new TreeSet<String>();
        SecretUses.of(ours).forEach(u -> secrets.add(u.name() + " " + u.source() + " " + u.user()));
        var theirs = WaypointRecordings.secrets(recorded);
        secretsCompared += theirs.size();
        if (!theirs.equals(secrets)) {
            secretsDiffering++;
            failures.add(recorded + ": secrets: istiod " + theirs + " ours " + secrets);
        }
        var order = WaypointRecordings.order(recorded);
        if (!order.equals(List.copyOf(ours.listeners().keySet()))) {
            failures.add(recorded + ": listeners in another order: " + ours.listeners().keySet());
        }
    }

    private void compare(
            Recorded recorded, Type type, Map<String, JsonElement> ours, Set<String> explained)
            throws IOException {
        var theirs = WaypointRecordings.resources(recorded, type);
        var names = new TreeSet<>(theirs.keySet());
        names.addAll(ours.keySet());
        var count = counts.computeIfAbsent(type, t -> new int[4]);
        for (var name : names) {
            count[0]++;
            var resource = type + "/" + name;
            boolean listed = explained.contains(resource);
            if (Objects.equals(theirs.get(name), ours.get(name))) {
                count[1]++;
            } else if (listed) {
                unused.remove(recorded + " " + resource);
                count[3]++;
            } else {
                count[2]++;
                show(recorded + " " + resource, theirs.get(name), ours.get(name));
            }
        }
    }

    private void show(
            String resource,
            @org.jspecify.annotations.Nullable JsonElement theirs,
            @org.jspecify.annotations.Nullable JsonElement ours) {
        if (theirs == null || ours == null) {
            failures.add(resource + ": " + (ours == null ? "missing" : "istiod has none"));
        } else {
            failures.add(
                    resource
                            + "\n    "
                            + String.join(
                                    "\n    ", WaypointRecordings.differences(theirs, ours, shown)));
        }
    }

    private String summary(int cases) {
        var text = new StringBuilder("istiod's waypoint recordings: " + cases + " cases");
        counts.forEach((type, c) ->
                text.append(
                        "; %s: %d compared, %d equal, %d differing on purpose, %d differing"
                                .formatted(type, c[0], c[1], c[3], c[2])));
        text.append("; SDS: %d names compared".formatted(secretsCompared));
        return text.append(", %d proxies differing".formatted(secretsDiffering)).toString();
    }

    /// What replicas of a waypoint have of their own (name, addresses) is in nothing that they are
    /// sent: it is worked out once for all of them.
    @Test
    void render_asAnyReplica_sameOutput() throws IOException {
        assumeThat(Recordings.directory()).as("recordings").isPresent();
        for (var recorded : WaypointRecordings.all()) {
            var scope = TestScopes.of(recorded);
            var shared = WaypointScopes.of(scope.model(), scope.node().shared());

            assertThat(WaypointRenderer.of(shared).equals(WaypointRenderer.of(scope)))
                    .as("%s is the same for all replicas", recorded)
                    .isTrue();
        }
    }

    private static final WaypointConfig NOTHING =
            new WaypointConfig(
                    new LinkedHashMap<>(),
                    new LinkedHashMap<>(),
                    new LinkedHashMap<>(),
                    new LinkedHashMap<>());

    private static Map<String, JsonElement> trees(WaypointConfig config, Type type) {
        Map<String, ? extends Message> messages =
                switch (type) {
                    case LDS -> config.listeners();
                    case CDS -> config.clusters();
                    case EDS -> config.endpoints();
                    case WDS -> config.workloads();
                };
        var trees = new TreeMap<String, JsonElement>();
        messages.forEach((name, message) -> trees.put(name, WaypointRecordings.tree(message)));
        return trees;
    }

    private static String setting(String name, String otherwise) {
        var value = System.getenv(name);
        return value == null ? otherwise : value;
    }

    /// Only lines about proxies: their case has a slash in it.
    private static Map<String, Set<String>> differences() throws IOException {
        var byCase = new HashMap<String, Set<String>>();
        try (var in = WaypointRecordingsTest.class.getResourceAsStream(DIFFERENCES)) {
            var text =
                    new String(
                            Objects.requireNonNull(in).readAllBytes(),
                            java.nio.charset.StandardCharsets.UTF_8);
            for (var line : Arrays.asList(text.split("\n", -1))) {
                var parts = line.split(" ", 3);
                if (!line.startsWith("#") && parts.length == 3 && parts[0].contains("/")) {
                    byCase.computeIfAbsent(parts[0], c -> new HashSet<>())
                            .add(parts[1].replaceAll(":$", ""));
                }
            }
        }
        return byCase;
    }
}
