package dev.ambit.control.l7.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import dev.ambit.control.Yaml;
import dev.ambit.control.l7.TestScopes;
import dev.ambit.control.l7.WaypointNodes;
import dev.ambit.control.l7.WaypointScope;
import dev.ambit.control.l7.WaypointScopes;
import io.envoyproxy.envoy.config.core.v3.Address;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoadAssignmentsTest {
    private static final String HOST = "web.shop.svc.cluster.local";
    private static final String MESH =
            """
            apiVersion: v1
            kind: Namespace
            metadata: {name: shop, labels: {istio.io/use-waypoint: wp}}
            ---
            apiVersion: gateway.networking.k8s.io/v1
            kind: Gateway
            metadata: {name: wp, namespace: shop}
            spec:
              gatewayClassName: ambit-waypoint
              listeners: [{name: mesh, port: 15008, protocol: HBONE}]
            status: {addresses: [{type: IPAddress, value: 10.96.0.1}]}
            ---
            apiVersion: v1
            kind: Node
            metadata:
              name: node-1
              labels: {topology.kubernetes.io/region: eu, topology.kubernetes.io/zone: eu-1}
            ---
            apiVersion: v1
            kind: Node
            metadata:
              name: node-2
              labels: {topology.kubernetes.io/region: eu, topology.kubernetes.io/zone: eu-2}
            ---
            apiVersion: v1
            kind: Pod
            metadata:
              name: wp-1
              namespace: shop
              labels: {gateway.networking.k8s.io/gateway-name: wp}
            spec: {nodeName: node-1, containers: [{name: proxy}]}
            status: {phase: Running, podIP: 10.0.0.9}
            ---
            """;

    @TempDir private Path directory;

    @Test
    void pod_ofTheMesh_reachedThroughTheTunnel() throws IOException {
        var endpoint = only(web(Yaml.pod("a", "web", "node-1", "10.0.0.1")));

        var internal = endpoint.getEndpoint().getAddress().getEnvoyInternalAddress();
        assertThat(internal.getServerListenerName()).isEqualTo("connect_originate");
        assertThat(internal.getEndpointId()).isEqualTo("10.0.0.1:8080");
        assertThat(endpoint.getHealthStatus()).isEqualTo(HealthStatus.HEALTHY);
        assertThat(metadata(endpoint, "istio", "workload")).isEqualTo("a;shop;web;;Kubernetes");
        assertThat(metadata(endpoint, "envoy.filters.listener.original_dst", "local"))
                .isEqualTo("10.0.0.1:8080");
    }

    @Test
    void pod_outsideTheMesh_calledPlainly() throws IOException {
        var pod =
                Yaml.pod("a", "web", "node-1", "10.0.0.1")
                        .replace("ambient.istio.io/redirection: enabled", "a: b");

        assertThat(socket(only(web(pod)))).isEqualTo("10.0.0.1:8080");
    }

    @Test
    void pods_inPlacesApart_groupedByPlace() throws IOException {
        var assignment =
                web(
                        Yaml.pod("b", "web", "node-2", "10.0.0.2"),
                        Yaml.pod("a", "web", "node-1", "10.0.0.1"));

        assertThat(assignment.getEndpointsList())
                .extracting(g -> g.getLocality().getZone())
                .containsExactly("eu-1", "eu-2");
    }

    @Test
    void pod_notReady_toldAsUnhealthy() throws IOException {
        var pod = Yaml.pod("a", "web", "node-1", "10.0.0.1").replace("'True'", "'False'");

        assertThat(only(web(pod)).getHealthStatus()).isEqualTo(HealthStatus.UNHEALTHY);
    }

    @Test
    void pod_notReadyWhereARuleCountsTheHealthy_leftOut() throws IOException {
        var pod = Yaml.pod("a", "web", "node-1", "10.0.0.1").replace("'True'", "'False'");

        assertThat(web(pod, rule("outlierDetection: {minHealthPercent: 10}")).getEndpointsList())
                .isEmpty();
    }

    @Test
    void pod_beingDeleted_leftOut() throws IOException {
        var pod =
                Yaml.pod("a", "web", "node-1", "10.0.0.1")
                        .replace("'True'", "'False'")
                        .replace(
                                "  name: a\n",
                                "  name: a\n  deletionTimestamp: '2026-01-01T00:00:00Z'\n");

        assertThat(web(pod).getEndpointsList()).isEmpty();
    }

    @Test
    void pod_beingDrained_leftOutUnlessSessionsPersist() throws IOException {
        var pod =
                Yaml.pod("a", "web", "node-1", "10.0.0.1")
                        .replace("labels: {app: web}", "labels: {app: web, istio.io/draining: t}");

        var persistent =
                Yaml.service("web", "10.96.0.2")
                        .replace(
                                "namespace: shop}",
                                "namespace: shop, labels: {istio.io/persistent-session: id}}");

        assertThat(web(pod).getEndpointsList()).isEmpty();
        assertThat(only(render(scope(persistent, pod))).getHealthStatus())
                .isEqualTo(HealthStatus.DRAINING);
    }

    @Test
    void prioritiesOfPlaces_withOutlierDetection_nearestFirst() throws IOException {
        var assignment =
                web(
                        Yaml.pod("a", "web", "node-1", "10.0.0.1"),
                        Yaml.pod("b", "web", "node-2", "10.0.0.2"),
                        rule("outlierDetection: {consecutive5xxErrors: 1}"));

        assertThat(assignment.getEndpointsList())
                .extracting(g -> g.getLocality().getZone() + " " + g.getPriority())
                .containsExactly("eu-1 0", "eu-2 1");
    }

    @Test
    void shares_ofPlaces_areWeights() throws IOException {
        var rule =
                rule(
                        "loadBalancer: {localityLbSetting: {distribute: [{from: eu/eu-1/*, to:"
                                + " {eu/eu-1/*: 80, eu/eu-2/*: 20}}]}}");
        var assignment =
                web(
                        Yaml.pod("a", "web", "node-1", "10.0.0.1"),
                        Yaml.pod("b", "web", "node-2", "10.0.0.2"),
                        rule);

        assertThat(assignment.getEndpointsList())
                .extracting(g ->
                        g.getLocality().getZone() + " " + g.getLoadBalancingWeight().getValue())
                .containsExactly("eu-1 80", "eu-2 20");
    }

    @Test
    void subset_ofARule_hasThoseWithItsLabels() throws IOException {
        var scope =
                scope(
                        Yaml.service("web", "10.96.0.2"),
                        Yaml.pod("a", "web", "node-1", "10.0.0.1")
                                .replace("{app: web}", "{app: web, version: v1}"),
                        Yaml.pod("b", "web", "node-1", "10.0.0.2")
                                .replace("{app: web}", "{app: web, version: v2}"),
                        """
                        apiVersion: networking.istio.io/v1
                        kind: DestinationRule
                        metadata: {name: web, namespace: shop}
                        spec:
                          host: web
                          subsets: [{name: two, labels: {version: v2}}]
                        """);
        var service = scope.services().getFirst();

        assertThat(
                        LoadAssignments.of(
                                        scope,
                                        service,
                                        service.ports().getFirst(),
                                        "two",
                                        "inbound-vip|80|http/two|" + HOST)
                                .getEndpointsList())
                .flatExtracting(g -> g.getLbEndpointsList())
                .extracting(e -> metadata(e, "istio", "workload"))
                .containsExactly("b;shop;web;v2;Kubernetes");
    }

    @Test
    void serviceOfBothFamilies_podWithBoth_eachIsAnEndpoint() throws IOException {
        var pod =
                Yaml.pod("a", "web", "node-1", "10.0.0.1")
                        .replace(
                                "podIP: 10.0.0.1",
                                "podIP: 10.0.0.1\n  podIPs: [{ip: 10.0.0.1}, {ip: 'fd00::1'}]");
        var both =
                Yaml.service("web", "10.96.0.2")
                        .replace(
                                "clusterIP: 10.96.0.2",
                                "clusterIPs: [10.96.0.2, 'fd00:96::2']\n  ipFamilies: [IPv4, IPv6]");

        assertThat(ids(render(scope(both, pod))))
                .containsExactly("[fd00::1]:8080", "10.0.0.1:8080");
        assertThat(ids(web(pod))).containsExactly("10.0.0.1:8080");
    }

    @Test
    void handMadeEndpoint_withoutAPod_calledPlainly() throws IOException {
        var service = Yaml.service("web", "10.96.0.2").replace("  selector: {app: web}\n", "");
        var slice =
                """
                apiVersion: discovery.k8s.io/v1
                kind: EndpointSlice
                metadata:
                  name: web-1
                  namespace: shop
                  labels: {kubernetes.io/service-name: web}
                addressType: IPv4
                ports: [{name: http, port: 8080, protocol: TCP}]
                endpoints: [{addresses: [192.0.2.7]}]
                """;

        var endpoint = only(render(scope(service, slice)));

        assertThat(socket(endpoint)).isEqualTo("192.0.2.7:8080");
        assertThat(metadata(endpoint, "istio", "workload")).isEqualTo(";;;;Kubernetes");
    }

    @Test
    void weights_ofEntries_areSummedPerPlace() throws IOException {
        var entry =
                """
                apiVersion: networking.istio.io/v1
                kind: ServiceEntry
                metadata: {name: partner, namespace: shop}
                spec:
                  hosts: [partner.example]
                  resolution: STATIC
                  ports: [{number: 80, name: http, protocol: HTTP}]
                  endpoints:
                  - {address: 192.0.2.1, weight: 3}
                  - {address: 192.0.2.2, ports: {http: 8080}}
                  - {address: 'unix:///run/partner.sock'}
                """;
        var assignment = render(scope(entry));
        var group = assignment.getEndpoints(0);

        assertThat(group.getLoadBalancingWeight().getValue()).isEqualTo(5);
        assertThat(group.getLbEndpointsList())
                .extracting(LoadAssignmentsTest::address)
                .containsExactly("192.0.2.1:80", "192.0.2.2:8080", "/run/partner.sock");
    }

    @Test
    void filesInAnyOrder_sameEndpoints() throws IOException {
        var a = Yaml.pod("a", "web", "node-1", "10.0.0.1");
        var b = Yaml.pod("b", "web", "node-1", "10.0.0.12");
        var c = Yaml.pod("c", "web", "node-1", "10.0.0.2");

        assertThat(web(a, b, c)).isEqualTo(web(c, b, a));
    }

    private static String rule(String policy) {
        return """
        apiVersion: networking.istio.io/v1
        kind: DestinationRule
        metadata: {name: web, namespace: shop}
        spec:
          host: web
          trafficPolicy: {%s}
        """
                .formatted(policy);
    }

    private ClusterLoadAssignment web(String... documents) throws IOException {
        var all = new java.util.ArrayList<>(List.of(Yaml.service("web", "10.96.0.2")));
        all.addAll(List.of(documents));
        return render(scope(all.toArray(String[]::new)));
    }

    /// Of the first port of the only service.
    private static ClusterLoadAssignment render(WaypointScope scope) {
        assertThat(scope.services()).hasSize(1);
        var service = scope.services().getFirst();
        return LoadAssignments.of(
                scope,
                service,
                service.ports().getFirst(),
                "",
                "inbound-vip|80|http|" + service.hostname());
    }

    private WaypointScope scope(String... documents) throws IOException {
        var input = Files.createTempDirectory(directory, "mesh");
        Files.writeString(input.resolve("mesh.yaml"), MESH + Yaml.documents(documents));
        var model = TestScopes.model(input, Map.of());
        return WaypointScopes.of(
                model,
                WaypointNodes.read(
                        "waypoint~10.0.0.9~wp-1.shop~shop.svc.cluster.local",
                        Struct.getDefaultInstance(),
                        model));
    }

    private static LbEndpoint only(ClusterLoadAssignment assignment) {
        assertThat(assignment.getEndpointsList()).hasSize(1);
        assertThat(assignment.getEndpoints(0).getLbEndpointsList()).hasSize(1);
        return assignment.getEndpoints(0).getLbEndpoints(0);
    }

    private static List<String> ids(ClusterLoadAssignment assignment) {
        return assignment.getEndpointsList().stream()
                .flatMap(g -> g.getLbEndpointsList().stream())
                .map(e -> e.getEndpoint().getAddress().getEnvoyInternalAddress().getEndpointId())
                .toList();
    }

    private static String socket(LbEndpoint endpoint) {
        return address(endpoint);
    }

    private static String address(LbEndpoint endpoint) {
        Address address = endpoint.getEndpoint().getAddress();
        return address.hasPipe()
                ? address.getPipe().getPath()
                : address.getSocketAddress().getAddress()
                        + ":"
                        + address.getSocketAddress().getPortValue();
    }

    private static String metadata(LbEndpoint endpoint, String filter, String key) {
        return endpoint.getMetadata()
                .getFilterMetadataOrDefault(filter, Struct.getDefaultInstance())
                .getFieldsOrDefault(key, Value.getDefaultInstance())
                .getStringValue();
    }
}
