package dev.ambit.ztunnel.config;

import dev.ambit.identity.ca.BearerToken;
import dev.ambit.identity.ca.RootCertificates;
import dev.ambit.process.ConfigFault;
import dev.ambit.process.config.Environment;
import dev.ambit.process.config.HostPort;
import dev.ambit.process.config.Proofs;
import dev.ambit.process.config.ProxyConfig;
import dev.ambit.ztunnel.SecuritySettings;
import dev.ambit.ztunnel.ZtunnelConfig;
import dev.ambit.ztunnel.ZtunnelConfig.LocalMeshSource;
import dev.ambit.ztunnel.ZtunnelConfig.Mode;
import dev.ambit.ztunnel.ZtunnelConfig.OwnWorkload;
import dev.ambit.ztunnel.ZtunnelConfig.PodName;
import dev.ambit.ztunnel.ZtunnelConfig.SocketSettings;
import dev.ambit.ztunnel.ZtunnelConfig.TunnelSettings;
import dev.ambit.ztunnel.dns.DnsSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.schema.JsonSchema;

/// Reads the settings: which variable means what, and what holds where it is not set.
public final class ConfigReader {
    private static final String DEFAULT_ROOT = "./var/run/secrets/istio/root-cert.pem";
    private static final Path DEFAULT_TOKEN = Path.of("./var/run/secrets/tokens/istio-token");
    private static final Path NO_IPV6_ON_LOOPBACK =
            Path.of("/proc/sys/net/ipv6/conf/lo/disable_ipv6");
    private static final int ADMIN_PORT = 15000;
    private static final int STATS_PORT = 15020;
    private static final int READINESS_PORT = 15021;

    private final Environment env;
    private final ProxyConfig proxyConfig;
    private final Map<String, String> metadata;
    private final List<String> remarks = new ArrayList<>();

    private ConfigReader(Environment env, Path meshFile) {
        this.env = env;
        this.proxyConfig = ProxyConfig.read(env, Variable.PROXY_CONFIG, meshFile);
        this.metadata = new TreeMap<>(proxyConfig.metadata());
        metadata.putAll(env.prefixed(Variable.Prefix.ISTIO_META_));
    }

    public static ZtunnelConfig read(Map<String, String> env) {
        return read(env, ProxyConfig.MESH_FILE);
    }

    static ZtunnelConfig read(Map<String, String> env, Path meshFile) {
        return new ConfigReader(new Environment(env), meshFile).read();
    }

    private ZtunnelConfig read() {
        boolean ipv6 = env.bool(Variable.IPV6_ENABLED, true);
        var any = literal(ipv6 ? "::" : "0.0.0.0");
        boolean proxy = env.bool(Variable.ENABLE_PROXY, true);
        var dns = dns(ipv6);
        if (!proxy && !dns.capture()) {
            throw Environment.fault(
                    Variable.ENABLE_PROXY, "false", "true, or DNS_CAPTURE true: nothing would run");
        }
        var istiod = defaultIstiod();
        var mode = mode();
        noteWithoutEffect();
        int concurrencyCores = Runtime.getRuntime().availableProcessors();
        return new ZtunnelConfig(
                proxy,
                mode,
                env.text(Variable.NODE_NAME, ""),
                env.text(Variable.NETWORK, ""),
                metadata.getOrDefault("CLUSTER_ID", env.text(Variable.CLUSTER_ID, "Kubernetes")),
                env.text(Variable.CLUSTER_DOMAIN, "cluster.local"),
                env.text(Variable.POD_NAME, ""),
                env.text(Variable.POD_NAMESPACE, ""),
                env.text(Variable.INSTANCE_IP, "1.1.1.1"),
                self(),
                xdsAddress(istiod),
                roots(Variable.XDS_ROOT_CA),
                env.filled(Variable.ALT_XDS_HOSTNAME),
                env.headers(Variable.Prefix.XDS_HEADER_),
                Environment.hostPort(Variable.CA_ADDRESS, env.text(Variable.CA_ADDRESS, istiod)),
                roots(Variable.CA_ROOT_CA),
                env.filled(Variable.ALT_CA_HOSTNAME),
                env.headers(Variable.Prefix.CA_HEADER_),
                token(),
                env.positive(Variable.SECRET_TTL, Duration.ofHours(24)),
                localMesh(),
                Path.of(env.text(Variable.INPOD_UDS, "/var/run/ztunnel/ztunnel.sock")),
                env.bool(Variable.INPOD_PORT_REUSE, true),
                mark(mode),
                env.bool(Variable.ENABLE_ORIG_SRC),
                env.bool(Variable.LOCALHOST_APP_TUNNEL, true),
                env.bool(Variable.ENABLE_RESPONSE_BAGGAGE, true),
                sockets(),
                ipv6,
                tunnels(),
                drain(),
                new WorkerThreads(env, concurrencyCores).count(proxyConfig.concurrency()),
                SecuritySettings.from(env.all()),
                env.bool(Variable.UNSTABLE_ENABLE_SOCKS5, false),
                dns,
                admin(ipv6),
                new InetSocketAddress(any, proxyConfig.statsPort().orElse(STATS_PORT)),
                new InetSocketAddress(any, READINESS_PORT),
                env.text(Variable.LOG_FORMAT, "plain").equals("json"),
                env.text(Variable.RUST_LOG, "info"),
                Map.copyOf(metadata),
                jsonMetadata(),
                List.copyOf(remarks));
    }

    private String defaultIstiod() {
        return env.text(Variable.KUBERNETES_SERVICE_HOST).isPresent()
                ? "https://istiod.istio-system.svc:15012"
                : "https://localhost:15012";
    }

    private Optional<HostPort> xdsAddress(String istiod) {
        var text = env.text(Variable.XDS_ADDRESS).or(proxyConfig::discoveryAddress).orElse(istiod);
        return text.isEmpty()
                ? Optional.empty()
                : Optional.of(Environment.hostPort(Variable.XDS_ADDRESS, text));
    }

    private RootCertificates roots(Variable name) {
        return Proofs.roots(env, name, DEFAULT_ROOT);
    }

    private BearerToken.Source token() {
        return Proofs.token(env, Variable.AUTH_TOKEN, DEFAULT_TOKEN);
    }

    private Mode mode() {
        var text = env.text(Variable.PROXY_MODE, "shared");
        return switch (text) {
            case "shared" -> new Mode.Shared();
            case "dedicated" -> new Mode.Dedicated(dedicatedTo());
            default -> throw Environment.fault(Variable.PROXY_MODE, text, "shared or dedicated");
        };
    }

    private PodName dedicatedTo() {
        var text = env.text(Variable.PROXY_WORKLOAD_INFO, "");
        var parts = text.split("/", 3);
        if (parts.length != 3 || parts[0].isEmpty() || parts[1].isEmpty() || parts[2].isEmpty()) {
            throw Environment.fault(
                    Variable.PROXY_WORKLOAD_INFO,
                    text,
                    "namespace/name/service-account, since PROXY_MODE is dedicated");
        }
        return new PodName(parts[0], parts[1], parts[2]);
    }

    private Optional<OwnWorkload> self() {
        var name = env.filled(Variable.POD_NAME);
        var namespace = env.filled(Variable.POD_NAMESPACE);
        var account = env.filled(Variable.SERVICE_ACCOUNT);
        if (name.isEmpty() || namespace.isEmpty() || account.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(
                new OwnWorkload(
                        new PodName(namespace.get(), name.get(), account.get()),
                        env.text(Variable.TRUST_DOMAIN, "cluster.local")));
    }

    private int mark(Mode mode) {
        int usual =
                switch (mode) {
                    case Mode.Shared() -> 1337;
                    case Mode.Dedicated _ -> 0;
                };
        return env.number(Variable.PACKET_MARK, usual, 0, Integer.MAX_VALUE);
    }

    private Optional<LocalMeshSource> localMesh() {
        var path = env.filled(Variable.LOCAL_XDS_PATH);
        var inline = env.filled(Variable.LOCAL_XDS);
        if (path.isPresent() && inline.isPresent()) {
            throw Environment.fault(
                    Variable.LOCAL_XDS_PATH, path.get(), "only one of LOCAL_XDS_PATH, LOCAL_XDS");
        }
        return path.<LocalMeshSource>map(p -> new LocalMeshSource.File(Path.of(p)))
                .or(() -> inline.map(LocalMeshSource.Inline::new));
    }

    private SocketSettings sockets() {
        var usual = SocketSettings.DEFAULT;
        return new SocketSettings(
                env.bool(Variable.KEEPALIVE_ENABLED, usual.keepalive()),
                seconds(Variable.KEEPALIVE_TIME, usual.keepaliveTime()),
                seconds(Variable.KEEPALIVE_INTERVAL, usual.keepaliveInterval()),
                env.number(Variable.KEEPALIVE_RETRIES, usual.keepaliveRetries(), 1, 127),
                env.bool(Variable.USER_TIMEOUT_ENABLED, usual.userTimeout()));
    }

    /// The kernel takes 1 to 32767 whole seconds.
    private Duration seconds(Variable name, Duration usual) {
        var value = env.duration(name, usual);
        if (value.toSeconds() < 1 || value.toSeconds() > 32_767) {
            throw Environment.fault(name, env.text(name, ""), "a duration from 1s to 32767s");
        }
        return value;
    }

    private TunnelSettings tunnels() {
        int stream = env.number(Variable.HTTP2_STREAM_WINDOW_SIZE, 4 << 20, 1, Integer.MAX_VALUE);
        int connection =
                env.number(
                        Variable.HTTP2_CONNECTION_WINDOW_SIZE, 16 << 20, 65_535, Integer.MAX_VALUE);
        if (connection < stream) {
            throw Environment.fault(
                    Variable.HTTP2_CONNECTION_WINDOW_SIZE,
                    Integer.toString(connection),
                    "at least HTTP2_STREAM_WINDOW_SIZE, " + stream);
        }
        return new TunnelSettings(
                stream,
                connection,
                env.number(Variable.HTTP2_FRAME_SIZE, 1 << 20, 16_384, (1 << 24) - 1),
                env.number(Variable.POOL_MAX_STREAMS_PER_CONNECTION, 100, 1, 65_535),
                env.duration(Variable.POOL_UNUSED_RELEASE_TIMEOUT, Duration.ofMinutes(5)));
    }

    /// A grace period of s seconds leaves 5 s for the kubelet, or 1 s when it is short; and none is
    /// shorter than 1 s, not even that of 0.
    private Duration drain() {
        return env.duration(Variable.CONNECTION_TERMINATION_DEADLINE)
                .orElseGet(() -> {
                    if (env.text(Variable.TERMINATION_GRACE_PERIOD_SECONDS).isEmpty()) {
                        return Duration.ofSeconds(5);
                    }
                    int grace =
                            env.number(
                                    Variable.TERMINATION_GRACE_PERIOD_SECONDS,
                                    5,
                                    0,
                                    Integer.MAX_VALUE);
                    return Duration.ofSeconds(Math.max(1, grace > 10 ? grace - 5 : grace - 1));
                });
    }

    private DnsSettings dns(boolean ipv6) {
        var domain = env.text(Variable.CLUSTER_DOMAIN, "cluster.local");
        var listen = metadata.getOrDefault("DNS_PROXY_ADDR", "localhost:" + DnsSettings.PORT);
        return new DnsSettings(
                metadata.getOrDefault("DNS_CAPTURE", "true").equalsIgnoreCase("true"),
                DnsSettings.Listen.parse(listen)
                        .orElseThrow(() ->
                                new ConfigFault(
                                        Variable.Prefix.ISTIO_META_ + "DNS_PROXY_ADDR",
                                        listen,
                                        "localhost:port or address:port")),
                DnsSettings.domain(domain)
                        .orElseThrow(() ->
                                Environment.fault(
                                        Variable.CLUSTER_DOMAIN,
                                        domain,
                                        "a DNS name such as cluster.local")),
                env.filled(Variable.PREFERED_SERVICE_NAMESPACE),
                ipv6);
    }

    private Map<String, Object> jsonMetadata() {
        var all = new TreeMap<String, Object>();
        env.prefixed(Variable.Prefix.ISTIO_METAJSON_)
                .forEach((name, value) -> all.put(name, json(name, value)));
        return all;
    }

    private static Object json(String name, String text) {
        var settings = LoadSettings.builder().setSchema(new JsonSchema()).build();
        try {
            var value = new Load(settings).loadFromString(text);
            if (value != null) {
                return value;
            }
        } catch (YamlEngineException broken) {
            // Reported below.
        }
        throw new ConfigFault(Variable.Prefix.ISTIO_METAJSON_ + name, text, "JSON, not null");
    }

    private List<InetSocketAddress> admin(boolean ipv6) {
        int port = proxyConfig.adminPort().orElse(ADMIN_PORT);
        var v4 = new InetSocketAddress(literal("127.0.0.1"), port);
        return ipv6 && loopbackHasIpv6()
                ? List.of(v4, new InetSocketAddress(literal("::1"), port))
                : List.of(v4);
    }

    private static boolean loopbackHasIpv6() {
        try {
            return !Files.readString(NO_IPV6_ON_LOOPBACK).strip().equals("1");
        } catch (IOException noIpv6AtAll) {
            return false;
        }
    }

    private void noteWithoutEffect() {
        if (env.bool(Variable.FAKE_CA, false)) {
            throw Environment.fault(
                    Variable.FAKE_CA,
                    "true",
                    "false: certificates that anybody can make prove nobody");
        }
        if (env.bool(Variable.XDS_ON_DEMAND, false)) {
            remarks.add(
                    "XDS_ON_DEMAND has no effect: the whole mesh is subscribed to, which answers"
                            + " the same");
        }
    }

    private static InetAddress literal(String address) {
        try {
            return InetAddress.getByName(address);
        } catch (UnknownHostException impossible) {
            throw new AssertionError(address, impossible);
        }
    }
}
