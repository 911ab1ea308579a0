package dev.ambit.control.l7.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.ambit.control.Recordings;
import dev.ambit.control.Yaml;
import dev.ambit.control.compile.CompileSettings;
import dev.ambit.control.compile.MeshCompiler;
import dev.ambit.control.l7.L7Model;
import dev.ambit.control.l7.L7Settings;
import dev.ambit.control.l7.TestScopes;
import dev.ambit.control.resource.DirectorySource;
import dev.ambit.control.resource.YamlLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

class ReportTest {
    private static final String READY = "status: {addresses: [{value: 10.0.0.9}]}";

    @TempDir private Path directory = Path.of(".");

    private static String gateway(String name, String labels, String more, String status) {
        return """
        apiVersion: gateway.networking.k8s.io/v1
        kind: Gateway
        metadata: {name: %s, namespace: shop, labels: {%s}}
        spec:
          gatewayClassName: istio-waypoint
          listeners: [{name: mesh, port: 15008, protocol: HBONE%s}]
        %s
        """
                .formatted(name, labels, more, status);
    }

    private static String service(String namespace, String name, String labels, String ip) {
        return """
        apiVersion: v1
        kind: Service
        metadata: {name: %s, namespace: %s, labels: {%s}}
        spec: {clusterIP: %s, ports: [{name: http, port: 80}]}
        """
                .formatted(name, namespace, labels, ip);
    }

    private static String entry(String namespace, String host, String address) {
        return """
        apiVersion: networking.istio.io/v1
        kind: ServiceEntry
        metadata: {name: entry, namespace: %s}
        spec:
          hosts: [%s]
          addresses: [%s]
          ports: [{number: 80, name: http, protocol: HTTP}]
          resolution: STATIC
        """
                .formatted(namespace, host, address);
    }

    private static String rule(String host, String labels) {
        return """
        apiVersion: networking.istio.io/v1
        kind: DestinationRule
        metadata: {name: rule, namespace: shop}
        spec: {host: %s, subsets: [{name: v1, labels: %s}]}
        """
                .formatted(host, labels);
    }

    private static String route(String to, String subset) {
        return """
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: route, namespace: shop}
        spec:
          hosts: [web]
          http: [{route: [{destination: {host: %s, subset: '%s'}}]}]
        """
                .formatted(to, subset);
    }

    /// What is written, and `level code resource` of what is said of it.
    static List<Arguments> findings() {
        var use = "istio.io/use-waypoint: wp";
        return List.of(
                Arguments.of(
                        "no waypoint",
                        List.of(service("shop", "web", use, "10.1.0.1")),
                        "ERROR waypoint-missing Service shop/web"),
                Arguments.of(
                        "not ready",
                        List.of(gateway("wp", "", "", ""), service("shop", "web", use, "10.1.0.1")),
                        "ERROR waypoint-not-ready Service shop/web"),
                Arguments.of(
                        "other traffic",
                        List.of(
                                gateway("wp", "istio.io/waypoint-for: workload", "", READY),
                                service("shop", "web", use, "10.1.0.1")),
                        "ERROR waypoint-other-traffic Service shop/web"),
                Arguments.of(
                        "other namespace",
                        List.of(
                                gateway("wp", "", "", READY),
                                service(
                                        "bank",
                                        "web",
                                        use + ", istio.io/use-waypoint-namespace: shop",
                                        "10.1.0.1")),
                        "ERROR waypoint-not-open Service bank/web"),
                Arguments.of(
                        "canary is the same",
                        List.of(
                                gateway("wp", "", "", READY),
                                service(
                                        "shop",
                                        "web",
                                        use + ", istio.io/use-waypoint-canary: wp",
                                        "10.1.0.1")),
                        "WARNING canary-same Service shop/web"),
                Arguments.of(
                        "unknown traffic",
                        List.of(gateway("wp", "istio.io/waypoint-for: everything", "", READY)),
                        "ERROR waypoint-traffic-unknown Gateway shop/wp"),
                Arguments.of(
                        "no tunnel",
                        List.of(gateway("wp", "", "", READY).replace("15008", "15009")),
                        "ERROR waypoint-without-tunnel Gateway shop/wp"),
                Arguments.of(
                        "unused",
                        List.of(gateway("wp", "", "", READY)),
                        "INFO waypoint-unused Gateway shop/wp"),
                Arguments.of(
                        "one host twice",
                        List.of(
                                entry("shop", "api.example", "240.0.0.1"),
                                entry("bank", "api.example", "240.0.0.2")),
                        "WARNING host-conflict ServiceEntry bank/entry"),
                Arguments.of(
                        "one address twice",
                        List.of(
                                entry("shop", "api.example", "240.0.0.1"),
                                entry("bank", "other.example", "240.0.0.1")),
                        "WARNING address-conflict ServiceEntry bank/entry"),
                Arguments.of(
                        "rule for nobody",
                        List.of(rule("nosuch", "{}")),
                        "WARNING rule-for-unknown-host DestinationRule shop/rule"),
                Arguments.of(
                        "subset of nobody",
                        List.of(
                                service("shop", "web", "", "10.1.0.1"),
                                Yaml.pod("web-1", "web", "node-1", "10.2.0.1"),
                                rule("web", "{version: v9}")),
                        "WARNING subset-without-endpoints DestinationRule shop/rule"),
                Arguments.of(
                        "subset that is not there",
                        List.of(
                                service("shop", "web", "", "10.1.0.1"),
                                rule("web", "{app: web}"),
                                route("web", "v2")),
                        "ERROR route-to-unknown-subset VirtualService shop/route"),
                Arguments.of(
                        "route to nobody",
                        List.of(service("shop", "web", "", "10.1.0.1"), route("nosuch", "")),
                        "ERROR route-to-unknown-host VirtualService shop/route"),
                Arguments.of(
                        "not accepted",
                        List.of(entry("shop", "api.example", "nonsense")),
                        "ERROR not-accepted ServiceEntry shop/entry"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("findings")
    void report_mesh_says(String name, List<String> documents, String expected) throws IOException {
        var entries = Report.of(model(documents)).entries();

        assertThat(entries)
                .extracting(e -> e.level() + " " + e.code() + " " + e.resource())
                .contains(expected);
        assertThat(entries)
                .allSatisfy(e -> {
                    assertThat(e.file()).isEqualTo("mesh.yaml");
                    assertThat(e.line()).isPositive();
                });
    }

    @Test
    void report_ready_boundAndNothingToSay() throws IOException {
        var report =
                Report.of(
                        model(
                                List.of(
                                        gateway("wp", "", "", READY),
                                        service(
                                                "shop",
                                                "web",
                                                "istio.io/use-waypoint: wp",
                                                "10.1.0.1"))));

        assertThat(report.entries()).isEmpty();
        assertThat(StatusTable.of(report.statuses()))
                .contains(
                        "Service shop/web",
                        "istio.io/WaypointBound",
                        "Successfully attached to waypoint shop/wp");
    }

    @Test
    void report_recordedMeshes_everyCodeIsDocumented() throws IOException {
        assumeThat(Recordings.directory()).as("recordings").isPresent();
        var documented = Files.readString(Path.of("..", "docs", "control.md"));
        var codes = new TreeSet<String>();
        for (var name : Recordings.cases()) {
            var input = Recordings.directory().orElseThrow().resolve(name).resolve("input");
            var model = TestScopes.model(input, Map.of());
            Report.of(model).entries().forEach(e -> codes.add(e.code()));
        }

        assertThat(codes).hasSizeGreaterThan(5);
        codes.removeIf(c -> documented.contains("`" + c + "`"));
        assertThat(codes).as("codes that docs/control.md does not have").isEmpty();
    }

    /// istiod's own test data: what is said of waypoints' Gateways.
    @Test
    void statuses_istiodsWaypoints_sameConditions() throws IOException {
        assumeThat(Recordings.directory()).as("recordings").isPresent();
        var goldens = Recordings.directory().orElseThrow().resolve("goldens").resolve("gateway");
        var statuses =
                Report.of(model(List.of(Files.readString(goldens.resolve("waypoint.yaml")))))
                        .statuses();

        var ours = new TreeMap<String, Object>();
        StatusBook.empty()
                .next(dev.ambit.control.resource.ResourceSet.empty(), statuses, Instant.EPOCH)
                .entries()
                .forEach(e -> ours.put(name(e), conditions(e)));
        var theirs = new TreeMap<String, Object>();
        var text = Files.readString(goldens.resolve("waypoint.status.yaml.golden"));
        for (var document :
                new Load(LoadSettings.builder().build())
                        .loadAllFromString(text.replace("domain.suffix", "cluster.local"))) {
            if (document instanceof Map<?, ?> tree && "Gateway".equals(tree.get("kind"))) {
                theirs.put(name(tree), conditions(tree));
            }
        }
        assertThat(theirs).isNotEmpty();
        assertThat(ours).isEqualTo(theirs);
    }

    private static String name(Map<?, ?> tree) {
        return String.valueOf(map(tree.get("metadata")).get("name"));
    }

    /// `type status reason message` of the Gateway, then of each listener with what it takes.
    private static List<String> conditions(Map<?, ?> tree) {
        var status = map(tree.get("status"));
        var lines = new ArrayList<>(lines("", status));
        for (var listener : (List<?>) Objects.requireNonNull(status.get("listeners"))) {
            var name = map(listener).get("name") + " ";
            lines.addAll(lines(name, map(listener)));
            lines.add(name + map(listener).get("supportedKinds"));
        }
        lines.sort(null);
        return lines;
    }

    private static List<String> lines(String of, Map<?, ?> tree) {
        var lines = new ArrayList<String>();
        for (var each : (List<?>) Objects.requireNonNull(tree.get("conditions"))) {
            var c = map(each);
            lines.add(
                    "%s%s %s %s %s"
                            .formatted(
                                    of,
                                    c.get("type"),
                                    c.get("status"),
                                    c.get("reason"),
                                    String.valueOf(c.get("message")).replaceAll("\\s+", " ")));
        }
        return lines;
    }

    private static Map<?, ?> map(@Nullable Object value) {
        return (Map<?, ?>) Objects.requireNonNull(value);
    }

    private L7Model model(List<String> documents) throws IOException {
        Files.writeString(
                directory.resolve("mesh.yaml"), Yaml.documents(documents.toArray(String[]::new)));
        var input = DirectorySource.readOnce(directory, new YamlLimits(100_000, 100, 50, 64), 10);
        return L7Model.of(
                input,
                MeshCompiler.compile(input, CompileSettings.defaults()),
                L7Settings.defaults());
    }
}
