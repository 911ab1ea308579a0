package dev.ambit.control.compile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.control.Yaml;
import dev.ambit.control.resource.DirectorySource;
import dev.ambit.control.resource.ResourceSet;
import dev.ambit.control.resource.YamlLimits;
import dev.ambit.control.xds.Snapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// One change of one file touches only what it is about; the order of files touches nothing.
class ChangeTest {
    private static final YamlLimits LIMITS = new YamlLimits(100_000, 1_000, 50, 64);
    private static final String WEB = "Kubernetes//Pod/shop/web-1";
    private static final String CART = "Kubernetes//Pod/shop/cart-1";
    private static final String WEB_SERVICE = "shop/web.shop.svc.cluster.local";

    private static final String EXT_SERVICE = "shop/ext.shop.svc.cluster.local";
    private static final String SLICED =
            "Kubernetes/discovery.k8s.io/EndpointSlice/shop/ext-1/192.0.2.";
    private static final String API_HOST = "shop/api.example.com";
    private static final String API_ENDPOINT =
            "Kubernetes/networking.istio.io/ServiceEntry/shop/api/192.0.2.7";
    private static final String VM_ENTRY = "Kubernetes/networking.istio.io/WorkloadEntry/shop/vm";

    private static final String NODE =
            """
            apiVersion: v1
            kind: Node
            metadata: {name: node-1, labels: {topology.kubernetes.io/zone: z1}}
            """;
    private static final String GATEWAY =
            """
            apiVersion: gateway.networking.k8s.io/v1
            kind: Gateway
            metadata: {name: wp, namespace: shop}
            spec:
              gatewayClassName: istio-waypoint
              listeners: [{name: mesh, port: 15008, protocol: HBONE}]
            status: {addresses: [{type: Hostname, value: wp.shop.svc.cluster.local}]}
            """;

    /// A service without a selector, before which a waypoint stands.
    private static final String EXT =
            """
            apiVersion: v1
            kind: Service
            metadata: {name: ext, namespace: shop, labels: {istio.io/use-waypoint: wp}}
            spec: {clusterIP: 10.96.0.3, ports: [{name: tcp, port: 9000}]}
            """;

    private static final String SLICE =
            """
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata: {name: ext-1, namespace: shop, labels: {kubernetes.io/service-name: ext}}
            addressType: IPv4
            endpoints:
            - addresses: [192.0.2.1]
            ports: [{name: tcp, port: 9000, protocol: TCP}]
            """;
    private static final String API =
            """
            apiVersion: networking.istio.io/v1
            kind: ServiceEntry
            metadata: {name: api, namespace: shop}
            spec:
              hosts: [api.example.com]
              addresses: [203.0.113.9]
              resolution: STATIC
              ports: [{name: tls, number: 443, protocol: TLS}]
              endpoints: [{address: 192.0.2.7}]
            """;
    private static final String VM =
            """
            apiVersion: networking.istio.io/v1
            kind: WorkloadEntry
            metadata: {name: vm, namespace: shop, labels: {app: vm}}
            spec: {address: 192.0.2.8, serviceAccount: vm}
            """;

    private static Map<String, String> base() {
        var files = new LinkedHashMap<String, String>();
        files.put("ns.yaml", Yaml.NAMESPACE);
        files.put("web.yaml", Yaml.pod("web-1", "web", "node-1", "10.1.1.1"));
        files.put("cart.yaml", Yaml.pod("cart-1", "cart", "node-2", "10.1.2.1"));
        files.put("web-svc.yaml", Yaml.service("web", "10.96.0.1"));
        files.put("cart-svc.yaml", Yaml.service("cart", "10.96.0.2"));
        files.put("deny.yaml", Yaml.deny("deny-web", "web"));
        files.put("node.yaml", NODE);
        files.put("gateway.yaml", GATEWAY);
        files.put("ext.yaml", EXT);
        files.put("slice.yaml", SLICE);
        files.put("api.yaml", API);
        files.put("vm.yaml", VM);
        return files;
    }

    /// What changes in which file, and the resources that differ then.
    static List<Arguments> changes() {
        return List.of(
                Arguments.of(
                        "pod not ready",
                        "web.yaml",
                        Yaml.pod("web-1", "web", "node-1", "10.1.1.1").replace("'True'", "'False'"),
                        List.of(WEB)),
                Arguments.of(
                        "pod moved",
                        "web.yaml",
                        Yaml.pod("web-1", "web", "node-2", "10.1.2.9"),
                        List.of(WEB)),
                Arguments.of(
                        "pod added",
                        "more.yaml",
                        Yaml.pod("web-2", "web", "node-2", "10.1.2.2"),
                        List.of("Kubernetes//Pod/shop/web-2")),
                Arguments.of("pod removed", "cart.yaml", "", List.of(CART)),
                Arguments.of(
                        "service address",
                        "web-svc.yaml",
                        Yaml.service("web", "10.96.0.9"),
                        List.of(WEB_SERVICE)),
                Arguments.of("service removed", "web-svc.yaml", "", List.of(WEB, WEB_SERVICE)),
                Arguments.of(
                        "rule changed",
                        "deny.yaml",
                        Yaml.deny("deny-web", "web").replace("legacy", "other"),
                        List.of("shop/deny-web")),
                Arguments.of(
                        "policy for another",
                        "deny.yaml",
                        Yaml.deny("deny-web", "cart"),
                        List.of(CART, WEB)),
                Arguments.of(
                        "strict",
                        "strict.yaml",
                        Yaml.strict("all"),
                        List.of(
                                CART,
                                WEB,
                                API_ENDPOINT,
                                VM_ENTRY,
                                "istio-system/istio_converted_static_strict")),
                Arguments.of(
                        "node moved to a zone",
                        "node.yaml",
                        NODE.replace("z1", "z2"),
                        List.of(WEB)),
                Arguments.of(
                        "namespace behind a waypoint",
                        "ns.yaml",
                        Yaml.NAMESPACE.replace("ambient}", "ambient, istio.io/use-waypoint: wp}"),
                        List.of(API_HOST, "shop/cart.shop.svc.cluster.local", WEB_SERVICE)),
                Arguments.of(
                        "gateway address",
                        "gateway.yaml",
                        GATEWAY.replace("wp.shop.svc", "other.shop.svc"),
                        List.of(EXT_SERVICE)),
                Arguments.of("gateway removed", "gateway.yaml", "", List.of(EXT_SERVICE)),
                Arguments.of(
                        "gateway class for workloads",
                        "class.yaml",
                        """
                        apiVersion: gateway.networking.k8s.io/v1
                        kind: GatewayClass
                        metadata: {name: istio-waypoint, labels: {istio.io/waypoint-for: workload}}
                        spec: {controllerName: istio.io/mesh-controller}
                        """,
                        List.of(EXT_SERVICE)),
                Arguments.of(
                        "endpoint added",
                        "slice.yaml",
                        SLICE.replace("ports:", "- addresses: [192.0.2.2]\nports:"),
                        List.of(SLICED + "2")),
                Arguments.of(
                        "endpoint not ready",
                        "slice.yaml",
                        SLICE.replace("[192.0.2.1]", "[192.0.2.1]\n  conditions: {ready: false}"),
                        List.of(SLICED + "1")),
                Arguments.of(
                        "endpoint is a pod",
                        "slice.yaml",
                        SLICE.replace(
                                "[192.0.2.1]",
                                "[10.1.1.1]\n"
                                        + "  targetRef: {kind: Pod, namespace: shop, name: web-1}"),
                        List.of(WEB, SLICED + "1")),
                Arguments.of(
                        "entry port",
                        "api.yaml",
                        API.replace("443", "8443"),
                        List.of(API_ENDPOINT, API_HOST)),
                Arguments.of(
                        "entry address",
                        "api.yaml",
                        API.replace("203.0.113.9", "203.0.113.0/24"),
                        List.of(API_HOST)),
                Arguments.of("entry removed", "api.yaml", "", List.of(API_ENDPOINT, API_HOST)),
                Arguments.of(
                        "machine's weight",
                        "vm.yaml",
                        VM.replace("spec: {", "spec: {weight: 5, "),
                        List.of(VM_ENTRY)),
                Arguments.of(
                        "machine serves",
                        "vm.yaml",
                        VM.replace("app: vm", "app: web"),
                        List.of(VM_ENTRY)),
                Arguments.of(
                        "trust domain",
                        "meshconfig.yaml",
                        "trustDomain: example.org\n",
                        List.of(CART, WEB, SLICED + "1", API_ENDPOINT, VM_ENTRY)),
                Arguments.of(
                        "policy can't be used",
                        "deny.yaml",
                        Yaml.deny("deny-web", "web").replace("namespaces", "namespace"),
                        List.of("shop/deny-web")),
                Arguments.of(
                        "comment only",
                        "web.yaml",
                        "# a comment\n" + Yaml.pod("web-1", "web", "node-1", "10.1.1.1"),
                        List.of()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("changes")
    void compile_oneChange_onlyThoseResourcesDiffer(
            String name, String file, String text, List<String> expected) throws IOException {
        var before = snapshot(read(base()));
        var files = base();
        files.put(file, text);

        var after = snapshot(read(files));

        assertThat(differing(before, after)).containsExactlyElementsOf(expected);
        assertThat(Snapshot.changes(before, after)).isEqualTo(expected.size());
    }

    @Property(tries = 50)
    void compile_filesInAnyOrder_sameOutput(@ForAll long seed) throws IOException {
        var input = read(base());
        var shuffled = new ArrayList<>(input.resources());
        Collections.shuffle(shuffled, new Random(seed));

        assertThat(snapshot(new ResourceSet(input.mesh(), shuffled, input.problems())))
                .isEqualTo(snapshot(input));
    }

    private static List<String> differing(Snapshot before, Snapshot after) {
        var names = new TreeSet<String>();
        for (var type : List.of(Snapshot.ADDRESS, Snapshot.AUTHORIZATION)) {
            var all = new TreeSet<>(before.of(type).keySet());
            all.addAll(after.of(type).keySet());
            for (var name : all) {
                if (!Objects.equals(before.of(type).get(name), after.of(type).get(name))) {
                    names.add(name);
                }
            }
        }
        return List.copyOf(names);
    }

    private static Snapshot snapshot(ResourceSet input) {
        return Snapshot.of(MeshCompiler.compile(input, CompileSettings.defaults()));
    }

    private static ResourceSet read(Map<String, String> files) throws IOException {
        var directory = Files.createTempDirectory("ambit-change");
        try {
            for (var entry : files.entrySet()) {
                Files.writeString(directory.resolve(entry.getKey()), entry.getValue());
            }
            var read = DirectorySource.readOnce(directory, LIMITS, 100);
            return read;
        } finally {
            try (var entries = Files.list(directory)) {
                for (Path file : entries.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(directory);
        }
    }
}
