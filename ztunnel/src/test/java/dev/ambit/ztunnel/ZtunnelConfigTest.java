package dev.ambit.ztunnel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ambit.ztunnel.dns.DnsSettings;
import dev.ambit.ztunnel.inpod.PodInfo;
import dev.ambit.ztunnel.inpod.SourceAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ZtunnelConfigTest {
    private static ZtunnelConfig with(String name, String value) {
        var env = new HashMap<>(Map.of("NODE_NAME", "node-1"));
        env.put(name, value);
        return ZtunnelConfig.from(env);
    }

    @Test
    void defaults_areIstios() {
        var config = ZtunnelConfig.from(Map.of("NODE_NAME", "node-1"));

        assertThat(config.network()).isEmpty();
        assertThat(config.clusterId()).isEqualTo("Kubernetes");
        assertThat(config.clusterDomain()).isEqualTo("cluster.local");
        assertThat(config.xdsAddress()).hasToString("localhost:15012");
        assertThat(config.zdsSocket()).isEqualTo(Path.of("/var/run/ztunnel/ztunnel.sock"));
        assertThat(config.packetMark()).isEqualTo(1337);
        assertThat(config.certificateTtl()).isEqualTo(Duration.ofHours(24));
        assertThat(config.drain()).isEqualTo(Duration.ofSeconds(5));
        assertThat(config.statsAddress().getPort()).isEqualTo(15020);
        assertThat(config.readinessAddress().getPort()).isEqualTo(15021);
        assertThat(config.adminAddress().toString()).contains("127.0.0.1").endsWith(":15000");
        assertThat(config.logLevel()).isEqualTo("info");
        assertThat(config.jsonLog()).isFalse();
        assertThat(config.inbound())
                .isEqualTo(
                        new ZtunnelConfig.InboundSettings(SourceAddress.BEST_EFFORT, true, true));
        assertThat(config.socks()).isFalse();
        assertThat(config.dedicated()).isEmpty();
        assertThat(config.self()).isEmpty();
    }

    @Test
    void dns_isOnUnlessSaidOtherwise() {
        var dns = ZtunnelConfig.from(Map.of("NODE_NAME", "node-1")).dns();

        assertThat(dns.capture()).isTrue();
        assertThat(dns.listen()).isEqualTo(new DnsSettings.Listen.Localhost(15053));
        assertThat(dns.clusterDomain()).hasToString("cluster.local.");
        assertThat(dns.preferredNamespace()).isEmpty();
        assertThat(dns.ipv6()).isTrue();
        assertThat(with("ISTIO_META_DNS_CAPTURE", "false").dns().capture()).isFalse();
        assertThat(with("ISTIO_META_DNS_CAPTURE", "TRUE").dns().capture()).isTrue();
        assertThat(with("PREFERED_SERVICE_NAMESPACE", "shared").dns().preferredNamespace())
                .contains("shared");
        assertThat(with("IPV6_ENABLED", "false").dns().ipv6()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"localhost:53", "127.0.0.1:15054", "[::1]:15053"})
    void dnsProxyAddress_isTaken(String text) {
        var listen = with("ISTIO_META_DNS_PROXY_ADDR", text).dns().listen();

        switch (listen) {
            case DnsSettings.Listen.Localhost(int port) -> assertThat(port).isEqualTo(53);
            case DnsSettings.Listen.At(var address) ->
                    assertThat(text).endsWith(":" + address.getPort());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "ISTIO_META_DNS_PROXY_ADDR,not-an-address",
        "ISTIO_META_DNS_PROXY_ADDR,localhost:66000",
        "ISTIO_META_DNS_PROXY_ADDR,::1:53",
        "CLUSTER_DOMAIN,a..b",
    })
    void dnsSettingThatMakesNoSense_isNamed(String variable, String value) {
        assertThatThrownBy(() -> with(variable, value))
                .isInstanceOf(ConfigFault.class)
                .hasMessageContaining(variable)
                .hasMessageContaining(value);
    }

    @Test
    void inKubernetes_istiodIsTheDefault() {
        assertThat(with("KUBERNETES_SERVICE_HOST", "10.0.0.1").xdsAddress())
                .hasToString("istiod.istio-system.svc:15012");
    }

    @ParameterizedTest
    @CsvSource({"0,1", "1,1", "6,5", "10,9", "11,6", "30,25"})
    void drain_leavesTimeToTheKubelet(String grace, int seconds) {
        assertThat(with("TERMINATION_GRACE_PERIOD_SECONDS", grace).drain())
                .isEqualTo(Duration.ofSeconds(seconds));
    }

    @ParameterizedTest
    @CsvSource({"5m,300000", "250ms,250", "24h,86400000", "9s,9000"})
    void durations_haveUnits(String text, long millis) {
        assertThat(with("SECRET_TTL", text).certificateTtl()).isEqualTo(Duration.ofMillis(millis));
    }

    @ParameterizedTest
    @CsvSource({"true,REQUIRED", "false,OWN"})
    void originalSource_isThreeValued(String text, SourceAddress expected) {
        assertThat(with("ENABLE_ORIG_SRC", text).inbound().source()).isEqualTo(expected);
    }

    @Test
    void dedicated_hasOnePodAndNoMark() {
        var env =
                Map.of(
                        "NODE_NAME", "node-1",
                        "PROXY_MODE", "dedicated",
                        "PROXY_WORKLOAD_INFO", "shop/cart-1/cart");

        var config = ZtunnelConfig.from(env);

        assertThat(config.dedicated()).hasValue(new PodInfo("dedicated", "cart-1", "shop", "cart"));
        assertThat(config.packetMark()).isZero();
        assertThat(config.describe()).containsEntry("proxyMode", "Dedicated");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "shop/cart-1", "shop//cart", "shop/cart-1/"})
    void dedicatedWithoutAWorkload_isAFault(String info) {
        var env =
                Map.of(
                        "NODE_NAME", "node-1",
                        "PROXY_MODE", "dedicated",
                        "PROXY_WORKLOAD_INFO", info);

        assertThatThrownBy(() -> ZtunnelConfig.from(env))
                .hasMessageContaining("PROXY_WORKLOAD_INFO")
                .hasMessageContaining("namespace/name/service-account");
    }

    @Test
    void ownPod_isProxiedWhenAllOfItIsKnown() {
        var env =
                new HashMap<>(
                        Map.of(
                                "NODE_NAME", "node-1",
                                "POD_NAME", "ztunnel-1",
                                "POD_NAMESPACE", "istio-system",
                                "SERVICE_ACCOUNT", "ztunnel"));

        assertThat(ZtunnelConfig.from(env).self())
                .hasValue(new PodInfo("self", "ztunnel-1", "istio-system", "ztunnel"));
        env.remove("SERVICE_ACCOUNT");
        assertThat(ZtunnelConfig.from(env).self()).isEmpty();
    }

    @Test
    void metadata_losesItsPrefix_andTheClusterIdThereWins() {
        var config = with("ISTIO_META_CLUSTER_ID", "east");

        assertThat(config.clusterId()).isEqualTo("east");
        assertThat(config.metadata()).containsEntry("CLUSTER_ID", "east");
    }

    @ParameterizedTest
    @CsvSource({
        "IPV6_ENABLED,yes,true or false",
        "PACKET_MARK,many,a whole number",
        "SECRET_TTL,1 day,a duration",
        "XDS_ADDRESS,http://istiod:15010,https://host:port",
        "CA_ADDRESS,istiod,https://host:port",
        "ZTUNNEL_WORKER_THREADS,-1,a whole number",
        "PROXY_MODE,sidecar,shared or dedicated",
        "NODE_NAME,'',the name of this Kubernetes node"
    })
    void badValue_saysWhatWasExpected(String name, String value, String expected) {
        assertThatThrownBy(() -> with(name, value))
                .isInstanceOf(ConfigFault.class)
                .hasMessageContaining(name)
                .hasMessageContaining("'" + value + "'")
                .hasMessageContaining(expected);
    }
}
