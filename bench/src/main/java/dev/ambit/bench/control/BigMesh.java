package dev.ambit.bench.control;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// A mesh as YAML, one file per namespace and kind: namespaces of equal size, each with a waypoint
/// before its services, and routes and policies of which each is for another service.
record BigMesh(Size size) {

    /// @param pods per service
    record Size(int namespaces, int services, int pods, int routes, int policies) {
        static final Size FULL = new Size(50, 5_000, 4, 2_000, 2_000);
        static final Size QUICK = new Size(10, 500, 4, 200, 200);

        int servicesEach() {
            return services / namespaces;
        }

        int endpoints() {
            return services * pods;
        }
    }

    private static final int NODES = 50;

    void write(Path directory) throws IOException {
        Files.writeString(
                directory.resolve("nodes.yaml"),
                join(IntStream.range(0, NODES).mapToObj(BigMesh::node)));
        for (int n = 0; n < size.namespaces(); n++) {
            int namespace = n;
            var services = IntStream.range(0, size.servicesEach()).boxed().toList();
            write(directory, n, "waypoint", waypoint(n));
            write(
                    directory,
                    n,
                    "services",
                    join(services.stream().map(s -> service(namespace, s))));
            write(
                    directory,
                    n,
                    "routes",
                    join(
                            IntStream.range(0, size.routes() / size.namespaces())
                                    .mapToObj(i -> route(namespace, i))));
            write(
                    directory,
                    n,
                    "policies",
                    join(
                            IntStream.range(0, size.policies() / size.namespaces())
                                    .mapToObj(i -> policy(namespace, i))));
            for (int s : services) {
                write(directory, n, "pods-" + s, pods(n, s, true));
            }
        }
    }

    private static void write(Path directory, int namespace, String what, String text)
            throws IOException {
        Files.writeString(file(directory, namespace, what), text);
    }

    static Path file(Path directory, int namespace, String what) {
        return directory.resolve("ns-" + namespace + "-" + what + ".yaml");
    }

    private static String join(java.util.stream.Stream<String> documents) {
        return documents.collect(Collectors.joining("---\n"));
    }

    private static String node(int node) {
        return """
        apiVersion: v1
        kind: Node
        metadata:
          name: node-%d
          labels: {topology.kubernetes.io/region: eu, topology.kubernetes.io/zone: eu-%d}
        """
                .formatted(node, node % 3);
    }

    private static String waypoint(int namespace) {
        return """
        apiVersion: v1
        kind: Namespace
        metadata: {name: ns-%1$d, labels: {istio.io/use-waypoint: wp}}
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: Gateway
        metadata: {name: wp, namespace: ns-%1$d}
        spec:
          gatewayClassName: ambit-waypoint
          listeners: [{name: mesh, port: 15008, protocol: HBONE}]
        status:
          addresses: [{type: Hostname, value: wp.ns-%1$d.svc.cluster.local}]
        ---
        apiVersion: v1
        kind: Service
        metadata:
          name: wp
          namespace: ns-%1$d
          labels: {gateway.istio.io/managed: istio.io-mesh-controller}
        spec:
          clusterIP: 10.0.0.%1$d
          ports: [{name: mesh, port: 15008, appProtocol: hbone}]
          selector: {gateway.networking.k8s.io/gateway-name: wp}
        ---
        apiVersion: v1
        kind: Pod
        metadata:
          name: wp-1
          namespace: ns-%1$d
          labels: {gateway.networking.k8s.io/gateway-name: wp}
        spec: {serviceAccountName: wp, nodeName: node-0, containers: [{name: proxy}]}
        status:
          phase: Running
          podIP: 10.255.0.%1$d
          conditions: [{type: Ready, status: 'True'}]
        """
                .formatted(namespace);
    }

    private String service(int namespace, int service) {
        return """
        apiVersion: v1
        kind: Service
        metadata: {name: svc-%2$d, namespace: ns-%1$d}
        spec:
          clusterIP: 10.%3$d.%4$d.%5$d
          ports:
          - {name: http, port: 80, targetPort: 8080}
          - {name: grpc, port: 9000, targetPort: 9090}
          selector: {app: svc-%2$d}
        """
                .formatted(namespace, service, 100 + namespace, service / 250, 1 + service % 250);
    }

    /// The pods of one service.
    ///
    /// @param ready the first of them
    String pods(int namespace, int service, boolean ready) {
        return join(
                IntStream.range(0, size.pods())
                        .mapToObj(i -> pod(namespace, service, i, ready || i > 0)));
    }

    private String pod(int namespace, int service, int pod, boolean ready) {
        int number = (namespace * size.servicesEach() + service) * size.pods() + pod;
        return """
        apiVersion: v1
        kind: Pod
        metadata:
          name: svc-%2$d-%3$d
          namespace: ns-%1$d
          labels: {app: svc-%2$d, version: v%4$d}
          annotations: {ambient.istio.io/redirection: enabled}
        spec:
          serviceAccountName: svc-%2$d
          nodeName: node-%5$d
          containers: [{name: app, ports: [{name: http, containerPort: 8080}]}]
        status:
          phase: Running
          podIP: 10.%6$d.%7$d.%8$d
          conditions: [{type: Ready, status: '%9$s'}]
        """
                .formatted(
                        namespace,
                        service,
                        pod,
                        1 + pod % 2,
                        number % NODES,
                        1 + number / 62_500,
                        number / 250 % 250,
                        1 + number % 250,
                        ready ? "True" : "False");
    }

    private static String route(int namespace, int route) {
        return """
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: {name: route-%2$d, namespace: ns-%1$d}
        spec:
          parentRefs: [{group: '', kind: Service, name: svc-%2$d, port: 80}]
          rules:
          - matches: [{path: {type: PathPrefix, value: /v2}, headers: [{name: x-user, value: a}]}]
            filters:
            - type: RequestHeaderModifier
              requestHeaderModifier: {set: [{name: x-route, value: r%2$d}]}
            backendRefs:
            - {name: svc-%2$d, port: 80, weight: 90}
            - {name: svc-%3$d, port: 80, weight: 10}
          - backendRefs: [{name: svc-%2$d, port: 80}]
        """
                .formatted(namespace, route, route + 1);
    }

    private static String policy(int namespace, int policy) {
        return """
        apiVersion: security.istio.io/v1
        kind: AuthorizationPolicy
        metadata: {name: policy-%2$d, namespace: ns-%1$d}
        spec:
          targetRefs: [{group: '', kind: Service, name: svc-%2$d}]
          rules:
          - from: [{source: {principals: ['cluster.local/ns/ns-%1$d/sa/svc-%3$d']}}]
            to: [{operation: {methods: [GET, POST], paths: ['/v1/*', /healthz]}}]
        """
                .formatted(namespace, policy, policy + 1);
    }
}
