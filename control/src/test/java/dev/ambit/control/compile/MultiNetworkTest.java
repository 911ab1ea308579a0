package dev.ambit.control.compile;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.ambit.control.Yaml;
import dev.ambit.control.compile.MeshModel.CompiledService;
import dev.ambit.control.compile.MeshModel.CompiledWorkload;
import dev.ambit.control.resource.DirectorySource;
import dev.ambit.control.resource.YamlLimits;
import dev.ambit.mesh.proto.workload.NetworkAddress;
import dev.ambit.mesh.proto.workload.Service;
import dev.ambit.mesh.proto.workload.Workload;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Two clusters: what each rule makes of them, beyond what the recordings show.
class MultiNetworkTest {
    private static final YamlLimits LIMITS = new YamlLimits(100_000, 1_000, 50, 64);
    private static final String MESH =
            """
            serviceScopeConfigs:
            - scope: GLOBAL
              servicesSelector:
                matchExpressions: [{key: istio.io/global, operator: In, values: ['true']}]
            """;
    private static final String STUB =
            "two/SplitHorizonWorkload/istio-gateways/eastwest/203.0.113.2/"
                    + "shop/web.shop.svc.cluster.local";

    @TempDir private Path directory = Path.of(".");

    @BeforeEach
    void mesh() throws IOException {
        Files.createDirectories(directory.resolve("remote-c2"));
        write("meshconfig.yaml", MESH);
        write("ns.yaml", Yaml.documents(Yaml.NAMESPACE, system("one")));
        write("web.yaml", pod("web-1", "web", "10.1.1.1"));
        write("web-svc.yaml", global("web", "10.96.0.1"));
        write("remote-c2/ns.yaml", Yaml.documents(Yaml.NAMESPACE, system("two")));
        write("remote-c2/gateway.yaml", gateway("two", "istio-east-west", "203.0.113.2"));
        write("remote-c2/web.yaml", pod("web-9", "web", "10.2.1.1"));
        write("remote-c2/web-svc.yaml", global("web", "10.97.0.1"));
    }

    @Test
    void compile_globalService_oneStubPerNetworkAndAnAddressInEach() throws IOException {
        var model = compile();

        var stub = workload(model, STUB);
        assertThat(stub.getCapacity().getValue()).isEqualTo(1);
        assertThat(stub.getAddressesCount()).isZero();
        assertThat(stub.getClusterId()).isEqualTo("c2");
        assertThat(stub.getNetworkGateway().getHboneMtlsPort()).isEqualTo(15008);
        var service = service(model, "web");
        assertThat(service.getAddressesList())
                .extracting(NetworkAddress::getNetwork)
                .containsExactly("one", "two");
        assertThat(service.getSubjectAltNamesList())
                .containsExactly("spiffe://cluster.local/ns/shop/sa/web");
        assertThat(names(model))
                .containsExactlyInAnyOrder(
                        "Kubernetes//Pod/shop/web-1", STUB, "NetworkGateway/two/203.0.113.2/0");
    }

    @Test
    void compile_morePodsBehindTheGateway_weighTogether() throws IOException {
        write("remote-c2/more.yaml", pod("web-10", "web", "10.2.1.2"));
        write(
                "vm.yaml",
                """
                apiVersion: networking.istio.io/v1
                kind: WorkloadEntry
                metadata: {name: vm, namespace: shop, labels: {app: web}}
                spec: {address: 10.3.0.1, network: two, weight: 5, serviceAccount: vm}
                """);

        var model = compile();

        // The entry counts in each cluster whose service selects it, as in istiod.
        assertThat(workload(model, STUB).getCapacity().getValue()).isEqualTo(12);
        assertThat(service(model, "web").getSubjectAltNamesList())
                .containsExactly(
                        "spiffe://cluster.local/ns/shop/sa/vm",
                        "spiffe://cluster.local/ns/shop/sa/web");
    }

    /// `local` and `remote`: whether the service is global there; what the client is told.
    @ParameterizedTest
    @CsvSource({
        "true, true, 2, true",
        "true, false, 1, true",
        "false, true, 1, false",
        "false, false, 1, false",
    })
    void compile_scopes_ownServiceDecides(
            boolean local, boolean remote, int addresses, boolean stub) throws IOException {
        // A machine in the other network, known to this cluster: it serves without the other's
        // word.
        write(
                "vm.yaml",
                """
                apiVersion: networking.istio.io/v1
                kind: WorkloadEntry
                metadata: {name: vm, namespace: shop, labels: {app: web}}
                spec: {address: 10.3.0.1, network: two}
                """);
        if (!local) {
            write("web-svc.yaml", Yaml.service("web", "10.96.0.1"));
        }
        if (!remote) {
            write("remote-c2/web-svc.yaml", Yaml.service("web", "10.97.0.1"));
        }

        var model = compile();

        assertThat(service(model, "web").getAddressesCount()).isEqualTo(addresses);
        assertThat(names(model).contains(STUB)).isEqualTo(stub);
    }

    @Test
    void compile_serviceInTheOtherClusterOnly_offeredIfGlobal() throws IOException {
        write(
                "remote-c2/stock.yaml",
                Yaml.documents(global("stock", "10.97.0.5"), pod("stock-1", "stock", "10.2.1.5")));
        write(
                "remote-c2/hidden.yaml",
                Yaml.documents(
                        Yaml.service("hidden", "10.97.0.6"),
                        pod("hidden-1", "hidden", "10.2.1.6")));

        var model = compile();

        assertThat(model.services())
                .extracting(s -> s.wire().getName())
                .containsExactlyInAnyOrder("web", "stock");
        assertThat(names(model)).contains(STUB.replace("web", "stock"));
    }

    @Test
    void compile_sameNetwork_podsThemselvesAndNoStub() throws IOException {
        write("remote-c2/ns.yaml", Yaml.documents(Yaml.NAMESPACE, system("one")));

        var model = compile();

        assertThat(names(model)).contains("c2//Pod/shop/web-9").doesNotContain(STUB);
        assertThat(service(model, "web").getSubjectAltNamesList()).isEmpty();
        // A node of the other cluster may have the name of one here.
        assertThat(model.runsOn("node-1", "shop", "web")).isTrue();
        Files.delete(directory.resolve("web.yaml"));
        assertThat(compile().runsOn("node-1", "shop", "web")).isFalse();
    }

    @Test
    void compile_noGatewayKnown_networkCannotBeReached() throws IOException {
        Files.delete(directory.resolve("remote-c2/gateway.yaml"));

        assertThat(names(compile())).containsExactly("Kubernetes//Pod/shop/web-1");
    }

    @ParameterizedTest
    @CsvSource({"istio-waypoint, Terminate", "istio-east-west, Passthrough"})
    void compile_gatewayOfAnotherKind_noWayIn(String ofClass, String mode) throws IOException {
        write(
                "remote-c2/gateway.yaml",
                gateway("two", ofClass, "203.0.113.2").replace("Terminate", mode));

        assertThat(names(compile())).containsExactly("Kubernetes//Pod/shop/web-1");
    }

    @Test
    void compile_podLabelOfAnotherNetwork_notConsidered() throws IOException {
        write(
                "web.yaml",
                pod("web-1", "web", "10.1.1.1")
                        .replace("{app: web}", "{app: web, topology.istio.io/network: two}"));

        assertThat(workload(compile(), "Kubernetes//Pod/shop/web-1").getNetwork()).isEqualTo("one");
    }

    @Test
    void compile_clusterNamedAsThisOne_ignored() throws IOException {
        var settings = new CompileSettings("c2", false, false, true, true);

        assertThat(names(compile(settings))).containsExactly("c2//Pod/shop/web-1");
    }

    @Test
    void compile_gatewayNamedHere_wayIntoANetworkWithoutCluster() throws IOException {
        Files.delete(directory.resolve("remote-c2/gateway.yaml"));
        for (var file : List.of("ns.yaml", "web.yaml", "web-svc.yaml")) {
            Files.delete(directory.resolve("remote-c2").resolve(file));
        }
        write("gateway.yaml", gateway("three", "istio-remote", "gw.example.com"));
        write(
                "vm.yaml",
                """
                apiVersion: networking.istio.io/v1
                kind: WorkloadEntry
                metadata: {name: vm, namespace: shop, labels: {app: web}}
                spec: {address: 10.3.0.1, network: three}
                """);

        var model = compile();

        // One cluster: every workload is told, with the way to it.
        var vm = workload(model, "Kubernetes/networking.istio.io/WorkloadEntry/shop/vm");
        assertThat(vm.getNetworkGateway().getHostname().getHostname()).isEqualTo("gw.example.com");
        assertThat(vm.getNetworkGateway().getHboneMtlsPort()).isEqualTo(15008);
        var gateway = workload(model, "NetworkGateway/three/gw.example.com/15008");
        assertThat(gateway.getHostname()).isEqualTo("gw.example.com");
        assertThat(gateway.getServiceAccount()).isEqualTo("eastwest-istio-remote");
    }

    @ParameterizedTest
    @CsvSource({
        "10.0.0.1, -1, 10.0.0.1/32",
        "10.0.0.0, 8, 10.0.0.0/8",
        "fd00::1, -1, fd00::1/128",
        "::, 0, ::/0",
        "::1, -1, ::1/128",
        "1:0:0:2:0:0:0:3, -1, 1:0:0:2::3/128",
        "1:0:0:2:2:0:0:3, -1, 1::2:2:0:0:3/128",
        "1:0:2:3:4:5:6:7, -1, 1:0:2:3:4:5:6:7/128",
        "fd00:0:0:0:0:0:0:0, 16, fd00::/16",
    })
    void text_address_asRfc5952(String address, int length, String text) {
        var builder =
                NetworkAddress.newBuilder()
                        .setAddress(
                                ByteString.copyFrom(InetAddress.ofLiteral(address).getAddress()));
        if (length >= 0) {
            builder.setLength(length);
        }

        assertThat(PrefixText.of(builder.build())).isEqualTo(text);
    }

    private static String pod(String name, String app, String ip) {
        return Yaml.pod(name, app, "node-1", ip);
    }

    private static String global(String name, String ip) {
        return Yaml.service(name, ip)
                .replace("namespace: shop}", "namespace: shop, labels: {istio.io/global: 'true'}}");
    }

    private static String system(String network) {
        return """
        apiVersion: v1
        kind: Namespace
        metadata: {name: istio-system, labels: {topology.istio.io/network: %s}}
        """
                .formatted(network);
    }

    private static String gateway(String network, String ofClass, String address) {
        var type = address.matches("[0-9.]+") ? "IPAddress" : "Hostname";
        return """
        apiVersion: gateway.networking.k8s.io/v1
        kind: Gateway
        metadata:
          name: eastwest
          namespace: istio-gateways
          labels: {topology.istio.io/network: %s}
        spec:
          gatewayClassName: %s
          listeners: [{name: mesh, port: 15008, protocol: HBONE, tls: {mode: Terminate}}]
        status: {addresses: [{type: %s, value: %s}]}
        """
                .formatted(network, ofClass, type, address);
    }

    private MeshModel compile() throws IOException {
        return compile(CompileSettings.defaults());
    }

    private MeshModel compile(CompileSettings settings) throws IOException {
        return MeshCompiler.compile(DirectorySource.readOnce(directory, LIMITS, 100), settings);
    }

    private static List<String> names(MeshModel model) {
        var names = new ArrayList<String>();
        model.workloads().forEach(w -> names.add(w.wire().getUid()));
        return names;
    }

    private static Workload workload(MeshModel model, String uid) {
        return model.workloads().stream()
                .map(CompiledWorkload::wire)
                .filter(w -> w.getUid().equals(uid))
                .findFirst()
                .orElseThrow(() -> new AssertionError(uid + " not in " + names(model)));
    }

    private static Service service(MeshModel model, String name) {
        return model.services().stream()
                .map(CompiledService::wire)
                .filter(s -> s.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private void write(String file, String text) throws IOException {
        Files.writeString(directory.resolve(file), text);
    }
}
