package dev.ambit.waypoint.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ambit.identity.SpiffeId;
import dev.ambit.identity.ca.BearerToken;
import dev.ambit.identity.ca.RootCertificates;
import dev.ambit.process.ConfigFault;
import dev.ambit.process.config.HostPort;
import dev.ambit.waypoint.config.WaypointConfig.Drain;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WaypointConfigTest {
    @TempDir private Path directory;

    private static WaypointConfig with(String... pairs) {
        return with(List.of(), pairs);
    }

    private static WaypointConfig with(List<String> arguments, String... pairs) {
        var env = new HashMap<String, String>();
        for (int i = 0; i < pairs.length; i += 2) {
            env.put(pairs[i], pairs[i + 1]);
        }
        return WaypointConfig.from(arguments, env);
    }

    /// As istiod's template starts a waypoint.
    @Test
    void injectedPod_isUnderstood() {
        var config =
                with(
                        List.of(
                                "--domain",
                                "shop.svc.cluster.local",
                                "--serviceCluster",
                                "wp.shop",
                                "--proxyLogLevel",
                                "warning",
                                "--proxyComponentLogLevel",
                                "misc:error",
                                "--log_output_level",
                                "default:debug"),
                        "ISTIO_META_SERVICE_ACCOUNT",
                        "wp",
                        "ISTIO_META_NODE_NAME",
                        "node-1",
                        "PILOT_CERT_PROVIDER",
                        "istiod",
                        "CA_ADDR",
                        "istiod.istio-system.svc:15012",
                        "POD_NAME",
                        "wp-7c",
                        "POD_NAMESPACE",
                        "shop",
                        "INSTANCE_IP",
                        "10.1.1.14",
                        "ISTIO_CPU_LIMIT",
                        "2",
                        "PROXY_CONFIG",
                        "{\"discoveryAddress\":\"istiod.istio-system.svc:15012\","
                                + "\"terminationDrainDuration\":\"20s\","
                                + "\"proxyMetadata\":{\"ISTIO_META_ENABLE_HBONE\":\"true\"}}",
                        "ISTIO_META_CLUSTER_ID",
                        "Kubernetes",
                        "ISTIO_META_NETWORK",
                        "net-one",
                        "TRUST_DOMAIN",
                        "td.example");

        assertThat(config.identity()).isEqualTo(new SpiffeId("td.example", "shop", "wp"));
        assertThat(config.domain()).isEqualTo("shop.svc.cluster.local");
        assertThat(config.serviceCluster()).isEqualTo("wp.shop");
        assertThat(config.xds().address())
                .isEqualTo(new HostPort("istiod.istio-system.svc", 15012));
        assertThat(config.ca().address()).isEqualTo(config.xds().address());
        assertThat(config.workers()).isEqualTo(2);
        assertThat(config.network()).isEqualTo("net-one");
        assertThat(config.drain())
                .isEqualTo(new Drain(Duration.ofSeconds(20), Duration.ofSeconds(5), false));
        assertThat(config.logLevel()).isEqualTo("debug");
        assertThat(config.remarks()).isEmpty();
        assertThat(config.metadata())
                .containsEntry("NAME", "wp-7c")
                .containsEntry("NAMESPACE", "shop")
                .containsEntry("SERVICE_ACCOUNT", "wp")
                .containsEntry("NODE_NAME", "node-1")
                .containsEntry("ENABLE_HBONE", "true")
                .containsEntry("ISTIO_VERSION", "1.31.0")
                .containsKey("PROXY_CONFIG");
    }

    @Test
    void nothingSaid_isIstiodOfTheCluster() {
        var config = with();

        assertThat(config.xds().address())
                .isEqualTo(new HostPort("istiod.istio-system.svc", 15012));
        assertThat(config.xds().roots())
                .isEqualTo(
                        new RootCertificates.File(
                                Path.of("./var/run/secrets/istio/root-cert.pem")));
        assertThat(config.identity().toString())
                .isEqualTo("spiffe://cluster.local/ns/default/sa/default");
        assertThat(config.addresses().hbone().getPort()).isEqualTo(15008);
        assertThat(config.addresses().admin().getPort()).isEqualTo(15000);
        assertThat(config.addresses().admin().getAddress().isLoopbackAddress()).isTrue();
        assertThat(config.addresses().status().getPort()).isEqualTo(15020);
        assertThat(config.addresses().readiness().getPort()).isEqualTo(15021);
        assertThat(config.addresses().prometheus().getPort()).isEqualTo(15090);
        assertThat(config.addresses().sandwich()).isEmpty();
        assertThat(config.drain().duration()).isEqualTo(Duration.ofSeconds(5));
        assertThat(config.logLevel()).isEqualTo("info");
    }

    @Test
    void controlPlane_canBeSaidAsForZtunnel() {
        var config =
                with(
                        "XDS_ADDRESS",
                        "https://localhost:9000",
                        "XDS_ROOT_CA",
                        "SYSTEM",
                        "CA_ADDRESS",
                        "https://[::1]:9001",
                        "AUTH_TOKEN",
                        "/some/token",
                        "XDS_HEADER_x",
                        "y");

        assertThat(config.xds().address()).isEqualTo(new HostPort("localhost", 9000));
        assertThat(config.xds().roots()).isEqualTo(new RootCertificates.OfTheSystem());
        assertThat(config.xds().headers()).isEqualTo(Map.of("x", "y"));
        assertThat(config.ca().address()).isEqualTo(new HostPort("::1", 9001));
        assertThat(config.authToken())
                .isEqualTo(new BearerToken.Source.File(Path.of("/some/token")));
    }

    @Test
    void podFiles_areLabelsAndAnnotations() throws Exception {
        Files.writeString(
                directory.resolve("labels"),
                "app=\"shop\"\ngateway.networking.k8s.io/gateway-name=\"wp\"\n");
        Files.writeString(directory.resolve("annotations"), "note=\"a \\\"b\\\"\\nc\"\nbroken\n");

        var metadata = with("POD_INFO", directory.toString()).metadata();

        assertThat(metadata)
                .containsEntry(
                        "LABELS",
                        Map.of("app", "shop", "gateway.networking.k8s.io/gateway-name", "wp"))
                .containsEntry("ANNOTATIONS", Map.of("note", "a \"b\"\nc"));
    }

    @Test
    void metadata_isEveryIstioMeta_andJson() {
        var metadata =
                with("ISTIO_META_OWNER", "me", "ISTIO_METAJSON_X", "{\"a\":[1,true]}").metadata();

        assertThat(metadata)
                .containsEntry("OWNER", "me")
                .containsEntry("X", Map.of("a", List.of(1, true)));
    }

    @ParameterizedTest
    @CsvSource({
        "--concurrency=3,,,3",
        "--concurrency 3,,,3",
        "--concurrency=3,5,7,3",
        ",5,7,5",
        ",,7,7",
        "--concurrency=0,,7,7",
        ",0,7,7"
    })
    void workers_areWhatIsSaid_elseWhatTheContainerMayUse(
            String argument, String configured, String limit, int expected) {
        var arguments = argument == null ? List.<String>of() : List.of(argument.split(" ", -1));
        var env = new HashMap<String, String>();
        if (configured != null) {
            env.put("PROXY_CONFIG", "concurrency: " + configured);
        }
        if (limit != null) {
            env.put("ISTIO_CPU_LIMIT", limit);
        }

        assertThat(WaypointConfig.from(arguments, env).workers()).isEqualTo(expected);
    }

    @Test
    void unknownArguments_areRemarkedOn() {
        var config = with(List.of("--newThing", "x", "stray", "--profiling"));

        assertThat(config.remarks())
                .containsExactly(
                        "argument --newThing is not known and has no effect",
                        "argument stray has no effect");
    }

    @Test
    void drain_asTheAgentKnowsIt() {
        assertThat(
                        with(
                                        "EXIT_ON_ZERO_ACTIVE_CONNECTIONS",
                                        "true",
                                        "MINIMUM_DRAIN_DURATION",
                                        "2s",
                                        "TERMINATION_DRAIN_DURATION_SECONDS",
                                        "9")
                                .drain())
                .isEqualTo(new Drain(Duration.ofSeconds(9), Duration.ofSeconds(2), true));
    }

    @ParameterizedTest
    @CsvSource({
        "XDS_ADDRESS,istiod",
        "XDS_ADDRESS,http://istiod:15010",
        "SECRET_TTL,0s",
        "ISTIO_CPU_LIMIT,many",
        "HBONE_PORT,70000",
        "COMPLIANCE_POLICY,fips-140-2",
        "MINIMUM_DRAIN_DURATION,soon",
        "TRUST_DOMAIN,a/b"
    })
    void unusableValue_isAFault_thatNamesIt(String name, String value) {
        assertThatThrownBy(() -> with(name, value))
                .isInstanceOf(ConfigFault.class)
                .hasMessageContaining(name)
                .hasMessageContaining(value.replace("http://", ""));
    }

    @Test
    void applicationMetrics_areNoneOfAWaypoints_andThatIsSaid() {
        var annotations = "{\"scrape\":\"true\",\"port\":\"8080\"}";
        var config =
                WaypointConfig.from(List.of(), Map.of("ISTIO_PROMETHEUS_ANNOTATIONS", annotations));
        assertThat(config.remarks())
                .anyMatch(remark ->
                        remark.contains("ISTIO_PROMETHEUS_ANNOTATIONS")
                                && remark.contains(annotations)
                                && remark.contains("no effect"));
    }
}
