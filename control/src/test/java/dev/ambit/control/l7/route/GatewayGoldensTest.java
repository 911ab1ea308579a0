package dev.ambit.control.l7.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.ambit.control.Recordings;
import dev.ambit.control.compile.CompileSettings;
import dev.ambit.control.compile.MeshCompiler;
import dev.ambit.control.l7.registry.Registry;
import dev.ambit.control.l7.route.RouteStatus.Condition;
import dev.ambit.control.resource.DirectorySource;
import dev.ambit.control.resource.ResourceSet;
import dev.ambit.control.resource.YamlLimits;
import dev.ambit.control.resource.route.HttpMatch;
import dev.ambit.control.resource.route.TextMatch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/// Istio's own test data for the Gateway API: what its controller makes of routes of services must
/// mean what our one form of them means. Each VirtualService of a golden is read as ours are.
class GatewayGoldensTest {
    private static final YamlLimits LIMITS = new YamlLimits(1_000_000, 10_000, 50, 64);
    private static final Pattern ROUTE = Pattern.compile("^kind: \\w+Route$", Pattern.MULTILINE);
    private static final Pattern OF_SERVICE =
            Pattern.compile("kind: (Service|ServiceEntry)\\s*(#.*)?$", Pattern.MULTILINE);
    private static final Pattern SNI = Pattern.compile("sniHosts:\\s+- '?([^'\\s]+)'?");

    /// Those with routes of services; the others are about gateways, which are no waypoint's.
    private static final List<String> OURS =
            List.of(
                    "foreign-waypoint",
                    "invalid",
                    "mesh",
                    "serviceentry",
                    "valid-invalid-parent-ref");

    /// Services that exist where the goldens were made, beside what is in them.
    private static final List<String> SERVICES =
            List.of(
                    "echo-1.default",
                    "echo-2.default",
                    "echo-port.default",
                    "echo.default",
                    "example.default",
                    "httpbin-apple.apple",
                    "httpbin.default",
                    "not-found.default");

    @TempDir private Path directory = Path.of(".");

    @Test
    void goldensWithRoutesOfServices_areAllCompared() throws IOException {
        assumeThat(Recordings.directory()).as("recordings").isPresent();
        try (var files = Files.list(goldens())) {
            var found = new ArrayList<String>();
            for (var file : files.sorted().toList()) {
                var name = file.getFileName().toString();
                if (name.endsWith(".yaml") && hasRouteOfService(Files.readString(file))) {
                    found.add(name.substring(0, name.length() - ".yaml".length()));
                }
            }
            assertThat(found).isEqualTo(OURS);
        }
    }

    private static boolean hasRouteOfService(String yaml) {
        return documents(yaml).stream()
                .filter(d -> ROUTE.matcher(d).find())
                .map(d -> d.split("rules:", 2)[0])
                .anyMatch(d -> OF_SERVICE.matcher(d).find());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "foreign-waypoint",
                "invalid",
                "mesh",
                "serviceentry",
                "valid-invalid-parent-ref"
            })
    void golden_routesOfServices_meanTheSame(String name) throws IOException {
        assumeThat(Recordings.directory()).as("recordings").isPresent();
        var ours = new TreeMap<String, RouteTable>();
        compiled(name).tables().stream()
                .filter(RouteTable::gatewayApi)
                .forEach(t -> ours.put(t.name(), normalized(t)));

        var theirs = new TreeMap<String, RouteTable>();
        for (var document : documents(text(name + ".yaml.golden"))) {
            if (document.contains("kind: VirtualService") && document.contains("- mesh\n")) {
                var read = read("golden", List.of(withSniHosts(document)));
                assertThat(read.problems()).isEmpty();
                var table =
                        VirtualServiceRoutes.of(read, new Places(read), new ArrayList<>())
                                .getFirst();
                theirs.put(table.name(), normalized(table));
            }
        }

        assertThat(ours.keySet()).isEqualTo(theirs.keySet());
        theirs.forEach((key, table) -> assertThat(ours.get(key)).isEqualTo(table));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "foreign-waypoint",
                "invalid",
                "mesh",
                "serviceentry",
                "valid-invalid-parent-ref"
            })
    void golden_statusesOfRoutesOfServices_areTheSame(String name) throws IOException {
        assumeThat(Recordings.directory()).as("recordings").isPresent();
        var ours =
                compiled(name).statuses().stream()
                        .collect(
                                Collectors.toMap(
                                        s -> s.route().toString(),
                                        s ->
                                                s.parents().stream()
                                                        .map(p ->
                                                                p.ref().name()
                                                                        + " "
                                                                        + withoutWaypoints(p))
                                                        .toList(),
                                        (a, b) -> a,
                                        TreeMap::new));

        assertThat(ours).isEqualTo(statuses(text(name + ".status.yaml.golden")));
    }

    /// That condition is not in the goldens: they were made without ambient mode.
    private static List<Condition> withoutWaypoints(RouteStatus.Parent parent) {
        return parent.conditions().stream()
                .filter(c -> !c.type().equals("ResolvedWaypoints"))
                .toList();
    }

    @SuppressWarnings("unchecked")
    private static TreeMap<String, List<String>> statuses(String yaml) {
        var found = new TreeMap<String, List<String>>();
        for (var document : documents(yaml)) {
            var tree =
                    (Map<String, Object>)
                            new Load(LoadSettings.builder().build()).loadFromString(document);
            if (tree == null || !String.valueOf(tree.get("kind")).endsWith("Route")) {
                continue;
            }
            var metadata = (Map<String, String>) Objects.requireNonNull(tree.get("metadata"));
            var status = (Map<String, Object>) Objects.requireNonNull(tree.get("status"));
            var parents = new ArrayList<String>();
            for (var parent :
                    (List<Map<String, Object>>) Objects.requireNonNull(status.get("parents"))) {
                var ref = (Map<String, Object>) Objects.requireNonNull(parent.get("parentRef"));
                boolean own = "istio.io/gateway-controller".equals(parent.get("controllerName"));
                if (own && ref.getOrDefault("kind", "Gateway").toString().startsWith("Service")) {
                    var conditions = new ArrayList<Condition>();
                    for (var c :
                            (List<Map<String, String>>)
                                    Objects.requireNonNull(parent.get("conditions"))) {
                        conditions.add(
                                new Condition(
                                        String.valueOf(c.get("type")),
                                        "True".equals(c.get("status")),
                                        String.valueOf(c.get("reason")),
                                        String.valueOf(c.get("message"))));
                    }
                    parents.add(ref.get("name") + " " + conditions);
                }
            }
            if (!parents.isEmpty()) {
                found.put(
                        tree.get("kind")
                                + " "
                                + metadata.get("namespace")
                                + "/"
                                + metadata.get("name"),
                        parents);
            }
        }
        return found;
    }

    private RouteIndex compiled(String name) throws IOException {
        var documents = new ArrayList<String>();
        for (var service : SERVICES) {
            var parts = service.split("\\.");
            documents.add(
                    """
                    apiVersion: v1
                    kind: Service
                    metadata: {name: %s, namespace: %s}
                    spec: {ports: [{name: http, port: 80}], clusterIP: None}
                    """
                            .formatted(parts[0], parts[1]));
        }
        // Made at one moment, as far as istiod knew.
        documents(text(name + ".yaml"))
                .forEach(d ->
                        documents.add(
                                d.replaceFirst(
                                        "(?m)^metadata:$",
                                        "metadata:\n  creationTimestamp: 2026-01-01T00:00:00Z")));
        var input = read("input", documents);
        return RouteIndex.of(
                input, Registry.of(input, MeshCompiler.compile(input, CompileSettings.defaults())));
    }

    private ResourceSet read(String folder, List<String> documents) throws IOException {
        var into = Files.createDirectories(directory.resolve(folder));
        Files.writeString(into.resolve("in.yaml"), String.join("\n---\n", documents));
        return DirectorySource.readOnce(into, LIMITS, 1_000);
    }

    private static Path goldens() {
        return Recordings.directory().orElseThrow().resolve("goldens").resolve("gateway");
    }

    private static String text(String file) throws IOException {
        return Files.readString(goldens().resolve(file)).replace("domain.suffix", "cluster.local");
    }

    private static List<String> documents(String yaml) {
        return Pattern.compile("^---\\s*$", Pattern.MULTILINE)
                .splitAsStream(yaml)
                .filter(d -> !d.isBlank())
                .toList();
    }

    /// istiod makes VirtualServices whose SNI hosts are not within their hosts, which it would not
    /// admit from others.
    private static String withSniHosts(String document) {
        var sni = SNI.matcher(document);
        if (!sni.find() || document.contains("hosts:\n  - " + sni.group(1) + "\n")) {
            return document;
        }
        return document.replaceFirst(
                "(?m)^  hosts:$", "  hosts:\n  - '" + sni.group(1).replace("$", "\\$") + "'");
    }

    /// The one thing that the goldens lack: an API server, which gives a rule of an HTTPRoute that
    /// says nothing the match of the path `/`. It means the same.
    private static RouteTable normalized(RouteTable table) {
        return new RouteTable(
                List.of(),
                table.namespace(),
                table.name(),
                Optional.empty(),
                0,
                true,
                List.of("*"),
                List.of(table.hosts().getLast()),
                table.http().stream().map(GatewayGoldensTest::normalized).toList(),
                table.tls(),
                table.tcp());
    }

    private static HttpRule normalized(HttpRule rule) {
        var matches = new ArrayList<HttpMatch>();
        for (var match : rule.matches()) {
            boolean all = match.uri().equals(Optional.of(new TextMatch.Prefix("/")));
            matches.add(
                    all
                            ? HttpMatch.of(
                                            Optional.empty(),
                                            match.method(),
                                            match.headers(),
                                            match.query())
                                    .withPort(match.port())
                            : match);
        }
        matches.remove(HttpMatch.any());
        return rule.withMatches(matches);
    }
}
