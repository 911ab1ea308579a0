package dev.ambit.control.l7.route;

import com.google.protobuf.Struct;
import dev.ambit.control.l7.Finding;
import dev.ambit.control.l7.L7Model;
import dev.ambit.control.l7.TestScopes;
import dev.ambit.control.l7.WaypointNodes;
import dev.ambit.control.l7.WaypointScope;
import dev.ambit.control.l7.WaypointScopes;
import dev.ambit.control.l7.registry.MeshService;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// A small mesh: namespace `shop` with waypoint `wp` before services `web`, `cart` and `catalog`
/// (80 HTTP, 7000 TCP), and service `payments` in `backend` without one.
final class RouteMesh {
    private static final String BASE =
            """
            apiVersion: v1
            kind: Namespace
            metadata: {name: shop, labels: {istio.io/dataplane-mode: ambient, istio.io/use-waypoint: wp}}
            ---
            apiVersion: v1
            kind: Namespace
            metadata: {name: backend}
            ---
            apiVersion: gateway.networking.k8s.io/v1
            kind: GatewayClass
            metadata: {name: istio-waypoint}
            spec: {controllerName: istio.io/mesh-controller}
            ---
            apiVersion: gateway.networking.k8s.io/v1
            kind: Gateway
            metadata: {name: wp, namespace: shop}
            spec:
              gatewayClassName: istio-waypoint
              listeners: [{name: mesh, port: 15008, protocol: HBONE}]
            status:
              addresses: [{type: Hostname, value: wp.shop.svc.cluster.local}]
            """;
    private static final String SERVICE =
            """
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: %s, namespace: %s}
            spec:
              clusterIP: %s
              ports: [{name: http, port: 80}, {name: tcp, port: 7000}]
              selector: {app: %1$s}
            """;

    private final L7Model model;

    private RouteMesh(L7Model model) {
        this.model = model;
    }

    /// @param documents each with its separator or without
    static RouteMesh of(Path directory, String... documents) throws IOException {
        return of(directory, List.of(documents));
    }

    static RouteMesh of(Path directory, List<String> documents) throws IOException {
        return of(directory, Map.of(), documents);
    }

    /// @param flags istiod's
    static RouteMesh of(Path directory, Map<String, String> flags, List<String> documents)
            throws IOException {
        var input = Files.createDirectories(directory.resolve("mesh"));
        Files.writeString(
                input.resolve("00-base.yaml"),
                BASE
                        + SERVICE.formatted("web", "shop", "10.0.0.1")
                        + SERVICE.formatted("cart", "shop", "10.0.0.2")
                        + SERVICE.formatted("catalog", "shop", "10.0.0.3")
                        + SERVICE.formatted("payments", "backend", "10.0.0.4"));
        Files.writeString(input.resolve("10-routes.yaml"), String.join("\n---\n", documents));
        return new RouteMesh(TestScopes.model(input, flags));
    }

    L7Model model() {
        return model;
    }

    WaypointScope scope(String waypointNamespace) {
        var metadata =
                Struct.newBuilder()
                        .putFields(
                                "LABELS",
                                com.google.protobuf.Value.newBuilder()
                                        .setStructValue(
                                                Struct.newBuilder()
                                                        .putFields(
                                                                "gateway.networking.k8s.io/gateway-name",
                                                                com.google.protobuf.Value
                                                                        .newBuilder()
                                                                        .setStringValue("wp")
                                                                        .build()))
                                        .build())
                        .build();
        return WaypointScopes.of(
                model,
                WaypointNodes.read(
                        "waypoint~10.1.1.1~wp-1."
                                + waypointNamespace
                                + "~"
                                + waypointNamespace
                                + ".svc.cluster.local",
                        metadata,
                        model));
    }

    MeshService service(String name) {
        return model.registry().service(name + ".shop.svc.cluster.local", "shop").orElseThrow();
    }

    RouteConfiguration http(String service) {
        var found = service(service);
        return HttpRoutes.of(scope("shop"), found, found.port(80).orElseThrow());
    }

    List<Route> routes(String service) {
        return http(service).getVirtualHosts(0).getRoutesList();
    }

    /// Names of a service's routes, in order.
    List<String> names(String service) {
        return routes(service).stream().map(Route::getName).toList();
    }

    TcpRoutes.TcpRoute tcp(String service) {
        var found = service(service);
        return TcpRoutes.of(scope("shop"), found, found.port(7000).orElseThrow());
    }

    List<String> findings() {
        return model.routes().findings().stream().map(Finding::code).sorted().distinct().toList();
    }
}
