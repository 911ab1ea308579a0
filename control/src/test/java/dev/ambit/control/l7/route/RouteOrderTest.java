package dev.ambit.control.l7.route;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.Comparator;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/// What resources say when they were made decides, not where they stand.
class RouteOrderTest {
    private static final List<String> DOCUMENTS =
            List.of(
                    virtualService("a", "03", "web", "{prefix: /a}"),
                    virtualService("b", "01", "web", "{exact: /b}"),
                    virtualService("c", "02", "'*.shop.svc.cluster.local'", "{prefix: /c}"),
                    virtualService("same-1", "09", "web", "{prefix: /s1}"),
                    virtualService("same-2", "09", "web", "{prefix: /s2}"),
                    httpRoute("r1", "05", "/r", "web"),
                    httpRoute("r2", "04", "/r", "cart"),
                    httpRoute("r3", "04", "/longer", "web"));

    private static String virtualService(String name, String second, String host, String uri) {
        return """
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: %s, namespace: shop, creationTimestamp: '2026-01-01T00:00:%sZ'}
        spec: {hosts: [%s], http: [{name: %1$s, match: [{uri: %s}], route: [{destination: {host: web}}]}]}
        """
                .formatted(name, second, host, uri);
    }

    private static String httpRoute(String name, String second, String path, String backend) {
        return """
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: {name: %s, namespace: shop, creationTimestamp: '2026-01-01T00:00:%sZ'}
        spec:
          parentRefs: [{group: '', kind: Service, name: web}]
          rules: [{matches: [{path: {type: PathPrefix, value: %s}}], backendRefs: [{name: %s, port: 80}]}]
        """
                .formatted(name, second, path, backend);
    }

    @Provide
    Arbitrary<List<String>> orders() {
        return Arbitraries.shuffle(DOCUMENTS);
    }

    @Property(tries = 20)
    void anyOrderOfDocuments_givesTheSameRoutes(@ForAll("orders") List<String> documents)
            throws IOException {
        var directory = Files.createTempDirectory("routes");
        try {
            var mesh = RouteMesh.of(directory, documents);

            assertThat(mesh.names("web"))
                    .containsExactly(
                            "shop.r3.0",
                            "shop.r2.0",
                            "shop.r1.0",
                            "b",
                            "c",
                            "a",
                            "same-1",
                            "same-2");
            assertThat(mesh.routes("web").get(1).getRoute().getCluster())
                    .isEqualTo("inbound-vip|80|http|cart.shop.svc.cluster.local");
        } finally {
            try (var files = Files.walk(directory)) {
                files.sorted(Comparator.reverseOrder()).forEach(f -> f.toFile().delete());
            }
        }
    }
}
