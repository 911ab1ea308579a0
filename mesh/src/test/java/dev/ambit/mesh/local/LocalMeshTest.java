package dev.ambit.mesh.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.ambit.mesh.model.GatewayAddress;
import dev.ambit.mesh.model.Service;
import dev.ambit.mesh.model.ServiceKey;
import dev.ambit.mesh.model.Workload;
import dev.ambit.mesh.policy.Policy;
import dev.ambit.mesh.store.MeshStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LocalMeshTest {
    private static final String EXAMPLE =
            """
            workloads:
            - uid: cluster1//v1/Pod/default/local
              name: local
              namespace: default
              serviceAccount: default
              workloadIps: ["127.0.0.1", "::1"]
              protocol: HBONE
              node: local
              network: ""
              waypoint: {destination: "/10.0.0.1", hboneMtlsPort: 15008}
              services: {"default/example.com": {80: 8080}}
            policies:
            - name: deny-9999
              namespace: default
              scope: Namespace
              action: Allow
              dryRun: false
              rules: [[[{notDestinationPorts: [9999]}]]]
            services:
            - name: local
              namespace: default
              hostname: example.com
              vips: ["/127.10.0.1"]
              cidrVips: [{network: n, cidr: 10.9.0.0/16}]
              ports: {80: 8080}
              subjectAltNames: ["spiffe://cluster.local/ns/default/sa/local"]
              canonical: true
              ipFamilies: Dual
              visibility: Namespace
              waypoint: {destination: "default/wp.example.com", hboneMtlsPort: 15008}
              loadBalancer: {routingPreferences: [Network, Region], mode: Failover, healthPolicy: AllowAll}
            """;

    @Test
    void example_isReadWhole() throws Exception {
        var mesh = LocalMesh.parse(EXAMPLE);

        var workload = mesh.workloads().getFirst();
        assertThat(workload.protocol()).isEqualTo(Workload.TunnelProtocol.HBONE);
        assertThat(workload.addresses()).hasSize(2);
        assertThat(workload.clusterId()).isEmpty();
        assertThat(workload.services())
                .isEqualTo(Map.of(new ServiceKey("default", "example.com"), Map.of(80, 8080)));
        assertThat(workload.waypoint().orElseThrow().destination())
                .isInstanceOf(GatewayAddress.Destination.ByAddress.class);
        var service = mesh.services().getFirst();
        assertThat(service.ipFamilies()).isEqualTo(Service.IpFamilies.DUAL);
        assertThat(service.visibility()).isEqualTo(Service.Visibility.NAMESPACE);
        assertThat(service.cidrVips()).hasSize(1);
        assertThat(service.waypoint().orElseThrow().destination())
                .isEqualTo(
                        new GatewayAddress.Destination.ByHostname(
                                new ServiceKey("default", "wp.example.com")));
        assertThat(service.loadBalancing().orElseThrow().routingPreference())
                .containsExactly(
                        Service.LoadBalancing.Scope.NETWORK, Service.LoadBalancing.Scope.REGION);
        var policy = mesh.policies().getFirst();
        assertThat(policy.scope()).isEqualTo(Policy.Scope.NAMESPACE);
        assertThat(policy.rules().getFirst().clauses().getFirst().matches().getFirst())
                .extracting(Policy.Match::notDestinationPorts)
                .isEqualTo(List.of(9999));
    }

    @Test
    void changes_fillAStore() throws Exception {
        var store = new MeshStore("");

        store.apply(LocalMesh.parse(EXAMPLE).changes());

        assertThat(store.endpoints(new ServiceKey("default", "example.com"))).hasSize(1);
        assertThat(store.policies()).hasSize(1);
    }

    @Test
    void nothing_isAnEmptyMesh() throws Exception {
        assertThat(LocalMesh.parse("")).isEqualTo(LocalMesh.NONE);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "workload: []|local mesh: 'workload' (expected: one of [policies, services, workloads])",
                "workloads: [{uid: u, namespace: n, color: red}]|workloads[0]: 'color'",
                "workloads: [{namespace: n}]|workloads[0].uid: ''",
                "workloads: [{uid: u, namespace: n, workloadIps: [home]}]|'home' (expected: an IP address)",
                "workloads: [{uid: u, namespace: n, protocol: UDP}]|protocol: 'UDP'",
                "services: [{namespace: n, hostname: h, vips: [10.0.0.1]}]|(expected: network/address)",
                "services: [{namespace: n, hostname: h, ports: {80: 70000}}]|'70000'",
                "policies: [{namespace: n, name: p}]|policies[0].action: ''",
                "policies: [{namespace: n, name: p, action: Allow, rules: [[[{principals: [x]}]]]}]|{Exact: x}",
                "policies: [{namespace: n, name: p, action: Deny, rules: [[[{sourceIps: [10.0.0.0/40]}]]]}]|10.0.0.0/40",
                "[1, 2|not YAML",
                "text|(expected: an object)"
            })
    void badInput_saysWhereAndWhat(String yaml, String expected) {
        assertThatThrownBy(() -> LocalMesh.parse(yaml))
                .isInstanceOf(LocalMeshFault.class)
                .hasMessageContaining(expected);
    }

    @Test
    void recordedInput_isRead() throws Exception {
        var root =
                Optional.ofNullable(System.getenv("AMBIT_RECORDINGS"))
                        .map(Path::of)
                        .orElse(Path.of("../../shared/recordings"));
        var file = root.resolve("ztunnel/input.yaml");
        assumeTrue(Files.exists(file), "needs the recordings, see AMBIT_RECORDINGS");

        var mesh = LocalMesh.parse(Files.readString(file));

        assertThat(mesh.workloads()).hasSize(5);
        assertThat(mesh.services()).hasSize(2);
        assertThat(mesh.policies()).hasSize(1);
    }
}
