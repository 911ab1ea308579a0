package dev.ambit.ztunnel.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.mesh.local.LocalMesh;
import dev.ambit.mesh.model.Cidr;
import dev.ambit.mesh.model.Endpoint;
import dev.ambit.mesh.model.GatewayAddress;
import dev.ambit.mesh.model.NetworkAddress;
import dev.ambit.mesh.model.Service;
import dev.ambit.mesh.model.ServiceKey;
import dev.ambit.mesh.model.Workload;
import dev.ambit.mesh.policy.Policy;
import dev.ambit.mesh.store.Change;
import dev.ambit.mesh.store.MeshStore;
import dev.ambit.ztunnel.Recorded;
import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigDumpTest {
    private static final ServiceKey CART = new ServiceKey("shop", "cart.shop.svc.cluster.local");

    private static InetAddress ip(String literal) {
        try {
            return InetAddress.getByName(literal);
        } catch (UnknownHostException bad) {
            throw new AssertionError(bad);
        }
    }

    /// What a dump shows: a real store, and the rest by hand.
    private record Shown(
            MeshStore store,
            List<IdentityCertificates> certificates,
            Map<String, ProxiedWorkload> workloadState,
            StaticConfig staticConfig)
            implements DumpSource {
        Shown(
                MeshStore store,
                List<IdentityCertificates> certificates,
                Map<String, ProxiedWorkload> workloadState) {
            this(store, certificates, workloadState, StaticConfig.NONE);
        }

        @Override
        public Collection<Workload> workloads() {
            return store.workloads();
        }

        @Override
        public Collection<Service> services() {
            return store.services();
        }

        @Override
        public List<Endpoint> endpoints(ServiceKey service) {
            return store.allEndpoints(service);
        }

        @Override
        public Collection<Policy> policies() {
            return store.policies();
        }

        @Override
        public Map<String, ?> config() {
            return Map.of("localNode", "j2");
        }

        @Override
        public Map<String, String> version() {
            return Map.of("version", "1");
        }
    }

    private static Shown shown(Change... changes) {
        var store = new MeshStore("");
        store.apply(List.of(changes));
        return new Shown(store, List.of(), Map.of());
    }

    private static Change pod(String namespace, String name, String address, String node) {
        boolean legacy = name.equals("legacy");
        return new Change.PutWorkload(
                new Workload(
                        "cluster1//v1/Pod/" + namespace + "/" + name,
                        name,
                        namespace,
                        List.of(ip(address)),
                        "",
                        "",
                        legacy ? Workload.TunnelProtocol.TCP : Workload.TunnelProtocol.HBONE,
                        "cluster.local",
                        legacy ? "default" : name,
                        Optional.empty(),
                        Optional.empty(),
                        node,
                        name,
                        "",
                        Workload.WorkloadType.POD,
                        name,
                        false,
                        Optional.empty(),
                        name.equals("cart") ? Map.of(CART, Map.of(80, 8080)) : Map.of(),
                        List.of(),
                        Workload.Health.HEALTHY,
                        "",
                        Workload.Locality.NONE,
                        Workload.NetworkMode.STANDARD,
                        1));
    }

    private static Change service(String name, String vip) {
        return new Change.PutService(
                new Service(
                        new ServiceKey("shop", name + ".shop.svc.cluster.local"),
                        name,
                        List.of(new NetworkAddress("", ip(vip))),
                        List.of(),
                        Map.of(80, 8080),
                        List.of(),
                        Optional.empty(),
                        List.of(),
                        Optional.empty(),
                        Service.IpFamilies.AUTOMATIC,
                        false,
                        Service.Visibility.PUBLIC));
    }

    private static Policy.Match onlyPrincipals(Policy.StringMatch... principals) {
        return match(List.of(principals), List.of());
    }

    private static Policy.Match match(List<Policy.StringMatch> principals, List<Cidr> sources) {
        return new Policy.Match(
                List.of(),
                List.of(),
                principals,
                List.of(),
                sources,
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of());
    }

    private static Change policy(
            String name, Policy.Scope scope, Policy.Action action, Policy.Match... matches) {
        var clause = new Policy.Clause(List.of(matches));
        return new Change.PutPolicy(
                new Policy(
                        "backend",
                        name,
                        scope,
                        action,
                        List.of(new Policy.Rule(List.of(clause))),
                        false));
    }

    /// The mesh of the recording's `input.yaml`.
    private static Change[] recordedMesh() {
        return new Change[] {
            pod("shop", "web", "10.80.1.2", "j1"),
            pod("shop", "cart", "10.80.2.2", "j2"),
            pod("backend", "pay", "10.80.2.3", "j2"),
            pod("legacy", "legacy", "10.80.2.9", "j2"),
            pod("shop", "near", "10.80.1.3", "j1"),
            service("cart", "10.90.0.1"),
            service("nobody", "10.90.0.2"),
            policy(
                    "pay-only-cart",
                    Policy.Scope.NAMESPACE,
                    Policy.Action.ALLOW,
                    onlyPrincipals(new Policy.StringMatch.Exact("cluster.local/ns/shop/sa/cart")))
        };
    }

    private static Map<String, Object> recorded(String file) throws Exception {
        var text = Recorded.text(file);
        return Recorded.json(text.substring(text.indexOf("\n{") + 1));
    }

    @SuppressWarnings("unchecked")
    private static List<Map<String, Object>> list(Map<String, Object> of, String name) {
        return (List<Map<String, Object>>) Objects.requireNonNull(of.get(name), name);
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Map<String, Object>> map(Map<String, Object> of, String name) {
        return (Map<String, Map<String, Object>>) Objects.requireNonNull(of.get(name), name);
    }

    @ParameterizedTest
    @ValueSource(strings = {"j1-config_dump.http", "j2-config_dump.http"})
    void recordedMesh_isShownAlike(String file) throws Exception {
        var recorded = recorded(file);
        var dumped = Recorded.json(ConfigDump.text(shown(recordedMesh())));

        assertThat(dumped.keySet()).containsExactlyElementsOf(recorded.keySet());
        assertThat(dumped.get("services")).isEqualTo(recorded.get("services"));
        assertThat(dumped.get("policies")).isEqualTo(recorded.get("policies"));
        assertThat(dumped.get("stagedServices")).isEqualTo(recorded.get("stagedServices"));
        var workloads = list(dumped, "workloads");
        for (var workload : workloads) {
            // The recording's mesh is a file: it sets no type, and keeps services elsewhere.
            assertThat(workload.remove("workloadType")).isEqualTo("pod");
            workload.remove("services");
        }
        assertThat(workloads).isEqualTo(list(recorded, "workloads"));
    }

    /// The recording's own input, read as a local mesh.
    @Test
    void recordedStaticConfig_isShownAlike() throws Exception {
        var local = LocalMesh.parse(Recorded.text("input.yaml"));
        var store = new MeshStore("");
        store.apply(local.changes());

        var dumped =
                Recorded.json(
                        ConfigDump.text(
                                new Shown(
                                        store,
                                        List.of(),
                                        Map.of(),
                                        new DumpSource.StaticConfig(
                                                local.workloads(),
                                                local.services(),
                                                local.policies()))));

        var recorded = section(recorded("j1-config_dump.http"), "staticConfig");
        var shown = section(dumped, "staticConfig");
        assertThat(list(shown, "policies")).isEqualTo(list(recorded, "policies"));
        assertThat(list(shown, "services")).isEqualTo(list(recorded, "services"));
        // A type that a file does not say is that of a pod here, and nothing there.
        list(shown, "workloads")
                .forEach(w -> assertThat(w.remove("workloadType")).isEqualTo("pod"));
        assertThat(list(shown, "workloads")).isEqualTo(list(recorded, "workloads"));
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> section(Map<String, Object> of, String name) {
        return (Map<String, Object>) Objects.requireNonNull(of.get(name), name);
    }

    @Test
    void endpointOfAnUnknownService_isStaged() throws Exception {
        var dumped = Recorded.json(ConfigDump.text(shown(pod("shop", "cart", "10.0.0.1", "n"))));

        assertThat(dumped.get("stagedServices"))
                .isEqualTo(
                        Map.of(
                                CART.toString(),
                                Map.of(
                                        "cluster1//v1/Pod/shop/cart",
                                        Map.of(
                                                "port",
                                                Map.of("80", 8080L),
                                                "status",
                                                "Healthy",
                                                "workloadUid",
                                                "cluster1//v1/Pod/shop/cart"))));
    }

    /// The recorded certificates, read and shown again.
    @ParameterizedTest
    @ValueSource(strings = {"j1-config_dump.http", "j2-config_dump.http"})
    void recordedCertificates_areShownAlike(String file) throws Exception {
        var recorded = recorded(file);
        var identities = new ArrayList<DumpSource.IdentityCertificates>();
        for (var identity : list(recorded, "certificates")) {
            identities.add(
                    new DumpSource.IdentityCertificates(
                            String.valueOf(identity.get("identity")),
                            "Available",
                            certificates(list(identity, "certChain")),
                            certificates(list(identity, "rootCerts"))));
        }
        assertThat(identities).isNotEmpty();

        var dumped =
                Recorded.json(ConfigDump.text(new Shown(new MeshStore(""), identities, Map.of())));

        assertThat(dumped.get("certificates")).isEqualTo(recorded.get("certificates"));
    }

    private static List<DumpSource.Certificate> certificates(List<Map<String, Object>> all)
            throws Exception {
        var read = new ArrayList<DumpSource.Certificate>();
        for (var one : all) {
            var pem = Base64.getDecoder().decode(String.valueOf(one.get("pem")));
            var certificate =
                    (X509Certificate)
                            CertificateFactory.getInstance("X.509")
                                    .generateCertificate(new ByteArrayInputStream(pem));
            read.add(
                    new DumpSource.Certificate(
                            new String(pem, StandardCharsets.UTF_8),
                            certificate.getSerialNumber(),
                            certificate.getNotBefore().toInstant(),
                            certificate.getNotAfter().toInstant()));
        }
        return read;
    }

    @ParameterizedTest
    @ValueSource(strings = {"j1-config_dump.http", "j2-config_dump.http"})
    void recordedPods_areShownAlike(String file) throws Exception {
        var recorded = recorded(file);
        var pods = new java.util.HashMap<String, DumpSource.ProxiedWorkload>();
        map(recorded, "workloadState")
                .forEach((uid, state) -> {
                    @SuppressWarnings("unchecked")
                    var info = (Map<String, String>) Objects.requireNonNull(state.get("info"));
                    pods.put(
                            uid,
                            new DumpSource.ProxiedWorkload(
                                    DumpSource.ProxiedWorkload.State.UP,
                                    Optional.of(
                                            new DumpSource.PodInfo(
                                                    String.valueOf(info.get("name")),
                                                    String.valueOf(info.get("namespace")),
                                                    String.valueOf(info.get("serviceAccount")))),
                                    List.of(),
                                    List.of()));
                });

        var dumped = Recorded.json(ConfigDump.text(new Shown(new MeshStore(""), List.of(), pods)));
        var shown = map(dumped, "workloadState");

        assertThat(shown.keySet()).isEqualTo(map(recorded, "workloadState").keySet());
        map(recorded, "workloadState")
                .forEach((uid, state) -> {
                    var ours = Objects.requireNonNull(shown.get(uid));
                    assertThat(ours.keySet()).isEqualTo(state.keySet());
                    assertThat(ours.get("info")).isEqualTo(state.get("info"));
                    assertThat(ours.get("state")).isEqualTo(state.get("state"));
                });
    }

    // ---- what the recording does not have

    @Test
    void everyFieldOfAWorkload_hasItsNameAndForm() throws Exception {
        var gateway =
                new GatewayAddress(
                        new GatewayAddress.Destination.ByAddress(
                                new NetworkAddress("net2", ip("2001:db8::9"))),
                        15008);
        var waypoint =
                new GatewayAddress(
                        new GatewayAddress.Destination.ByHostname(
                                new ServiceKey("ns", "wp.ns.svc.cluster.local")),
                        15008);
        var full =
                new Workload(
                        "c1//Pod/ns/p",
                        "p",
                        "ns",
                        List.of(ip("10.0.0.1"), ip("2001:db8::1")),
                        "host.example",
                        "net1",
                        Workload.TunnelProtocol.HBONE,
                        "cluster.local",
                        "sa",
                        Optional.of(waypoint),
                        Optional.of(gateway),
                        "n1",
                        "d",
                        "v1",
                        Workload.WorkloadType.DEPLOYMENT,
                        "d",
                        true,
                        Optional.of(
                                new Workload.ApplicationTunnel(
                                        Workload.ApplicationTunnel.Protocol.PROXY, 15088)),
                        Map.of(new ServiceKey("ns", "svc.ns.svc.cluster.local"), Map.of(80, 8080)),
                        List.of("ns/x"),
                        Workload.Health.UNHEALTHY,
                        "Kubernetes",
                        new Workload.Locality("r", "z", ""),
                        Workload.NetworkMode.HOST_NETWORK,
                        3);

        var dumped = Recorded.json(ConfigDump.text(shown(new Change.PutWorkload(full))));

        var expected =
                """
                {"workloadIps":["10.0.0.1","2001:db8::1"],
                 "waypoint":{"destination":"ns/wp.ns.svc.cluster.local","hboneMtlsPort":15008},
                 "networkGateway":{"destination":"net2/2001:db8::9","hboneMtlsPort":15008},
                 "protocol":"HBONE","networkMode":"HostNetwork","uid":"c1//Pod/ns/p","name":"p",
                 "namespace":"ns","trustDomain":"cluster.local","serviceAccount":"sa",
                 "network":"net1","workloadName":"d","workloadType":"deployment",
                 "canonicalName":"d","canonicalRevision":"v1","hostname":"host.example",
                 "node":"n1","nativeTunnel":true,
                 "applicationTunnel":{"protocol":"PROXY","port":15088},
                 "authorizationPolicies":["ns/x"],"status":"Unhealthy","clusterId":"Kubernetes",
                 "locality":{"region":"r","zone":"z","subzone":""},
                 "services":["ns/svc.ns.svc.cluster.local"],"capacity":3}
                """;
        assertThat(list(dumped, "workloads")).containsExactly(Recorded.json(expected));
    }

    @Test
    void everyFieldOfAService_hasItsNameAndForm() throws Exception {
        var balancing =
                new Service.LoadBalancing(
                        List.of(
                                Service.LoadBalancing.Scope.NETWORK,
                                Service.LoadBalancing.Scope.ZONE),
                        Service.LoadBalancing.Mode.FAILOVER,
                        Service.LoadBalancing.HealthPolicy.ALLOW_ALL);
        var full =
                new Service(
                        new ServiceKey("ns", "svc.example"),
                        "svc",
                        List.of(new NetworkAddress("net", ip("2001:db8::5"))),
                        List.of(new Service.CidrVip("net", new Cidr(ip("2001:db8::"), 32))),
                        Map.of(443, 0, 80, 8080),
                        List.of("spiffe://td/ns/a/sa/b"),
                        Optional.empty(),
                        List.of(),
                        Optional.of(balancing),
                        Service.IpFamilies.DUAL,
                        true,
                        Service.Visibility.NAMESPACE);

        var dumped = Recorded.json(ConfigDump.text(shown(new Change.PutService(full))));

        var expected =
                """
                {"canonical":true,"endpoints":{},"hostname":"svc.example","ipFamilies":"Dual",
                 "loadBalancer":{"healthPolicy":"AllowAll","mode":"Failover",
                 "routingPreferences":["Network","Zone"]},"name":"svc","namespace":"ns",
                 "ports":{"80":8080,"443":0},"subjectAltNames":["spiffe://td/ns/a/sa/b"],
                 "vips":["net/2001:db8::5"],
                 "cidrVips":[{"network":"net","cidr":"2001:db8::/32"}],"visibility":"Namespace"}
                """;
        assertThat(list(dumped, "services")).containsExactly(Recorded.json(expected));
    }

    @Test
    void policy_namesItsMatchesAsTheReference() throws Exception {
        var match =
                match(
                        List.of(
                                new Policy.StringMatch.Presence(),
                                new Policy.StringMatch.Prefix("a"),
                                new Policy.StringMatch.Suffix("b")),
                        List.of(new Cidr(ip("10.0.0.0"), 8), new Cidr(ip("::1"), 128)));

        var dumped =
                Recorded.json(
                        ConfigDump.text(
                                shown(
                                        policy(
                                                "p",
                                                Policy.Scope.WORKLOAD_SELECTOR,
                                                Policy.Action.DENY,
                                                match))));

        var expected =
                """
                {"action":"Deny","dryRun":false,"name":"p","namespace":"backend",
                 "rules":[[[{"principals":[{"Presence":[]},{"Prefix":"a"},{"Suffix":"b"}],
                 "sourceIps":["10.0.0.0/8","::1/128"]}]]],"scope":"WorkloadSelector"}
                """;
        assertThat(list(dumped, "policies")).containsExactly(Recorded.json(expected));
    }

    @Test
    void connectionsOfAPod_andAPendingPod() throws Exception {
        var one =
                new DumpSource.TrackedConnection(
                        new InetSocketAddress(ip("10.0.0.2"), 1234),
                        Optional.of("10.96.0.1:80"),
                        new InetSocketAddress(ip("2001:db8::3"), 15008),
                        Workload.TunnelProtocol.HBONE);
        var up =
                new DumpSource.ProxiedWorkload(
                        DumpSource.ProxiedWorkload.State.UP,
                        Optional.empty(),
                        List.of(),
                        List.of(one));
        var pending =
                new DumpSource.ProxiedWorkload(
                        DumpSource.ProxiedWorkload.State.PENDING,
                        Optional.empty(),
                        List.of(),
                        List.of());
        var source = new Shown(new MeshStore(""), List.of(), Map.of("b", up, "a", pending));

        var dumped = map(Recorded.json(ConfigDump.text(source)), "workloadState");

        assertThat(dumped.keySet()).containsExactly("a", "b");
        assertThat(dumped.get("a")).containsEntry("state", "Pending").doesNotContainKey("info");
        var expected =
                """
                {"connections":{"inbound":[],"outbound":[{"actualDst":"[2001:db8::3]:15008",
                 "originalDst":"10.96.0.1:80","protocol":"HBONE","src":"10.0.0.2:1234"}]},
                 "state":"Up"}
                """;
        assertThat(dumped.get("b")).isEqualTo(Recorded.json(expected));
    }

    @Test
    void certificate_timesAreWholeSeconds() throws Exception {
        var odd =
                new DumpSource.Certificate(
                        "PEM",
                        new BigInteger("212692774886610945930036647276614034927450199839"),
                        Instant.parse("2026-01-01T00:00:00.5Z"),
                        Instant.parse("2026-01-02T00:00:00.9Z"));
        var identity =
                new DumpSource.IdentityCertificates(
                        "spiffe://td/ns/a/sa/b", "Initializing", List.of(odd), List.of());

        var dumped =
                Recorded.json(
                        ConfigDump.text(new Shown(new MeshStore(""), List.of(identity), Map.of())));

        var expected =
                """
                {"certChain":[{"expirationTime":"2026-01-02T00:00:00Z","pem":"UEVN",
                 "serialNumber":"212692774886610945930036647276614034927450199839",
                 "validFrom":"2026-01-01T00:00:00Z"}],
                 "identity":"spiffe://td/ns/a/sa/b","rootCerts":[],"state":"Initializing"}
                """;
        assertThat(list(dumped, "certificates")).containsExactly(Recorded.json(expected));
    }
}
