package dev.ambit.bench.waypoint;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.ambit.bench.waypoint.peer.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// A namespace with a waypoint before two services: one whose pod is in the mesh, one whose isn't;
/// with as many routes and policies each as are asked for, of which the last one fits what is sent.
///
/// @param rules routes, and as many policies; 0: none
/// @param services beside those, each with one port and one pod, that nobody calls
record WaypointMesh(int rules, int services) {
    static final String WAYPOINT = "10.2.0.2";
    static final String POD = "10.2.1.1";
    private static final String PLAIN_POD = "10.2.1.2";
    private static final String MESHED = "10.3.0.1";
    private static final String PLAIN = "10.3.0.2";
    private static final int PER_OCTET = 250;

    /// Which service is called.
    enum Behind {
        HBONE("echo", MESHED),
        SOCKET("outside", PLAIN);

        private final String service;
        private final String address;

        Behind(String service, String address) {
            this.service = service;
            this.address = address;
        }

        String host() {
            return service + ".bench.svc.cluster.local";
        }

        String address() {
            return address;
        }
    }

    String path() {
        return rules == 0 ? "/rule-0/Echo" : "/rule-" + (rules - 1) + "/Echo";
    }

    void write(Path directory) throws IOException {
        Files.createDirectories(directory);
        Files.writeString(directory.resolve("mesh.yaml"), fixed());
        for (var behind : Behind.values()) {
            if (rules > 0) {
                Files.writeString(
                        directory.resolve(behind.service + "-routes.yaml"),
                        join(
                                Stream.of(Kind.values())
                                        .flatMap(kind ->
                                                IntStream.range(0, rules)
                                                        .mapToObj(i ->
                                                                route(behind.service, kind, i)))));
                Files.writeString(
                        directory.resolve(behind.service + "-policies.yaml"),
                        join(IntStream.range(0, rules).mapToObj(i -> policy(behind.service, i))));
            }
        }
        if (services > 0) {
            Files.writeString(
                    directory.resolve("others.yaml"),
                    join(IntStream.range(0, services).mapToObj(WaypointMesh::other)));
        }
    }

    private static String join(Stream<String> documents) {
        return documents.collect(Collectors.joining("---\n"));
    }

    /// The xDS node of the waypoint.
    static JsonObject node() {
        return JsonParser.parseString(
                        """
                        {
                          "id": "waypoint~%s~wp-1.bench~bench.svc.cluster.local",
                          "cluster": "wp.bench",
                          "metadata": {
                            "CLUSTER_ID": "Kubernetes",
                            "ENABLE_HBONE": "true",
                            "INSTANCE_IPS": "%s",
                            "ISTIO_VERSION": "1.31.0",
                            "LABELS": {
                              "gateway.istio.io/managed": "istio.io-mesh-controller",
                              "gateway.networking.k8s.io/gateway-name": "wp",
                              "service.istio.io/canonical-name": "wp",
                              "service.istio.io/canonical-revision": "latest"
                            },
                            "MESH_ID": "cluster.local",
                            "NAME": "wp-1",
                            "NAMESPACE": "bench",
                            "NODE_NAME": "node-1",
                            "SERVICE_ACCOUNT": "wp",
                            "WORKLOAD_NAME": "wp"
                          }
                        }
                        """
                                .formatted(WAYPOINT, WAYPOINT))
                .getAsJsonObject();
    }

    private static String fixed() {
        return """
        apiVersion: v1
        kind: Namespace
        metadata:
          name: bench
          labels: {istio.io/use-waypoint: wp, istio.io/dataplane-mode: ambient}
        ---
        apiVersion: v1
        kind: Node
        metadata:
          name: node-1
          labels: {topology.kubernetes.io/region: eu, topology.kubernetes.io/zone: eu-1}
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: Gateway
        metadata: {name: wp, namespace: bench}
        spec:
          gatewayClassName: istio-waypoint
          listeners: [{name: mesh, port: 15008, protocol: HBONE}]
        status:
          addresses: [{type: Hostname, value: wp.bench.svc.cluster.local}]
        ---
        apiVersion: v1
        kind: Service
        metadata:
          name: wp
          namespace: bench
          labels: {gateway.istio.io/managed: istio.io-mesh-controller}
        spec:
          clusterIP: 10.3.0.9
          ports: [{name: mesh, port: 15008, appProtocol: hbone}]
          selector: {gateway.networking.k8s.io/gateway-name: wp}
        ---
        apiVersion: v1
        kind: Pod
        metadata:
          name: wp-1
          namespace: bench
          labels:
            gateway.networking.k8s.io/gateway-name: wp
            gateway.istio.io/managed: istio.io-mesh-controller
        spec: {serviceAccountName: wp, nodeName: node-1, containers: [{name: proxy}]}
        status:
          phase: Running
          podIP: %s
          conditions: [{type: Ready, status: 'True'}]
        ---
        """
                        .formatted(WAYPOINT)
                + service("echo", MESHED, POD, true)
                + "---\n"
                + service("outside", PLAIN, PLAIN_POD, false);
    }

    private static String service(String name, String address, String pod, boolean meshed) {
        return """
        apiVersion: v1
        kind: Service
        metadata: {name: %1$s, namespace: bench}
        spec:
          clusterIP: %2$s
          ports:
          %3$s
          selector: {app: %1$s}
        ---
        apiVersion: v1
        kind: Pod
        metadata:
          name: %1$s-1
          namespace: bench
          labels: {app: %1$s}
          annotations: {%4$s}
        spec:
          serviceAccountName: %1$s
          nodeName: node-1
          containers: [{name: app}]
        status:
          phase: Running
          podIP: %5$s
          conditions: [{type: Ready, status: 'True'}]
        """
                .formatted(
                        name,
                        address,
                        Stream.of(Kind.values())
                                .map(kind ->
                                        "- {name: %s, port: %d, targetPort: %d}"
                                                .formatted(
                                                        kind == Kind.HTTP1 ? "http" : kind.word(),
                                                        kind.servicePort(),
                                                        kind.targetPort()))
                                .collect(Collectors.joining("\n  ")),
                        meshed ? "ambient.istio.io/redirection: enabled" : "",
                        pod);
    }

    private static String other(int number) {
        return """
        apiVersion: v1
        kind: Service
        metadata: {name: other-%1$d, namespace: bench}
        spec:
          clusterIP: 10.4.%2$d.%3$d
          ports: [{name: http, port: 80, targetPort: 8080}]
          selector: {app: other-%1$d}
        ---
        apiVersion: v1
        kind: Pod
        metadata:
          name: other-%1$d-1
          namespace: bench
          labels: {app: other-%1$d}
          annotations: {ambient.istio.io/redirection: enabled}
        spec: {serviceAccountName: other, nodeName: node-1, containers: [{name: app}]}
        status:
          phase: Running
          podIP: 10.5.%2$d.%3$d
          conditions: [{type: Ready, status: 'True'}]
        """
                .formatted(number, number / PER_OCTET, 1 + number % PER_OCTET);
    }

    private static String route(String service, Kind kind, int number) {
        return """
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: {name: %1$s-%2$s-%3$d, namespace: bench}
        spec:
          parentRefs: [{group: '', kind: Service, name: %1$s, port: %4$d}]
          rules:
          - matches: [{path: {type: PathPrefix, value: /rule-%3$d}}]
            backendRefs: [{name: %1$s, port: %4$d}]
        """
                .formatted(service, kind.word(), number, kind.servicePort());
    }

    private static String policy(String service, int number) {
        return """
        apiVersion: security.istio.io/v1
        kind: AuthorizationPolicy
        metadata: {name: %1$s-%2$d, namespace: bench}
        spec:
          targetRefs: [{group: '', kind: Service, name: %1$s}]
          action: ALLOW
          rules:
          - from: [{source: {principals: [cluster.local/ns/bench/sa/client]}}]
            to: [{operation: {methods: [POST], paths: ['/rule-%2$d/*']}}]
        """
                .formatted(service, number);
    }
}
