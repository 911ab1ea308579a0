package dev.ambit.control.l7;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Struct;
import com.google.protobuf.util.JsonFormat;
import dev.ambit.control.compile.CompileSettings;
import dev.ambit.control.compile.MeshCompiler;
import dev.ambit.control.resource.DirectorySource;
import dev.ambit.control.resource.Problem;
import dev.ambit.control.resource.YamlLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A small mesh around waypoint `shop/wp`, to which tests add resources: services `web` (80 HTTP,
/// 7000 TCP, 9000 to be found out) and `store` (6379 Redis, 3306 MySQL, 27017 Mongo) behind it, and
/// `otel` (4317) in `backend`.
public final class TestWaypoint {
    private static final String BASE =
            """
            apiVersion: v1
            kind: Namespace
            metadata:
              name: shop
              labels: {istio.io/dataplane-mode: ambient, istio.io/use-waypoint: wp}
            ---
            apiVersion: v1
            kind: Namespace
            metadata: {name: backend}
            ---
            apiVersion: gateway.networking.k8s.io/v1
            kind: Gateway
            metadata: {name: wp, namespace: shop}
            spec:
              gatewayClassName: istio-waypoint
              listeners: [{name: mesh, port: 15008, protocol: HBONE}]
            status:
              addresses: [{type: Hostname, value: wp.shop.svc.cluster.local}]
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: web, namespace: shop}
            spec:
              clusterIP: 10.96.0.1
              ports:
              - {name: http, port: 80}
              - {name: tcp, port: 7000}
              - {name: any, port: 9000}
              selector: {app: web}
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: store, namespace: shop}
            spec:
              clusterIP: 10.96.0.2
              ports:
              - {name: redis, port: 6379}
              - {name: mysql, port: 3306}
              - {name: mongo, port: 27017}
              selector: {app: store}
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: otel, namespace: backend}
            spec:
              clusterIP: 10.96.0.3
              ports: [{name: grpc, port: 4317}]
              selector: {app: otel}
            """;

    private final L7Model model;
    private Map<String, String> annotations = Map.of();
    private final Struct.Builder metadata = Struct.newBuilder();

    private TestWaypoint(L7Model model) {
        this.model = model;
    }

    /// @param meshConfig YAML
    public static TestWaypoint of(Path directory, String meshConfig, String... resources)
            throws IOException {
        return of(directory, Map.of(), meshConfig, resources);
    }

    public static TestWaypoint of(
            Path directory, Map<String, String> flags, String meshConfig, String... resources)
            throws IOException {
        var input = Files.createDirectories(directory.resolve("input"));
        Files.writeString(input.resolve("meshconfig.yaml"), meshConfig);
        var all = new ArrayList<>(List.of(BASE));
        all.addAll(List.of(resources));
        Files.writeString(input.resolve("mesh.yaml"), String.join("---\n", all));
        var read =
                DirectorySource.readOnce(
                        input, new YamlLimits(1 << 20, 1_000, 50, 64, 100_000), 10);
        assertThat(read.problems())
                .filteredOn(p -> p.severity() == Problem.Severity.ERROR)
                .isEmpty();
        return new TestWaypoint(
                L7Model.of(
                        read,
                        MeshCompiler.compile(read, CompileSettings.defaults()),
                        L7Settings.of(flags)));
    }

    /// Of the pod that asks.
    public TestWaypoint annotated(String name, String value) {
        annotations = Map.of(name, value);
        return this;
    }

    /// More of what the node says of itself.
    public TestWaypoint saying(String json) throws IOException {
        JsonFormat.parser().merge(json, metadata);
        return this;
    }

    public L7Model model() {
        return model;
    }

    public WaypointScope scope() throws IOException {
        var said = metadata.clone();
        JsonFormat.parser()
                .merge(
                        """
                        {"NAMESPACE": "shop", "SERVICE_ACCOUNT": "wp", "CLUSTER_ID": "Kubernetes",
                         "INSTANCE_IPS": "10.1.0.1", "MESH_ID": "mesh", "WORKLOAD_NAME": "wp",
                         "LABELS": {"gateway.networking.k8s.io/gateway-name": "wp",
                                    "gateway.istio.io/managed": "istio.io-mesh-controller"}}
                        """,
                        said);
        var notes = Struct.newBuilder();
        annotations.forEach((key, value) ->
                notes.putFields(
                        key, com.google.protobuf.Value.newBuilder().setStringValue(value).build()));
        said.putFields(
                "ANNOTATIONS",
                com.google.protobuf.Value.newBuilder().setStructValue(notes).build());
        var id = "waypoint~10.1.0.1~wp-1.shop~shop.svc.cluster.local";
        return WaypointScopes.of(model, WaypointNodes.read(id, said.build(), model));
    }

    public dev.ambit.control.l7.registry.MeshService service(String name) {
        return Optional.of(name + ".shop.svc.cluster.local")
                .flatMap(h -> model.registry().service(h, "shop"))
                .orElseThrow();
    }
}
