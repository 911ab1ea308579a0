package dev.ambit.ztunnel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ambit.identity.ca.BearerToken;
import dev.ambit.identity.ca.RootCertificates;
import dev.ambit.process.ConfigFault;
import dev.ambit.ztunnel.ZtunnelConfig.LocalMeshSource;
import dev.ambit.ztunnel.ZtunnelConfig.Mode;
import dev.ambit.ztunnel.ZtunnelConfig.PodName;
import dev.ambit.ztunnel.ZtunnelConfig.SocketSettings;
import dev.ambit.ztunnel.ZtunnelConfig.TunnelSettings;
import dev.ambit.ztunnel.dns.DnsSettings;
import dev.ambit.ztunnel.inpod.PodInfo;
import dev.ambit.ztunnel.inpod.SourceAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ZtunnelConfigTest {
    private static ZtunnelConfig with(String... pairs) {
        var env = new HashMap<>(Map.of("NODE_NAME", "node-1"));
        for (int i = 0; i < pairs.length; i += 2) {
            env.put(pairs[i], pairs[i + 1]);
        }
        return ZtunnelConfig.from(env);
    }

    @Test
    void defaults_areIstios() {
        var config = ZtunnelConfig.from(Map.of());

        assertThat(config.proxy()).isTrue();
        assertThat(config.mode()).isEqualTo(new Mode.Shared());
        assertThat(config.nodeName()).isEmpty();
        assertThat(config.network()).isEmpty();
        assertThat(config.clusterId()).isEqualTo("Kubernetes");
        assertThat(config.clusterDomain()).isEqualTo("cluster.local");
        assertThat(config.instanceIp()).isEqualTo("1.1.1.1");
        assertThat(config.self()).isEmpty();
        assertThat(config.xdsAddress().orElseThrow()).hasToString("localhost:15012");
        assertThat(config.caAddress()).hasToString("localhost:15012");
        assertThat(config.xdsRootCa())
                .isEqualTo(
                        new RootCertificates.File(
                                Path.of("./var/run/secrets/istio/root-cert.pem")));
        assertThat(config.authToken()).isEqualTo(new BearerToken.Source.None());
        assertThat(config.zdsSocket()).isEqualTo(Path.of("/var/run/ztunnel/ztunnel.sock"));
        assertThat(config.reusePort()).isTrue();
        assertThat(config.packetMark()).isEqualTo(1337);
        assertThat(config.originalSource()).isEmpty();
        assertThat(config.localhostAppTunnel()).isTrue();
        assertThat(config.responseBaggage()).isTrue();
        assertThat(config.certificateTtl()).isEqualTo(Duration.ofHours(24));
        assertThat(config.sockets()).isEqualTo(SocketSettings.DEFAULT);
        assertThat(config.tunnels())
                .isEqualTo(
                        new TunnelSettings(4 << 20, 16 << 20, 1 << 20, 100, Duration.ofMinutes(5)));
        assertThat(config.drain()).isEqualTo(Duration.ofSeconds(5));
        assertThat(config.dns().capture()).isTrue();
        assertThat(config.socks5()).isFalse();
        assertThat(config.security().revocationLists()).isEmpty();
        assertThat(config.statsAddress().getPort()).isEqualTo(15020);
        assertThat(config.readinessAddress().getPort()).isEqualTo(15021);
        assertThat(config.adminAddresses().getFirst())
                .isEqualTo(new InetSocketAddress("127.0.0.1", 15000));
        assertThat(config.logLevel()).isEqualTo("info");
        assertThat(config.jsonLog()).isFalse();
        assertThat(config.inbound())
                .isEqualTo(
                        new ZtunnelConfig.InboundSettings(SourceAddress.BEST_EFFORT, true, true));
        assertThat(config.socks5()).isFalse();
        assertThat(config.dedicated()).isEmpty();
        assertThat(config.ownPod()).isEmpty();
        assertThat(config.remarks()).isEmpty();
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
        assertThat(with("KUBERNETES_SERVICE_HOST", "10.0.0.1").xdsAddress().orElseThrow())
                .hasToString("istiod.istio-system.svc:15012");
    }

    @ParameterizedTest
    @CsvSource({
        "https://istiod.x.svc:15012,istiod.x.svc:15012",
        "istiod.x.svc:15012,istiod.x.svc:15012",
        "https://[fd00::1]:15012,[fd00::1]:15012"
    })
    void addresses_needNoScheme(String text, String expected) {
        assertThat(with("XDS_ADDRESS", text).xdsAddress().orElseThrow()).hasToString(expected);
    }

    @Test
    void emptyXdsAddress_meansNoControlPlane() {
        assertThat(with("XDS_ADDRESS", "").xdsAddress()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"0,1", "1,1", "6,5", "10,9", "11,6", "30,25"})
    void drain_leavesTimeToTheKubelet(String grace, int seconds) {
        assertThat(with("TERMINATION_GRACE_PERIOD_SECONDS", grace).drain())
                .isEqualTo(Duration.ofSeconds(seconds));
    }

    @Test
    void explicitDrain_wins() {
        var config =
                with(
                        "TERMINATION_GRACE_PERIOD_SECONDS",
                        "30",
                        "CONNECTION_TERMINATION_DEADLINE",
                        "7s");

        assertThat(config.drain()).isEqualTo(Duration.ofSeconds(7));
    }

    @ParameterizedTest
    @CsvSource({
        "5m,300000",
        "250ms,250",
        "24h,86400000",
        "9s,9000",
        "90,90000",
        "1h30m,5400000",
        "1m + 30s,90000",
        "2 hours,7200000",
        "1D,86400000"
    })
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
        assertThat(config.describe().get("proxyMode")).isEqualTo("Dedicated");
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

        assertThat(ZtunnelConfig.from(env).ownPod())
                .hasValue(new PodInfo("self", "ztunnel-1", "istio-system", "ztunnel"));
        env.remove("SERVICE_ACCOUNT");
        assertThat(ZtunnelConfig.from(env).ownPod()).isEmpty();
    }

    @Test
    void metadata_losesItsPrefix_andTheClusterIdThereWins() {
        var config = with("ISTIO_META_CLUSTER_ID", "east", "CLUSTER_ID", "west");

        assertThat(config.clusterId()).isEqualTo("east");
        assertThat(config.metadata()).containsEntry("CLUSTER_ID", "east");
    }

    @Test
    void jsonMetadata_keepsItsTypes() {
        var config = with("ISTIO_METAJSON_LABELS", "{\"app\":\"z\",\"n\":[1,true]}");

        assertThat(config.jsonMetadata())
                .isEqualTo(Map.of("LABELS", Map.of("app", "z", "n", List.of(1, true))));
    }

    @Test
    void proxyConfig_saysAddressesPortsAndMetadata() {
        var config =
                with(
                        "PROXY_CONFIG",
                        """
                        discoveryAddress: istiod.other.svc:15012
                        proxyAdminPort: 15900
                        statsPort: 15920
                        concurrency: 3
                        binaryPath: /somewhere
                        proxyMetadata: {ISTIO_META_DNS_CAPTURE: "false", PLAIN: x}
                        """,
                        "ISTIO_META_PLAIN",
                        "y");

        assertThat(config.xdsAddress().orElseThrow()).hasToString("istiod.other.svc:15012");
        assertThat(config.caAddress()).hasToString("localhost:15012");
        assertThat(config.adminAddresses())
                .allSatisfy(address -> assertThat(address.getPort()).isEqualTo(15900));
        assertThat(config.statsAddress().getPort()).isEqualTo(15920);
        assertThat(config.workerThreads()).isEqualTo(3);
        assertThat(config.dns().capture()).isFalse();
        assertThat(config.metadata()).containsEntry("PLAIN", "y");
    }

    @Test
    void headers_areLowerCase() {
        assertThat(with("XDS_HEADER_X-Tenant", "a b").xdsHeaders())
                .isEqualTo(Map.of("x-tenant", "a b"));
        assertThat(with("CA_HEADER_KEY", "v").caHeaders()).isEqualTo(Map.of("key", "v"));
    }

    @ParameterizedTest
    @CsvSource({"abc.def.ghi,Literal", "/no/such/file,File", "'',None"})
    void token_isAFileOrLiteral(String text, String kind) {
        assertThat(with("AUTH_TOKEN", text).authToken().getClass().getSimpleName()).isEqualTo(kind);
    }

    @Test
    void literalToken_isNotShown() {
        var config = with("AUTH_TOKEN", "very.secret.token", "XDS_HEADER_KEY", "hush");

        assertThat(config.toString()).doesNotContain("very.secret");
        assertThat(config.describe().toString()).doesNotContain("very.secret", "hush");
    }

    @Test
    void roots_areAFileTheSystemsOrText() {
        assertThat(with("XDS_ROOT_CA", "SYSTEM").xdsRootCa())
                .isEqualTo(new RootCertificates.OfTheSystem());
        assertThat(with("CA_ROOT_CA", "-----BEGIN CERTIFICATE-----").caRootCa())
                .isInstanceOf(RootCertificates.Inline.class);
    }

    @Test
    void dedicated_namesItsWorkload_andHasNoMark() {
        var config = with("PROXY_MODE", "dedicated", "PROXY_WORKLOAD_INFO", "shop/cart-1/cart");

        assertThat(config.mode())
                .isEqualTo(new Mode.Dedicated(new PodName("shop", "cart-1", "cart")));
        assertThat(config.packetMark()).isZero();
    }

    @Test
    void self_isKnown_whenAllThreeAre() {
        var own =
                with(
                        "POD_NAME", "z-1",
                        "POD_NAMESPACE", "istio-system",
                        "SERVICE_ACCOUNT", "ztunnel",
                        "TRUST_DOMAIN", "td");

        assertThat(own.self())
                .hasValue(
                        new ZtunnelConfig.OwnWorkload(
                                new PodName("istio-system", "z-1", "ztunnel"), "td"));
        assertThat(with("POD_NAME", "z-1").self()).isEmpty();
    }

    @Test
    void localMesh_isAFileOrText() {
        assertThat(with("LOCAL_XDS_PATH", "/x.yaml").localMesh())
                .isEqualTo(Optional.of(new LocalMeshSource.File(Path.of("/x.yaml"))));
        assertThat(with("LOCAL_XDS", "{}").localMesh())
                .isEqualTo(Optional.of(new LocalMeshSource.Inline("{}")));
    }

    @Test
    void tunnelAndSocketSettings_areRead() {
        var config =
                with(
                        "HTTP2_STREAM_WINDOW_SIZE", "100000",
                        "HTTP2_CONNECTION_WINDOW_SIZE", "200000",
                        "HTTP2_FRAME_SIZE", "16384",
                        "POOL_MAX_STREAMS_PER_CONNECTION", "7",
                        "POOL_UNUSED_RELEASE_TIMEOUT", "10s",
                        "KEEPALIVE_TIME", "60s",
                        "KEEPALIVE_INTERVAL", "5s",
                        "KEEPALIVE_RETRIES", "3",
                        "USER_TIMEOUT_ENABLED", "true");

        assertThat(config.tunnels())
                .isEqualTo(new TunnelSettings(100_000, 200_000, 16_384, 7, Duration.ofSeconds(10)));
        assertThat(config.sockets().userTimeoutAfter()).isEqualTo(Duration.ofSeconds(75));
    }

    @ParameterizedTest
    @CsvSource({
        "ZTUNNEL_WORKER_THREADS,7,7",
        "ZTUNNEL_RESOURCE_CPU_LIMIT,500m,1",
        "ZTUNNEL_RESOURCE_CPU_LIMIT,3.2,4",
        "ZTUNNEL_RESOURCE_CPU_REQUEST,60,60"
    })
    void workerThreads_areSaid(String name, String value, int threads) {
        assertThat(with(name, value).workerThreads()).isEqualTo(threads);
    }

    @ParameterizedTest
    @CsvSource({"50%,8,4", "0,8,8", "1%,8,1", "33%,8,3"})
    void workerThreads_asAPartOfTheLimit(String value, String limit, int threads) {
        var config = with("ZTUNNEL_WORKER_THREADS", value, "ZTUNNEL_RESOURCE_CPU_LIMIT", limit);

        assertThat(config.workerThreads()).isEqualTo(threads);
    }

    @ParameterizedTest
    @CsvSource({"4,2", "16,4", "17,5"})
    void workerThreads_byDefaultAQuarter_atLeastTwo(String cpus, int threads) {
        assertThat(with("ZTUNNEL_CPU_LIMIT", cpus).workerThreads()).isEqualTo(threads);
    }

    @Test
    void settingsWithoutEffect_areRemarkedOn() {
        assertThat(with("XDS_ON_DEMAND", "true").remarks()).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({
        "IPV6_ENABLED,yes,true or false",
        "IPV6_ENABLED,True,true or false",
        "INPOD_PORT_REUSE,'',true or false",
        "PACKET_MARK,many,a whole number",
        "SECRET_TTL,1 fortnight,a duration",
        "SECRET_TTL,'',a duration",
        "SECRET_TTL,0s,more than 0",
        "SECRET_TTL,-5s,a duration",
        "SECRET_TTL,9999999999999999999h,a duration",
        "KEEPALIVE_TIME,10ms,1s to 32767s",
        "XDS_ADDRESS,http://istiod:15010,https://host:port",
        "CA_ADDRESS,istiod,https://host:port",
        "CA_ADDRESS,'',https://host:port",
        "ZTUNNEL_WORKER_THREADS,-1,a whole number",
        "ZTUNNEL_WORKER_THREADS,101%,percentage",
        "ZTUNNEL_RESOURCE_CPU_LIMIT,none,a CPU quantity",
        "TERMINATION_GRACE_PERIOD_SECONDS,-1,a whole number",
        "PROXY_MODE,both,shared or dedicated",
        "PROXY_MODE,dedicated,PROXY_WORKLOAD_INFO",
        "PROXY_CONFIG,'[1',YAML or JSON",
        "PROXY_CONFIG,'{statsPort: 99999}',1 to 65535",
        "HTTP2_FRAME_SIZE,100,16384",
        "HTTP2_CONNECTION_WINDOW_SIZE,70000,at least HTTP2_STREAM_WINDOW_SIZE",
        "ISTIO_METAJSON_X,{nonsense,JSON",
        "ISTIO_META_DNS_PROXY_ADDR,here,address:port",
        "XDS_HEADER_A B,x,a header name",
        "FAKE_CA,true,prove nobody",
        "ENABLE_ORIG_SRC,maybe,true or false"
    })
    void badValue_saysWhatWasExpected(String name, String value, String expected) {
        assertThatThrownBy(() -> with(name, value))
                .isInstanceOf(ConfigFault.class)
                .hasMessageContaining(name)
                .hasMessageContaining(expected);
    }

    @Test
    void bothLocalMeshes_areOneTooMany() {
        assertThatThrownBy(() -> with("LOCAL_XDS_PATH", "/x", "LOCAL_XDS", "{}"))
                .isInstanceOf(ConfigFault.class)
                .hasMessageContaining("only one of");
    }

    @Test
    void nothingToRun_isAFault() {
        assertThatThrownBy(() -> with("ENABLE_PROXY", "false", "ISTIO_META_DNS_CAPTURE", "false"))
                .isInstanceOf(ConfigFault.class)
                .hasMessageContaining("nothing would run");
    }

    /// Under the reference's names and in its forms; what is not there stands here.
    @Test
    void described_asTheReferenceDumps() throws Exception {
        var text = Recorded.text("j1-config_dump.http");
        var dump = Recorded.json(text.substring(text.indexOf("\n{") + 1));
        @SuppressWarnings("unchecked")
        var recorded = new java.util.TreeMap<>((Map<String, Object>) dump.get("config"));
        // Of its DNS library, and of its own tests.
        recorded.keySet()
                .removeAll(List.of("dnsResolverCfg", "dnsResolverOpts", "fakeSelfInbound"));

        assertThat(with().describe().keySet()).containsExactlyElementsOf(recorded.keySet());
        assertThat(with("IPV6_ENABLED", "false").describe())
                .extracting("adminAddr", "statsAddr", "inboundAddr", "socketConfig", "windowSize")
                .map(Object::toString)
                .containsExactlyElementsOf(
                        List.of(
                                        "adminAddr",
                                        "statsAddr",
                                        "inboundAddr",
                                        "socketConfig",
                                        "windowSize")
                                .stream()
                                .map(key -> String.valueOf(recorded.get(key)))
                                .toList());
    }
}
