package dev.ambit.control;

/// Small manifests for tests.
public final class Yaml {
    private Yaml() {}

    public static final String NAMESPACE =
            """
            apiVersion: v1
            kind: Namespace
            metadata: {name: shop, labels: {istio.io/dataplane-mode: ambient}}
            """;

    public static String pod(String name, String app, String node, String ip) {
        return """
        apiVersion: v1
        kind: Pod
        metadata:
          name: %s
          namespace: shop
          labels: {app: %s}
          annotations: {ambient.istio.io/redirection: enabled}
        spec:
          serviceAccountName: %s
          nodeName: %s
          containers: [{name: app, ports: [{name: http, containerPort: 8080}]}]
        status:
          phase: Running
          podIP: %s
          conditions: [{type: Ready, status: 'True'}]
        """
                .formatted(name, app, app, node, ip);
    }

    public static String service(String name, String ip) {
        return """
        apiVersion: v1
        kind: Service
        metadata: {name: %s, namespace: shop}
        spec:
          clusterIP: %s
          ports: [{name: http, port: 80, targetPort: 8080}]
          selector: {app: %s}
        """
                .formatted(name, ip, name);
    }

    public static String deny(String name, String app) {
        return """
        apiVersion: security.istio.io/v1
        kind: AuthorizationPolicy
        metadata: {name: %s, namespace: shop}
        spec:
          selector: {matchLabels: {app: %s}}
          action: DENY
          rules: [{from: [{source: {namespaces: [legacy]}}]}]
        """
                .formatted(name, app);
    }

    public static String strict(String name) {
        return """
        apiVersion: security.istio.io/v1
        kind: PeerAuthentication
        metadata: {name: %s, namespace: shop}
        spec: {mtls: {mode: STRICT}}
        """
                .formatted(name);
    }

    public static String documents(String... documents) {
        return String.join("---\n", documents);
    }
}
