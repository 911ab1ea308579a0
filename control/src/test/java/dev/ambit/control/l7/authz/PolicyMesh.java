package dev.ambit.control.l7.authz;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import dev.ambit.control.l7.L7Model;
import dev.ambit.control.l7.TestScopes;
import dev.ambit.control.l7.WaypointNodes;
import dev.ambit.control.l7.WaypointScope;
import dev.ambit.control.l7.WaypointScopes;
import dev.ambit.control.l7.registry.MeshService;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/// A small mesh that tests add policies to: a waypoint `shop/wp` before `web` (HTTP on 80, TCP on
/// 5432), `cart` (HTTP), and the ServiceEntry `partner`; `lonely` stands behind none.
final class PolicyMesh {
    static final String BASE =
            """
            apiVersion: v1
            kind: Namespace
            metadata:
              name: shop
              labels: {istio.io/dataplane-mode: ambient, istio.io/use-waypoint: wp}
            ---
            apiVersion: v1
            kind: Namespace
            metadata: {name: other, labels: {istio.io/dataplane-mode: ambient}}
            ---
            apiVersion: gateway.networking.k8s.io/v1
            kind: Gateway
            metadata: {name: wp, namespace: shop, labels: {istio.io/waypoint-for: all}}
            spec:
              gatewayClassName: istio-waypoint
              listeners: [{name: mesh, port: 15008, protocol: HBONE}]
            status: {addresses: [{type: Hostname, value: wp.shop.svc.cluster.local}]}
            ---
            apiVersion: gateway.networking.k8s.io/v1
            kind: Gateway
            metadata: {name: ingress, namespace: shop}
            spec:
              gatewayClassName: istio
              listeners: [{name: http, port: 80, protocol: HTTP}]
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: wp, namespace: shop}
            spec:
              clusterIP: 10.96.0.2
              ports: [{name: mesh, port: 15008, appProtocol: hbone, targetPort: 15008}]
              selector: {gateway.networking.k8s.io/gateway-name: wp}
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: web, namespace: shop}
            spec:
              clusterIP: 10.96.0.3
              ports:
              - {name: http, port: 80, targetPort: 8080}
              - {name: tcp, port: 5432, targetPort: 5432}
              selector: {app: web}
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: cart, namespace: shop}
            spec:
              clusterIP: 10.96.0.4
              ports: [{name: http, port: 80, targetPort: 8080}]
              selector: {app: cart}
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: lonely, namespace: other}
            spec:
              clusterIP: 10.96.0.5
              ports: [{name: http, port: 80, targetPort: 8080}]
              selector: {app: lonely}
            ---
            apiVersion: networking.istio.io/v1
            kind: ServiceEntry
            metadata: {name: partner, namespace: shop}
            spec:
              hosts: [partner.example]
              addresses: [240.0.0.1]
              ports: [{number: 80, name: http, protocol: HTTP}]
              resolution: STATIC
              endpoints: [{address: 192.0.2.1}]
            """;

    static final String PROVIDERS =
            """
            extensionProviders:
            - name: grpc
              envoyExtAuthzGrpc: {service: lonely.other.svc.cluster.local, port: 80}
            - name: http
              envoyExtAuthzHttp:
                service: other/lonely.other.svc.cluster.local
                port: 80
                clearRouteCache: true
            - name: nowhere
              envoyExtAuthzGrpc: {service: nosuch.other.svc.cluster.local, port: 80}
            - name: Upper
              envoyExtAuthzGrpc: {service: lonely.other.svc.cluster.local, port: 80}
            """;

    private PolicyMesh() {}

    static L7Model model(Path directory, String policies, Map<String, String> flags)
            throws IOException {
        Files.writeString(directory.resolve("base.yaml"), BASE);
        Files.writeString(directory.resolve("meshconfig.yaml"), PROVIDERS);
        Files.writeString(directory.resolve("policies.yaml"), policies);
        return TestScopes.model(directory, flags);
    }

    static L7Model model(Path directory, String policies) throws IOException {
        return model(directory, policies, Map.of());
    }

    /// What the waypoint is concerned with.
    static WaypointScope scope(L7Model model) {
        var labels =
                Struct.newBuilder()
                        .putFields(
                                "gateway.networking.k8s.io/gateway-name",
                                Value.newBuilder().setStringValue("wp").build());
        var metadata =
                Struct.newBuilder()
                        .putFields("NAMESPACE", Value.newBuilder().setStringValue("shop").build())
                        .putFields("LABELS", Value.newBuilder().setStructValue(labels).build())
                        .build();
        return WaypointScopes.of(
                model,
                WaypointNodes.read(
                        "waypoint~10.1.1.1~wp-1.shop~shop.svc.cluster.local", metadata, model));
    }

    static Optional<MeshService> service(WaypointScope scope, String hostname) {
        return scope.services().stream().filter(s -> s.hostname().equals(hostname)).findFirst();
    }

    /// @param spec in one line
    static String policy(String kind, String namespace, String name, String spec) {
        return """
        apiVersion: security.istio.io/v1
        kind: %s
        metadata: {name: %s, namespace: %s}
        spec: %s
        ---
        """
                .formatted(kind, name, namespace, spec);
    }
}
