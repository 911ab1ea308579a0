package dev.ambit.e2e.scenario;

import dev.ambit.e2e.lab.LabNeeds;
import dev.ambit.e2e.lab.TestLabs;
import dev.ambit.e2e.mesh.Curl;
import dev.ambit.e2e.mesh.MeshLab;
import dev.ambit.e2e.mesh.MeshPod;
import dev.ambit.e2e.mesh.MeshSettings;
import dev.ambit.e2e.mesh.PodWaypoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/// A small mesh for what waypoints do: `web` and `other` call `api`, of which there are two
/// versions on two nodes.
record L7Mesh(MeshLab mesh) implements AutoCloseable {
    /// How long a new rule may take until it holds everywhere.
    static final Duration SOON = Duration.ofSeconds(30);

    /// Where `api` is.
    static final String API = "http://api.shop";

    static final String API_VIP = "10.96.9.1";
    static final String RULES = "rules.yaml";

    static final String SERVER =
            "{name: http, containerPort: 8080}, {name: echo, containerPort: 9001}";

    private static final String SHOP =
            """
            apiVersion: v1
            kind: Namespace
            metadata: {name: shop, labels: {istio.io/dataplane-mode: ambient}}
            ---
            apiVersion: gateway.networking.k8s.io/v1
            kind: GatewayClass
            metadata: {name: istio-waypoint}
            spec: {controllerName: istio.io/mesh-controller}
            ---
            apiVersion: telemetry.istio.io/v1
            kind: Telemetry
            metadata: {name: all, namespace: istio-system}
            spec:
              accessLogging: [{providers: [{name: stdout}]}]
              metrics: [{providers: [{name: prometheus}]}]
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: api, namespace: shop, labels: {istio.io/use-waypoint: wp}}
            spec:
              clusterIP: 10.96.9.1
              selector: {app: api}
              ports:
                - {name: http, port: 80, targetPort: 8080}
                - {name: tcp, port: 9001}
            """
                    + pod("web", 1, "app: web", "")
                    + pod("other", 2, "app: other", "")
                    + pod("api-v1", 2, "app: api, version: v1", SERVER)
                    + pod("api-v2", 1, "app: api, version: v2", SERVER);

    private static final String MESH_CONFIG =
            """
            extensionProviders:
              - name: stdout
                envoyFileAccessLog: {path: /dev/stdout}
              - name: prometheus
                prometheus: {}
            """;

    static String pod(String name, int node, String labels, String ports) {
        return """
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: %s, namespace: shop, labels: {%s}}
        spec:
          nodeName: node-%d
          serviceAccountName: %s
          containers: [{name: app, ports: [%s]}]
        """
                .formatted(name, labels, node, name.replaceFirst("-v\\d$", ""), ports);
    }

    /// @param more YAML besides
    static L7Mesh start(Path directory, UnaryOperator<MeshSettings> change, String more)
            throws IOException {
        LabNeeds.require("ip", "nft", "curl");
        Path yaml = Files.createDirectories(directory.resolve("yaml"));
        Files.writeString(yaml.resolve("meshconfig.yaml"), MESH_CONFIG);
        Files.writeString(yaml.resolve("shop.yaml"), SHOP);
        Files.writeString(yaml.resolve("more.yaml"), more);
        var settings = change.apply(MeshSettings.of(yaml));
        var config = TestLabs.config(directory.resolve("state"));
        return new L7Mesh(MeshLab.start(config, settings, _ -> {}));
    }

    MeshPod web() {
        return mesh.pod("shop/web");
    }

    Curl call(String... arguments) {
        return mesh.curl(web(), arguments);
    }

    /// Puts rules in the place of those before.
    void rules(String yaml) {
        mesh.apply(RULES, yaml);
    }

    void await(String what, BooleanSupplier condition) {
        if (!mesh.lab().await().until(SOON, condition)) {
            throw new AssertionError("waited " + SOON + " for: " + what);
        }
    }

    /// A line of its access log, from a position on.
    String line(PodWaypoint waypoint, int from, Predicate<String> wanted) {
        return waypoint.line(from, SOON, wanted)
                .orElseThrow(() ->
                        new AssertionError(
                                "no such line; the end of its log:\n" + waypoint.process().tail()));
    }

    /// The sum of a metric over its series with these labels.
    static long count(PodWaypoint waypoint, String metric, List<String> labels) {
        return Counted.sum(waypoint.metrics(), metric, labels);
    }

    @Override
    public void close() {
        mesh.close();
    }
}
