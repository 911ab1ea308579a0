package dev.ambit.control.compile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.control.Yaml;
import dev.ambit.control.compile.MeshModel.CompiledPolicy;
import dev.ambit.control.compile.MeshModel.CompiledService;
import dev.ambit.control.compile.MeshModel.CompiledWorkload;
import dev.ambit.control.resource.DirectorySource;
import dev.ambit.control.resource.YamlLimits;
import dev.ambit.mesh.proto.workload.AppProtocol;
import dev.ambit.mesh.proto.workload.LoadBalancing;
import dev.ambit.mesh.proto.workload.Port;
import dev.ambit.mesh.proto.workload.Service;
import dev.ambit.mesh.proto.workload.Workload;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// istiod's rules that no recording shows.
class RulesTest {
    private static final YamlLimits LIMITS = new YamlLimits(100_000, 1_000, 50, 64);
    private static final String GATEWAY =
            """
            apiVersion: gateway.networking.k8s.io/v1
            kind: Gateway
            metadata: {name: %s, namespace: %s, labels: {%s}}
            spec:
              gatewayClassName: istio-waypoint
              listeners:
              - {name: other, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}
              - {name: mesh, port: 15008, protocol: HBONE, allowedRoutes: {namespaces: {%s}}}
            status: {addresses: [{type: IPAddress, value: 10.0.0.9},
                                 {type: Hostname, value: %s}]}
            """;

    @TempDir private Path directory = Path.of(".");

    @ParameterizedTest
    @CsvSource({
        // name, appProtocol, port, transport, what ztunnels are told
        "http, '', 80, TCP, HTTP11",
        "http-web, '', 80, TCP, HTTP11",
        "HTTP2-x, '', 80, TCP, HTTP2",
        "grpc-web-x, '', 80, TCP, UNKNOWN",
        "grpc, '', 80, TCP, GRPC",
        "x, https, 80, TCP, TLS",
        "x, https-web, 80, TCP, TLS",
        "x, kubernetes.io/h2c, 80, TCP, HTTP2",
        "x, kubernetes.io/ws, 80, TCP, HTTP11",
        "x, kubernetes.io/wss, 80, TCP, TLS",
        "http, unheard, 80, TCP, UNKNOWN",
        "x, unheard, 3306, TCP, TCP",
        "mysql, '', 3306, TCP, UNKNOWN",
        "http_proxy, '', 25, TCP, UNKNOWN",
        "db, '', 27017, TCP, TCP",
        "http, http, 80, UDP, UNKNOWN",
        "http, '', 80, SCTP, HTTP11",
    })
    void protocol_port_asIstiod(
            String name, String app, int port, String transport, AppProtocol told) {
        assertThat(PortProtocols.ofService(transport, app, name, port)).isEqualTo(told);
    }

    /// Labels of the service and of its namespace, the gateway's `allowedRoutes`, and whether the
    /// waypoint in another namespace is found.
    @ParameterizedTest
    @CsvSource({
        "'istio.io/use-waypoint: wp, istio.io/use-waypoint-namespace: infra', '', 'from: All', true",
        "'istio.io/use-waypoint: wp, istio.io/use-waypoint-namespace: infra', '', 'from: Same',"
                + " false",
        "'istio.io/use-waypoint: wp', '', 'from: All', false",
        "'', 'istio.io/use-waypoint: wp, istio.io/use-waypoint-namespace: infra', 'from: All',"
                + " true",
        // The label is there: the namespace is not asked.
        "'istio.io/use-waypoint: \"\"',"
                + " 'istio.io/use-waypoint: wp, istio.io/use-waypoint-namespace: infra',"
                + " 'from: All', false",
        "'istio.io/use-waypoint: none',"
                + " 'istio.io/use-waypoint: wp, istio.io/use-waypoint-namespace: infra',"
                + " 'from: All', false",
        "'istio.io/use-waypoint: wp, istio.io/use-waypoint-namespace: infra', 'team: a',"
                + " 'from: Selector, selector: {matchExpressions:"
                + " [{key: team, operator: In, values: [a, b]}]}', true",
        "'istio.io/use-waypoint: wp, istio.io/use-waypoint-namespace: infra', 'team: c',"
                + " 'from: Selector, selector: {matchExpressions:"
                + " [{key: team, operator: NotIn, values: [c]}]}', false",
        "'istio.io/use-waypoint: wp, istio.io/use-waypoint-namespace: infra', 'team: c',"
                + " 'from: Selector', false",
    })
    void waypoint_labels_foundOrNot(String service, String namespace, String routes, boolean found)
            throws IOException {
        var model =
                compile(
                        namespace("shop", namespace),
                        namespace("infra", ""),
                        GATEWAY.formatted("wp", "infra", "", routes, "wp.infra"),
                        labelled(Yaml.service("web", "10.96.0.1"), service));

        assertThat(service(model, "web").hasWaypoint()).isEqualTo(found);
        if (found) {
            // A host name is preferred to an address.
            assertThat(service(model, "web").getWaypoint().getHostname().getHostname())
                    .isEqualTo("wp.infra");
        }
    }

    @ParameterizedTest
    @CsvSource({"25, 75, 25", "0, 100, 0", "100, 0, 100", "101, -1, -1", "a, -1, -1", "'', -1, -1"})
    void canary_ofNamespace_inherited(String weight, int first, int second) throws IOException {
        var canary =
                namespace(
                                "shop",
                                "istio.io/use-waypoint: wp, istio.io/use-waypoint-canary: next,"
                                        + " istio.io/use-waypoint-canary-namespace: infra")
                        .replace(
                                "name: shop",
                                "name: shop, annotations: {istio.io/use-waypoint-canary-weight: '"
                                        + weight
                                        + "'}");
        var model =
                compile(
                        canary,
                        namespace("infra", ""),
                        GATEWAY.formatted("wp", "shop", "", "from: Same", "wp.shop"),
                        GATEWAY.formatted("next", "infra", "", "from: All", "next.infra"),
                        Yaml.service("web", "10.96.0.1"));

        var weights = service(model, "web").getWeightedWaypointsList();
        if (first < 0) {
            assertThat(weights).isEmpty();
        } else {
            assertThat(weights).extracting(w -> w.getWeight()).containsExactly(first, second);
        }
    }

    @Test
    void waypoint_itsOwnPods_noneBeforeThem() throws IOException {
        var model =
                compile(
                        namespace("shop", "istio.io/use-waypoint: wp"),
                        GATEWAY.formatted(
                                "wp", "shop", "istio.io/waypoint-for: all", "from: Same", "wp.a"),
                        Yaml.pod("web-1", "web", "node-1", "10.1.1.1"),
                        Yaml.pod("wp-1", "wp", "node-1", "10.1.1.2")
                                .replace(
                                        "{app: wp}",
                                        "{app: wp, gateway.networking.k8s.io/gateway-name: wp}"));

        assertThat(workload(model, "web-1").hasWaypoint()).isTrue();
        assertThat(workload(model, "wp-1").hasWaypoint()).isFalse();
    }

    @Test
    void pod_listedByServiceWithoutSelector_servesIt() throws IOException {
        var model =
                compile(
                        Yaml.pod("web-1", "web", "node-1", "10.1.1.1")
                                .replace("name: web-1", "name: web-1\n  uid: u1"),
                        Yaml.service("ext", "10.96.0.1").replace("  selector: {app: ext}\n", ""),
                        slice("u1"));

        assertThat(workload(model, "web-1").getServicesMap())
                .containsOnlyKeys("shop/ext.shop.svc.cluster.local");
    }

    @Test
    void pod_listedAsAnotherOfItsName_doesNotServe() throws IOException {
        var model =
                compile(
                        Yaml.pod("web-1", "web", "node-1", "10.1.1.1")
                                .replace("name: web-1", "name: web-1\n  uid: u2"),
                        Yaml.service("ext", "10.96.0.1").replace("  selector: {app: ext}\n", ""),
                        slice("u1"));

        assertThat(workload(model, "web-1").getServicesMap()).isEmpty();
    }

    private static String slice(String uid) {
        return """
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: {name: ext-1, namespace: shop, labels: {kubernetes.io/service-name: ext}}
        addressType: IPv4
        endpoints:
        - addresses: [10.1.1.1]
          targetRef: {kind: Pod, namespace: shop, name: web-1, uid: %s}
        ports: [{name: http, port: 8080, protocol: TCP}]
        """
                .formatted(uid);
    }

    @ParameterizedTest
    @CsvSource({
        "Running, true",
        "Pending, true",
        "'', true",
        "Unknown, true",
        "Succeeded, false",
        "Failed, false"
    })
    void pod_phase_sentOrNot(String phase, boolean sent) throws IOException {
        var pod =
                Yaml.pod("web-1", "web", "node-1", "10.1.1.1")
                        .replace("phase: Running", "phase: '" + phase + "'");

        assertThat(compile(pod).workloads()).hasSize(sent ? 1 : 0);
    }

    @Test
    void port_namesOfPods_tcpAndSidecarsThatStay() throws IOException {
        var pod =
                Yaml.pod("web-1", "web", "node-1", "10.1.1.1")
                        .replace(
                                "containers: [{name: app, ports: [{name: http, containerPort:"
                                        + " 8080}]}]",
                                "containers: [{name: app, ports: [{name: http, protocol: UDP,"
                                        + " containerPort: 1}]}]\n"
                                        + "  initContainers:\n"
                                        + "  - {name: once, ports: [{name: http, containerPort: 2}]}"
                                        + "\n"
                                        + "  - {name: stays, restartPolicy: Always,"
                                        + " ports: [{name: http, containerPort: 3}]}");
        var service =
                Yaml.service("web", "10.96.0.1").replace("targetPort: 8080", "targetPort: http");

        assertThat(ports(compile(pod, service), "web-1"))
                .extracting(Port::getTargetPort)
                .containsExactly(3);
    }

    @Test
    void port_twoOfOneNumber_theLastNamesBoth() throws IOException {
        var service =
                Yaml.service("web", "10.96.0.1")
                        .replace(
                                "[{name: http, port: 80, targetPort: 8080}]",
                                "[{name: dns-tcp, port: 53, targetPort: http},"
                                        + " {name: dns, port: 53, protocol: UDP,"
                                        + " targetPort: nowhere}]");
        var pod = Yaml.pod("web-1", "web", "node-1", "10.1.1.1");

        assertThat(ports(compile(pod, service), "web-1")).isEmpty();
    }

    @Test
    void entry_selectsPods_portByContainersName() throws IOException {
        var model =
                compile(
                        Yaml.pod("web-1", "web", "node-1", "10.1.1.1"),
                        """
                        apiVersion: networking.istio.io/v1
                        kind: ServiceEntry
                        metadata: {name: api, namespace: shop}
                        spec:
                          hosts: [api.example.com]
                          resolution: STATIC
                          workloadSelector: {labels: {app: web}}
                          ports: [{name: http, number: 80, protocol: HTTP, targetPort: 9999}]
                        """);

        assertThat(ports(model, "web-1")).extracting(Port::getTargetPort).containsExactly(8080);
    }

    @Test
    void machine_selectedByService_portByServicesName() throws IOException {
        var model =
                compile(
                        Yaml.service("vm", "10.96.0.1"),
                        """
                        apiVersion: networking.istio.io/v1
                        kind: WorkloadEntry
                        metadata:
                          name: vm
                          namespace: shop
                          labels: {app: vm}
                          annotations: {istio.io/autoRegistrationGroup: group}
                        spec: {address: 192.0.2.8, labels: {app: other}, ports: {http: 9000}}
                        """);

        // The labels of the metadata win over those of the spec.
        assertThat(ports(model, "vm")).extracting(Port::getTargetPort).containsExactly(9000);
        assertThat(workload(model, "vm").getWorkloadName()).isEqualTo("group");
    }

    @Test
    void entry_hiddenByAnOlderOne_endpointsGoToo() throws IOException {
        var model = compile(entry("a", "2026-01-01T00:00:00Z"), entry("b", "2026-01-01T00:00:01Z"));

        assertThat(model.workloads()).extracting(w -> w.wire().getName()).containsExactly("a");
    }

    @Test
    void entry_endpointWithoutNetwork_thatOfTheOneBefore() throws IOException {
        var model =
                compile(
                        entry("a", "2026-01-01T00:00:00Z")
                                .replace(
                                        "[{address: 192.0.2.7}]",
                                        "[{address: 192.0.2.6}, {address: 192.0.2.7, network: n},"
                                                + " {address: 192.0.2.8}]"));

        assertThat(model.workloads())
                .extracting(w -> w.wire().getNetwork())
                .containsExactly("", "n", "n");
    }

    @Test
    void entry_range_bitsBeyondThePrefixAreZero() throws IOException {
        var model =
                compile(
                        entry("a", "2026-01-01T00:00:00Z")
                                .replace("hosts:", "addresses: [10.1.2.3/12]\n  hosts:"));

        var address = model.services().getFirst().wire().getAddresses(0);
        assertThat(address.getAddress().toByteArray()).containsExactly(10, 0, 0, 0);
        assertThat(address.getLength()).isEqualTo(12);
    }

    /// What the mesh configuration says of the namespace's entries.
    @ParameterizedTest
    @CsvSource({
        "NAMESPACE, 1, NAMESPACE, false",
        "NONE, 0, PUBLIC, false",
        "PUBLIC, 1, PUBLIC, true"
    })
    void entry_visibility_asConfigured(
            String configured, int services, Service.Visibility told, boolean canonical)
            throws IOException {
        Files.writeString(
                directory.resolve("meshconfig.yaml"),
                """
                serviceEntryVisibility:
                  policies:
                  - visibility: %s
                    matchingRules: [{namespaceSelector: {matchLabels: {team: a}}}]
                """
                        .formatted(configured));
        var model = compile(namespace("shop", "team: a"), entry("a", "2026-01-01T00:00:00Z"));

        assertThat(model.services()).hasSize(services);
        assertThat(model.workloads()).hasSize(services);
        for (var service : model.services()) {
            assertThat(service.wire().getVisibility()).isEqualTo(told);
            assertThat(service.wire().getCanonical()).isEqualTo(canonical);
        }
    }

    private static String entry(String name, String created) {
        return """
        apiVersion: networking.istio.io/v1
        kind: ServiceEntry
        metadata: {name: %s, namespace: shop, creationTimestamp: '%s'}
        spec:
          hosts: [api.example.com]
          resolution: STATIC
          ports: [{name: tls, number: 443, protocol: TLS}]
          endpoints: [{address: 192.0.2.7}]
        """
                .formatted(name, created);
    }

    @ParameterizedTest
    @CsvSource({"preferclose, FAILOVER", "PREFERSAMENODE, FAILOVER", "any, UNSPECIFIED_MODE"})
    void traffic_annotation_anyCase(String text, LoadBalancing.Mode mode) throws IOException {
        var service =
                Yaml.service("web", "10.96.0.1")
                        .replace(
                                "namespace: shop}",
                                "namespace: shop, annotations:"
                                        + " {networking.istio.io/traffic-distribution: "
                                        + text
                                        + "}}");

        assertThat(service(compile(service), "web").getLoadBalancing().getMode()).isEqualTo(mode);
    }

    /// Mode of the mesh, of the namespace and of the workload's policy with its one port: names of
    /// what applies to the workload, by default and as istiod; and whether the policy is sent.
    @ParameterizedTest
    @CsvSource({
        // istiod refers to a policy that it does not send.
        "STRICT, '', PERMISSIVE, STRICT, shop/converted_peer_authentication_p, true, false",
        "STRICT, UNSET, UNSET, PERMISSIVE, shop/converted_peer_authentication_p, true, false",
        // These agree.
        "STRICT, '', UNSET, PERMISSIVE, shop/converted_peer_authentication_p, true, true",
        "STRICT, '', UNSET, DISABLE, istio-system/istio_converted_static_strict, true, true",
        "STRICT, PERMISSIVE, UNSET, PERMISSIVE, '', false, false",
        "PERMISSIVE, STRICT, UNSET, STRICT, istio-system/istio_converted_static_strict, false, false",
        "'', '', PERMISSIVE, STRICT, shop/converted_peer_authentication_p, true, true",
        "'', '', STRICT, STRICT, istio-system/istio_converted_static_strict, false, false",
    })
    void peers_modes_whatIsReferredToIsSent(
            String mesh,
            String namespace,
            String own,
            String port,
            String applies,
            boolean sent,
            boolean sentByIstiod)
            throws IOException {
        var documents = new ArrayList<String>();
        documents.add(Yaml.pod("web-1", "web", "node-1", "10.1.1.1"));
        if (!mesh.isEmpty()) {
            documents.add(peers("m", "istio-system", "mtls: {mode: " + mesh + "}"));
        }
        if (!namespace.isEmpty()) {
            documents.add(peers("n", "shop", "mtls: {mode: " + namespace + "}"));
        }
        documents.add(
                peers(
                        "p",
                        "shop",
                        "selector: {matchLabels: {app: web}}, mtls: {mode: "
                                + own
                                + "}, portLevelMtls: {8080: {mode: "
                                + port
                                + "}}"));
        var all = documents.toArray(String[]::new);

        var closed = compile(all);
        var open = compile(new CompileSettings("Kubernetes", false, false, false, false), all);

        for (var model : List.of(closed, open)) {
            assertThat(workload(model, "web-1").getAuthorizationPoliciesList())
                    .isEqualTo(applies.isEmpty() ? List.of() : List.of(applies));
        }
        assertThat(converted(closed)).isEqualTo(sent);
        assertThat(converted(open)).isEqualTo(sentByIstiod);
    }

    @ParameterizedTest
    @CsvSource({"true, shop/p", "false, ''"})
    void policy_emptySelector_wholeNamespaceUnlessAsIstiod(boolean failClosed, String applies)
            throws IOException {
        var model =
                compile(
                        new CompileSettings("Kubernetes", false, false, false, failClosed),
                        Yaml.pod("web-1", "web", "node-1", "10.1.1.1"),
                        Yaml.deny("p", "web").replace("{matchLabels: {app: web}}", "{}"));

        assertThat(String.join(",", workload(model, "web-1").getAuthorizationPoliciesList()))
                .isEqualTo(applies);
    }

    private static boolean converted(MeshModel model) {
        return model.policies().stream()
                .map(CompiledPolicy::name)
                .anyMatch("shop/converted_peer_authentication_p"::equals);
    }

    private static String peers(String name, String namespace, String spec) {
        return """
        apiVersion: security.istio.io/v1
        kind: PeerAuthentication
        metadata: {name: %s, namespace: %s}
        spec: {%s}
        """
                .formatted(name, namespace, spec);
    }

    private static String namespace(String name, String labels) {
        return """
        apiVersion: v1
        kind: Namespace
        metadata: {name: %s, labels: {%s}}
        """
                .formatted(name, labels);
    }

    private static String labelled(String text, String labels) {
        return text.replace("namespace: shop}", "namespace: shop, labels: {" + labels + "}}");
    }

    private MeshModel compile(String... documents) throws IOException {
        return compile(CompileSettings.defaults(), documents);
    }

    private MeshModel compile(CompileSettings settings, String... documents) throws IOException {
        Files.writeString(directory.resolve("mesh.yaml"), Yaml.documents(documents));
        var read = DirectorySource.readOnce(directory, LIMITS, 100);
        assertThat(read.problems()).isEmpty();
        return MeshCompiler.compile(read, settings);
    }

    private static List<Port> ports(MeshModel model, String name) {
        return workload(model, name).getServicesMap().values().iterator().next().getPortsList();
    }

    private static Workload workload(MeshModel model, String name) {
        return model.workloads().stream()
                .map(CompiledWorkload::wire)
                .filter(w -> w.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static Service service(MeshModel model, String name) {
        return model.services().stream()
                .map(CompiledService::wire)
                .filter(s -> s.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }
}
