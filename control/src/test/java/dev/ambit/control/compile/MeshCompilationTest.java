package dev.ambit.control.compile;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import dev.ambit.control.Yaml;
import dev.ambit.control.l7.L7Model;
import dev.ambit.control.l7.L7Settings;
import dev.ambit.control.l7.jwt.Jwks;
import dev.ambit.control.resource.DirectorySource;
import dev.ambit.control.resource.Resource;
import dev.ambit.control.resource.ResourceSet;
import dev.ambit.control.resource.YamlLimits;
import dev.ambit.control.xds.Snapshot;
import dev.ambit.control.xds.Views;
import dev.ambit.control.xds.WaypointViews;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/// Whatever the way to a moment was, it is as if compiled at once.
class MeshCompilationTest {
    private static final int STEPS = 12;
    private static final List<List<Resource>> POOL = pool();

    @Property(tries = 60)
    void next_anySequenceOfChanges_sameAsFresh(@ForAll long seed) {
        var random = new Random(seed);
        var settings = CompileSettings.defaults();
        var chosen = new TreeMap<Integer, Resource>();
        // What others hang on is there from the beginning, and goes too at times.
        POOL.forEach(variants -> chosen.put(chosen.size(), variants.getFirst()));
        var compilation = MeshCompilation.of(set(chosen), settings);
        var views = WaypointViews.of(L7Model.of(compilation, Jwks.none(), L7Settings.defaults()));
        for (int step = 0; step < STEPS; step++) {
            change(random, chosen);
            var input = set(chosen);
            compilation = compilation.next(input);
            views = views.next(views.model().next(compilation, Jwks.none(), L7Settings.defaults()));
            var fresh = MeshCompiler.compile(input, settings);
            assertThat(compilation.model()).isEqualTo(fresh);
            var model = L7Model.of(input, fresh, L7Settings.defaults());
            assertThat(views.mesh()).isEqualTo(Snapshot.of(fresh));
            assertThat(views.waypoint(WAYPOINT).types())
                    .isEqualTo(WaypointViews.of(model).waypoint(WAYPOINT).types());
            for (var service : model.registry().services()) {
                assertThat(views.model().registry().endpoints(service))
                        .isEqualTo(model.registry().endpoints(service));
            }
        }
    }

    private static final Views.Waypoint WAYPOINT =
            new Views.Waypoint(
                    "waypoint~10.9.0.9~wp-1.shop~shop.svc.cluster.local",
                    Struct.newBuilder()
                            .putFields(
                                    "LABELS",
                                    Value.newBuilder()
                                            .setStructValue(
                                                    Struct.newBuilder()
                                                            .putFields(
                                                                    "gateway.networking.k8s.io"
                                                                            + "/gateway-name",
                                                                    Value.newBuilder()
                                                                            .setStringValue("wp")
                                                                            .build()))
                                            .build())
                            .build());

    /// Mostly pods and slices, at times anything.
    private static void change(Random random, TreeMap<Integer, Resource> chosen) {
        int changes = 1 + random.nextInt(3);
        for (int i = 0; i < changes; i++) {
            int from = random.nextInt(4) > 0 ? POOL.size() / 2 : 0;
            int place = from + random.nextInt(POOL.size() - from);
            var variants = POOL.get(place);
            int variant = random.nextInt(variants.size() + 1);
            if (variant == variants.size()) {
                chosen.remove(place);
            } else {
                chosen.put(place, variants.get(variant));
            }
        }
    }

    private static ResourceSet set(TreeMap<Integer, Resource> chosen) {
        return new ResourceSet(ResourceSet.empty().mesh(), List.copyOf(chosen.values()), List.of());
    }

    /// Each with its variants; the second half are pods and slices.
    private static List<List<Resource>> pool() {
        var pool = new ArrayList<List<Resource>>();
        pool.add(
                read(
                        """
                        apiVersion: v1
                        kind: Namespace
                        metadata: {name: shop, labels: {istio.io/use-waypoint: wp}}
                        """));
        pool.add(
                read(
                        """
                        apiVersion: gateway.networking.k8s.io/v1
                        kind: Gateway
                        metadata: {name: wp, namespace: shop, labels: {istio.io/waypoint-for: all}}
                        spec:
                          gatewayClassName: ambit-waypoint
                          listeners: [{name: mesh, port: 15008, protocol: HBONE}]
                        status: {addresses: [{type: IPAddress, value: 10.9.0.1}]}
                        """));
        pool.add(read(Yaml.service("web", "10.9.0.2"), Yaml.service("web", "10.9.0.3")));
        pool.add(
                read(
                        """
                        apiVersion: v1
                        kind: Service
                        metadata: {name: bare, namespace: shop}
                        spec:
                          clusterIP: 10.9.0.4
                          ports: [{name: http, port: 80, targetPort: 8080}]
                        """));
        pool.add(read(entry("10.0.1.1"), entry("10.0.1.2")));
        pool.add(read(workloadEntry("10.0.1.1"), workloadEntry("10.0.7.7")));
        pool.add(read(Yaml.deny("deny", "web"), Yaml.deny("deny", "cart")));
        pool.add(read(Yaml.strict("strict")));
        for (int i = 1; i <= 6; i++) {
            pool.add(
                    read(
                            Yaml.pod("web-" + i, "web", "node-1", "10.0.1." + i),
                            Yaml.pod("web-" + i, "cart", "node-1", "10.0.1." + i),
                            Yaml.pod("web-" + i, "web", "node-2", "10.0.1." + i)
                                    .replace("'True'", "'False'"),
                            Yaml.pod("web-" + i, "web", "node-2", "10.0.1." + i)
                                    .replace(
                                            "labels: {app: web}",
                                            "labels: {app: web,"
                                                    + " gateway.networking.k8s.io/gateway-name:"
                                                    + " wp}")));
        }
        pool.add(read(slice("10.0.1.1", "web-1"), slice("10.0.1.2", "web-2")));
        pool.add(read(slice("10.0.1.3", ""), slice("10.0.1.2", "web-2"), slice("10.0.8.8", "")));
        return pool;
    }

    private static String entry(String address) {
        return """
        apiVersion: networking.istio.io/v1
        kind: ServiceEntry
        metadata: {name: partner, namespace: shop}
        spec:
          hosts: [partner.example]
          addresses: [10.9.0.5]
          resolution: STATIC
          ports: [{number: 80, name: http, protocol: HTTP}]
          endpoints: [{address: %s}]
        """
                .formatted(address);
    }

    private static String workloadEntry(String address) {
        return """
        apiVersion: networking.istio.io/v1
        kind: WorkloadEntry
        metadata: {name: vm, namespace: shop, labels: {app: web}}
        spec: {address: %s, serviceAccount: vm}
        """
                .formatted(address);
    }

    private static String slice(String address, String pod) {
        var target = pod.isEmpty() ? "" : ", targetRef: {kind: Pod, namespace: shop, name: %s}";
        return """
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata:
          name: bare-%2$s
          namespace: shop
          labels: {kubernetes.io/service-name: bare}
        addressType: IPv4
        ports: [{name: http, port: 8080, protocol: TCP}]
        endpoints: [{addresses: [%1$s], conditions: {ready: true}%3$s}]
        """
                .formatted(address, pod.isEmpty() ? "a" : "b", target.formatted(pod));
    }

    private static List<Resource> read(String... variants) {
        var resources = new ArrayList<Resource>();
        for (var text : variants) {
            try {
                var directory = Files.createTempDirectory("pool");
                Files.writeString(directory.resolve("one.yaml"), text);
                var read =
                        DirectorySource.readOnce(
                                directory, new YamlLimits(100_000, 1_000, 50, 64), 100);
                assertThat(read.problems()).isEmpty();
                resources.addAll(read.resources());
                delete(directory);
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
        return resources;
    }

    private static void delete(Path directory) throws IOException {
        try (var files = Files.walk(directory)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
