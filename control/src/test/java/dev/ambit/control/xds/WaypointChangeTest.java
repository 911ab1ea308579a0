package dev.ambit.control.xds;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import dev.ambit.control.compile.CompileSettings;
import dev.ambit.control.compile.MeshCompiler;
import dev.ambit.control.l7.L7Model;
import dev.ambit.control.l7.L7Settings;
import dev.ambit.control.resource.DirectorySource;
import dev.ambit.control.resource.PlanSettings;
import dev.ambit.control.resource.PodPlanner;
import dev.ambit.control.resource.Problem;
import dev.ambit.control.resource.ResourceSet;
import dev.ambit.control.resource.WaypointPlanner;
import dev.ambit.control.resource.YamlLimits;
import dev.ambit.mesh.proto.discovery.DeltaDiscoveryRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/// What a waypoint has is what the input says now: neither the order in which it was written nor
/// what was there before makes a difference. On the sample mesh (`samples/shop`).
class WaypointChangeTest {
    private static final Path SAMPLE = Path.of("..", "samples", "shop");
    private static final int CHANGES = 8;
    private static final Views.Waypoint WAYPOINT =
            new Views.Waypoint(
                    "waypoint~10.42.1.99~waypoint-0.shop~shop.svc.cluster.local",
                    Struct.newBuilder()
                            .putFields("NAMESPACE", text("shop"))
                            .putFields("SERVICE_ACCOUNT", text("waypoint"))
                            .putFields(
                                    "LABELS",
                                    Value.newBuilder()
                                            .setStructValue(
                                                    Struct.newBuilder()
                                                            .putFields(
                                                                    "gateway.networking.k8s.io"
                                                                            + "/gateway-name",
                                                                    text("waypoint")))
                                            .build())
                            .build());

    private static Value text(String text) {
        return Value.newBuilder().setStringValue(text).build();
    }

    @Property(tries = 20)
    void render_documentsInAnyOrder_sameOutput(@ForAll long seed) throws IOException {
        var documents = documents();
        var shuffled = new ArrayList<>(documents);
        Collections.shuffle(shuffled, new Random(seed));

        assertThat(snapshot(model(shuffled)).types()).isEqualTo(snapshot(model(documents)).types());
    }

    /// Documents go, come back and change in random steps; a client that is sent differences, and
    /// the moments that take over from each other, end where a fresh start begins.
    @Property(tries = 12)
    void render_anyHistory_endsAsAFreshStart(@ForAll long seed) throws IOException {
        var random = new Random(seed);
        var documents = documents();
        var views = WaypointViews.of(model(documents));
        var client = new Known();
        client.take(views.waypoint(WAYPOINT));
        var now = new ArrayList<>(documents);
        for (int i = 0; i < CHANGES; i++) {
            now = change(now, documents, random);
            views = views.next(model(now));
            // Not every moment is seen by every client.
            if (random.nextBoolean()) {
                client.take(views.waypoint(WAYPOINT));
            }
        }
        client.take(views.waypoint(WAYPOINT));

        var fresh = snapshot(model(now));
        assertThat(views.waypoint(WAYPOINT).types()).isEqualTo(fresh.types());
        assertThat(client.versions()).isEqualTo(Known.versions(fresh));
    }

    @Property(tries = 12)
    void render_documentAddedAndRemoved_leavesNoTrace(@ForAll long seed) throws IOException {
        var documents = documents();
        var without = new ArrayList<>(documents);
        without.remove(1 + new Random(seed).nextInt(documents.size() - 1));
        var first = WaypointViews.of(model(without));
        var before = first.waypoint(WAYPOINT);

        var with = first.next(model(documents));
        with.waypoint(WAYPOINT);
        var after = with.next(model(without)).waypoint(WAYPOINT);

        assertThat(after.types()).isEqualTo(before.types());
    }

    private static ArrayList<String> change(List<String> now, List<String> all, Random random) {
        var changed = new ArrayList<>(now);
        switch (random.nextInt(4)) {
            case 0 -> changed.remove(random.nextInt(changed.size()));
            case 1 -> {
                var again = all.get(random.nextInt(all.size()));
                if (changed.stream().noneMatch(d -> unscaled(d).equals(unscaled(again)))) {
                    changed.add(again);
                }
            }
            // As deployments do all the time: only endpoints change.
            case 2 -> {
                int i = random.nextInt(changed.size());
                if (changed.get(i).contains("kind: Deployment")) {
                    changed.set(i, scaled(changed.get(i), 1 + random.nextInt(4)));
                }
            }
            default -> Collections.shuffle(changed, random);
        }
        return changed;
    }

    private static String scaled(String deployment, int replicas) {
        return unscaled(deployment).replace("\nspec:", "\nspec:\n  replicas: " + replicas);
    }

    private static String unscaled(String document) {
        return document.replaceAll("\n  replicas: \\d+", "");
    }

    /// What a client has, by what it was sent.
    private static final class Known {
        private final Map<String, Subscription> subscriptions = new HashMap<>();
        private final Map<String, Map<String, String>> versions = new TreeMap<>();
        private int nonces;

        void take(Snapshot snapshot) {
            for (var type : snapshot.served()) {
                var subscription =
                        subscriptions.computeIfAbsent(
                                type,
                                t -> {
                                    var made = new Subscription(t);
                                    made.onRequest(DeltaDiscoveryRequest.getDefaultInstance());
                                    return made;
                                });
                var held = versions.computeIfAbsent(type, t -> new TreeMap<>());
                subscription
                        .next(snapshot, String.valueOf(++nonces))
                        .ifPresent(response -> {
                            response.getResourcesList()
                                    .forEach(r -> held.put(r.getName(), r.getVersion()));
                            response.getRemovedResourcesList().forEach(held::remove);
                        });
            }
        }

        Map<String, Map<String, String>> versions() {
            return versions;
        }

        static Map<String, Map<String, String>> versions(Snapshot snapshot) {
            var versions = new TreeMap<String, Map<String, String>>();
            for (var type : snapshot.served()) {
                var held = new TreeMap<String, String>();
                snapshot.of(type).forEach((name, resource) -> held.put(name, resource.version()));
                versions.put(type, held);
            }
            return versions;
        }
    }

    private static Snapshot snapshot(L7Model model) {
        return WaypointViews.of(model).waypoint(WAYPOINT);
    }

    /// Each has a creation time: where there is none, the order of the files decides what is older.
    private static List<String> documents() throws IOException {
        var documents = new ArrayList<String>();
        try (var files = Files.list(SAMPLE)) {
            for (var file : files.sorted().toList()) {
                if (file.toString().endsWith(".yaml") && !file.endsWith("meshconfig.yaml")) {
                    for (var document : Files.readString(file).split("(?m)^---\n", -1)) {
                        documents.add(dated(document, documents.size()));
                    }
                }
            }
        }
        return documents;
    }

    private static String dated(String document, int second) {
        var time = "creationTimestamp: \"2026-01-01T00:00:%02dZ\"".formatted(second);
        return document.replaceFirst("\nmetadata: \\{", "\nmetadata: {" + time + ", ")
                .replaceFirst("\nmetadata:\n", "\nmetadata:\n  " + time + "\n");
    }

    private static L7Model model(List<String> documents) throws IOException {
        var files = new LinkedHashMap<String, String>();
        files.put("meshconfig.yaml", Files.readString(SAMPLE.resolve("meshconfig.yaml")));
        files.put("mesh.yaml", String.join("---\n", documents));
        var directory = Files.createTempDirectory("ambit-waypoint-change");
        try {
            for (var file : files.entrySet()) {
                Files.writeString(directory.resolve(file.getKey()), file.getValue());
            }
            var read =
                    DirectorySource.readOnce(directory, new YamlLimits(1 << 20, 1_000, 50, 64), 10);
            assertThat(read.problems())
                    .filteredOn(p -> p.severity() == Problem.Severity.ERROR)
                    .isEmpty();
            return model(read);
        } finally {
            for (var name : files.keySet()) {
                Files.delete(directory.resolve(name));
            }
            Files.delete(directory);
        }
    }

    private static L7Model model(ResourceSet read) {
        var input = PodPlanner.plan(WaypointPlanner.plan(read), PlanSettings.laptop(1)).complete();
        return L7Model.of(
                input,
                MeshCompiler.compile(input, CompileSettings.defaults()),
                L7Settings.defaults());
    }
}
