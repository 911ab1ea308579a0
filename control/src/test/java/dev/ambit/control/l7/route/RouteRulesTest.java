package dev.ambit.control.l7.route;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.control.l7.Finding;
import dev.ambit.control.l7.report.Report;
import io.envoyproxy.envoy.config.route.v3.Route;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Rules of routes that the recordings do not show.
class RouteRulesTest {
    @TempDir private Path directory = Path.of(".");

    private static String virtualService(String name, String namespace, String time, String spec) {
        return """
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: %s, namespace: %s, creationTimestamp: '2026-01-01T00:00:%sZ'}
        spec: %s
        """
                .formatted(name, namespace, time, spec);
    }

    private static String to(String name, String more) {
        return "{hosts: [web.shop.svc.cluster.local], %s http: [{name: %s, match: [{uri: {prefix: /%s}}], route: [{destination: {host: web.shop.svc.cluster.local}}]}]}"
                .formatted(more, name, name);
    }

    private static final String HTTP_ROUTE =
            """
            apiVersion: gateway.networking.k8s.io/v1
            kind: HTTPRoute
            metadata: {name: young, namespace: shop, creationTimestamp: '2026-01-01T00:00:59Z'}
            spec:
              parentRefs: [{group: '', kind: Service, name: web}]
              rules:
              - name: gateway-api
                matches: [{path: {type: PathPrefix, value: /g}}]
                backendRefs: [{name: web, port: 80}]
            """;

    @Test
    void tables_privateThenExportedThenOwnGatewayApiThenOldest_asked() throws IOException {
        var mesh =
                RouteMesh.of(
                        directory,
                        virtualService("public-old", "shop", "01", to("old", "")),
                        virtualService("public-young", "shop", "05", to("young", "")),
                        virtualService("mine", "shop", "09", to("mine", "exportTo: ['.'],")),
                        virtualService("other", "backend", "01", to("other", "")),
                        HTTP_ROUTE);

        assertThat(mesh.names("web")).containsExactly("mine", "gateway-api", "old", "young");
    }

    @Test
    void routesOfServicesNamespace_keptPrivate_unseenByForeignWaypoint() throws IOException {
        var mesh =
                RouteMesh.of(
                        directory,
                        virtualService("mine", "shop", "09", to("mine", "exportTo: ['.'],")),
                        virtualService("given", "shop", "08", to("given", "exportTo: [infra],")),
                        virtualService("open", "shop", "01", to("open", "")));
        var web = mesh.service("web");

        assertThat(mesh.model().routes().of(web, "infra"))
                .extracting(RouteTable::name)
                .containsExactly("given", "open");
    }

    @Test
    void createdAtTheSameTime_byNameThenNamespace() throws IOException {
        var mesh =
                RouteMesh.of(
                        directory,
                        virtualService("b", "shop", "01", to("b", "")),
                        virtualService("a", "shop", "01", to("a", "")));

        assertThat(mesh.names("web")).containsExactly("a", "b");
    }

    @Test
    void delegate_missingOrNotExported_onlyThatRuleIsLeftOut() throws IOException {
        var hosts = "{hosts: [web], http: [{name: gone, delegate: {name: nosuch}}, %s]}";
        var kept = "{name: kept, route: [{destination: {host: web}}]}";
        var mesh =
                RouteMesh.of(
                        directory,
                        virtualService("root", "shop", "01", hosts.formatted(kept)),
                        virtualService(
                                "root2",
                                "shop",
                                "02",
                                "{hosts: [cart], http: [{name: hidden, delegate: {name: d,"
                                        + " namespace: backend}}, "
                                        + kept
                                        + "]}"),
                        virtualService(
                                "d",
                                "backend",
                                "01",
                                "{exportTo: ['.'], http: [{route: [{destination: {host: web}}]}]}"));

        assertThat(mesh.names("web")).containsExactly("kept");
        assertThat(mesh.names("cart")).containsExactly("kept");
        assertThat(mesh.model().routes().findings())
                .filteredOn(f -> f.code().equals("delegate-missing"))
                .extracting(f -> f.resource().name(), Finding::field)
                .containsExactlyInAnyOrder(
                        org.assertj.core.groups.Tuple.tuple("root", "spec.http[0].delegate"),
                        org.assertj.core.groups.Tuple.tuple("root2", "spec.http[0].delegate"));
    }

    @Test
    void delegate_saysNothing_takesFromRoot() throws IOException {
        var mesh =
                RouteMesh.of(
                        directory,
                        virtualService(
                                "root",
                                "shop",
                                "01",
                                "{hosts: [web], http: [{name: r, match: [{name: m, uri: {prefix:"
                                        + " /a}}], timeout: 3s, delegate: {name: d}}]}"),
                        virtualService(
                                "d",
                                "shop",
                                "02",
                                "{http: [{name: l, match: [{uri: {exact: /a/b}}], route:"
                                        + " [{destination: {host: cart}}]}, {name: out, match:"
                                        + " [{uri: {prefix: /z}}], route: [{destination: {host:"
                                        + " cart}}]}]}"));

        var routes = mesh.routes("web");
        assertThat(routes).hasSize(1);
        assertThat(routes.getFirst().getName()).isEqualTo("r-l.m");
        assertThat(routes.getFirst().getMatch().getPath()).isEqualTo("/a/b");
        assertThat(routes.getFirst().getRoute().getTimeout().getSeconds()).isEqualTo(3);
        assertThat(mesh.findings()).contains("delegate-conflict");
    }

    @Test
    void trafficSplit_sharesOfRequestsAndConnections() throws IOException {
        var mesh =
                RouteMesh.of(
                        directory,
                        """
                        apiVersion: split.smi-spec.io/v1alpha4
                        kind: TrafficSplit
                        metadata: {name: canary, namespace: shop}
                        spec:
                          service: web
                          backends: [{service: cart, weight: 90}, {service: catalog, weight: 10}]
                        """);

        assertThat(mesh.routes("web").getFirst().getRoute().getWeightedClusters().getClustersList())
                .extracting(c -> c.getName() + " " + c.getWeight().getValue())
                .containsExactly(
                        "inbound-vip|80|http|cart.shop.svc.cluster.local 90",
                        "inbound-vip|80|http|catalog.shop.svc.cluster.local 10");
        assertThat(mesh.tcp("web").target())
                .isEqualTo(
                        new TcpRoutes.Weighted(
                                List.of(
                                        new TcpRoutes.Share(
                                                "inbound-vip|7000|tcp|cart.shop.svc.cluster.local",
                                                90),
                                        new TcpRoutes.Share(
                                                "inbound-vip|7000|tcp|catalog.shop.svc.cluster.local",
                                                10))));
    }

    @Test
    void directResponse_largerThanEnvoysDefault_limitIsRaised() throws IOException {
        var small = "{hosts: [web], http: [{directResponse: {status: 503, body: {string: x}}}]}";
        var large =
                "{hosts: [cart], http: [{directResponse: {status: 503, body: {string: %s}}}]}"
                        .formatted("x".repeat(5_000));
        var mesh =
                RouteMesh.of(
                        directory,
                        virtualService("small", "shop", "01", small),
                        virtualService("large", "shop", "02", large));

        assertThat(mesh.http("web").hasMaxDirectResponseBodySizeBytes()).isFalse();
        assertThat(mesh.http("cart").getMaxDirectResponseBodySizeBytes().getValue())
                .isEqualTo(1 << 20);
    }

    @Test
    void references_ofRoutes_onlyWhatTheWaypointDoesNotServe() throws IOException {
        var mesh =
                RouteMesh.of(
                        directory,
                        virtualService(
                                "v",
                                "shop",
                                "01",
                                "{hosts: [web], http: [{route: [{destination: {host: cart}}],"
                                        + " mirror: {host: payments.backend.svc.cluster.local}}]}"));

        assertThat(References.of(mesh.scope("shop")))
                .containsExactly(
                        new References.Reference("payments.backend.svc.cluster.local", ""));
        assertThat(mesh.routes("web"))
                .flatExtracting(r -> r.getRoute().getRequestMirrorPoliciesList())
                .extracting(m -> m.getCluster())
                .containsExactly("outbound|80||payments.backend.svc.cluster.local");
    }

    @Test
    void wildcardRoute_toServiceOfOthers_hasItsCluster() throws IOException {
        var mesh =
                RouteMesh.of(
                        directory,
                        virtualService(
                                "v",
                                "shop",
                                "01",
                                "{hosts: ['*.shop.svc.cluster.local'], http: [{route:"
                                        + " [{destination: {host:"
                                        + " payments.backend.svc.cluster.local}}]}]}"));

        assertThat(mesh.routes("cart"))
                .extracting(r -> r.getRoute().getCluster())
                .containsExactly("outbound|80||payments.backend.svc.cluster.local");
        assertThat(References.of(mesh.scope("shop"))).hasSize(1);
    }

    @Test
    void references_ofKeysThatTheWaypointFetches_onlyWhereItDoes() throws IOException {
        var tokens =
                """
                apiVersion: security.istio.io/v1
                kind: RequestAuthentication
                metadata: {name: t, namespace: shop}
                spec:
                  targetRefs: [{group: '', kind: Service, name: web}]
                  jwtRules: [{issuer: a.example, jwksUri: 'http://payments.backend.svc.cluster.local/keys'}]
                """;
        var flag = "PILOT_JWT_ENABLE_REMOTE_JWKS";

        assertThat(
                        References.of(
                                RouteMesh.of(directory, Map.of(flag, "envoy"), List.of(tokens))
                                        .scope("shop")))
                .containsExactly(
                        new References.Reference("payments.backend.svc.cluster.local", ""));
        assertThat(References.of(RouteMesh.of(directory, tokens).scope("shop"))).isEmpty();
    }

    @Test
    void nothingSaid_defaultRoute() throws IOException {
        var mesh = RouteMesh.of(directory);

        assertThat(mesh.routes("web")).extracting(Route::getName).containsExactly("default");
        assertThat(mesh.tcp("web").target())
                .isEqualTo(new TcpRoutes.Single("inbound-vip|7000|tcp|web.shop.svc.cluster.local"));
    }

    @Test
    void whatHasNoEffect_isFound() throws IOException {
        var mesh =
                RouteMesh.of(
                        directory,
                        virtualService(
                                "v",
                                "shop",
                                "01",
                                """
                                {hosts: [web, nosuch], http: [
                                  {name: a, match: [{sourceLabels: {app: x}}], route: [{destination: {host: web, port: {number: 81}}}]},
                                  {name: b, match: [{sourceNamespace: shop, uri: {prefix: /b}}], route: [{destination: {host: gone}}]},
                                  {name: c, fault: {abort: {httpStatus: 500}}, route: [{destination: {host: web}}]},
                                  {name: d, route: [{destination: {host: web, subset: v9}}]}],
                                 tcp: [{match: [{destinationSubnets: [10.0.0.0/8], sourceLabels: {app: x}}], route: [{destination: {host: web}}]}],
                                 tls: [{match: [{sniHosts: [web.shop.svc.cluster.local, nosuch.shop.svc.cluster.local]}], route: [{destination: {host: web}}]}]}
                                """),
                        virtualService(
                                "gw",
                                "shop",
                                "01",
                                "{hosts: [web], gateways: [shop/ingress], http: [{route:"
                                        + " [{destination: {host: web}}]}]}"),
                        """
                        apiVersion: gateway.networking.k8s.io/v1
                        kind: HTTPRoute
                        metadata: {name: r, namespace: backend}
                        spec:
                          hostnames: [a.example]
                          parentRefs: [{name: wp}, {group: '', kind: Service, name: payments}, {group: '', kind: Service, name: nosuch}]
                          rules: [{sessionPersistence: {}, backendRefs: [{name: nosuch, port: 80}]}]
                        """);

        assertThat(mesh.findings())
                .containsExactly(
                        "fault-without-percentage",
                        "hostnames-of-service-route",
                        "match-sni",
                        "match-source-labels",
                        "match-source-namespace",
                        "match-subnets",
                        "route-for-unknown-host",
                        "route-not-for-mesh",
                        "route-of-gateway",
                        "route-to-unknown-host",
                        "route-to-unknown-port",
                        "route-to-unknown-subset",
                        "route-unresolved",
                        "route-without-waypoint",
                        "rule-never-reached",
                        "session-persistence");
    }

    @Test
    void status_repeatsParentsAsWritten() throws IOException {
        var mesh =
                RouteMesh.of(
                        directory,
                        """
                        apiVersion: gateway.networking.k8s.io/v1
                        kind: HTTPRoute
                        metadata: {name: r, namespace: shop}
                        spec:
                          parentRefs: [{group: '', kind: Service, name: web, port: 80}]
                          rules: [{backendRefs: [{name: web, port: 80}]}]
                        """);

        var status =
                Report.of(mesh.model()).statuses().stream()
                        .filter(s -> s.key().kind().equals("HTTPRoute"))
                        .findFirst()
                        .orElseThrow();
        assertThat(status.parents().getFirst().reference())
                .isEqualTo(Map.of("group", "", "kind", "Service", "name", "web", "port", 80));
        assertThat(status.parents().getFirst().conditions())
                .extracting(c -> c.type() + " " + c.state().spelling())
                .containsExactly("Accepted True", "ResolvedRefs True", "ResolvedWaypoints True");
    }

    @Test
    void gatewayApiRoute_withExtensionRef_isLeftOutWholeAndSaid() throws IOException {
        var mesh =
                RouteMesh.of(
                        directory,
                        """
                        apiVersion: gateway.networking.k8s.io/v1
                        kind: HTTPRoute
                        metadata: {name: r, namespace: shop}
                        spec:
                          parentRefs: [{group: '', kind: Service, name: web}]
                          rules:
                          - backendRefs: [{name: web, port: 80}]
                          - filters: [{type: ExtensionRef, extensionRef: {group: a.example, kind: B, name: c}}]
                            backendRefs: [{name: web, port: 80}]
                        """);

        assertThat(mesh.names("web")).containsExactly("default");
        assertThat(mesh.model().routes().statuses().getFirst().parents().getFirst().conditions())
                .contains(
                        new RouteStatus.Condition(
                                "ResolvedRefs",
                                false,
                                "InvalidFilter",
                                "unsupported filter type \"ExtensionRef\""));
    }
}
