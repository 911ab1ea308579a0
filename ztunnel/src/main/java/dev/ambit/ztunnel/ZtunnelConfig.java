package dev.ambit.ztunnel;

import dev.ambit.ztunnel.dns.DnsSettings;
import dev.ambit.ztunnel.inpod.PodInfo;
import dev.ambit.ztunnel.inpod.SourceAddress;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// What the environment says, in Istio's variable names, so that a DaemonSet written for Istio's
/// ztunnel starts this one. Read once, at start.
///
/// @param xdsAddress `host:port` of the control plane
/// @param caAddress `host:port` of the certificate authority
/// @param authToken file with the bearer token, read anew for each call
/// @param certificateTtl lifetime asked for
/// @param packetMark SO_MARK of every socket in a pod: 1337 unless set; the redirection rules know
///   it
/// @param workerThreads event loops that carry bytes
/// @param inbound how requests are delivered to this node's pods
/// @param socks whether pods get a SOCKS5 listener
/// @param dedicated the one pod that is proxied, in this process's own namespace; empty: all of the
///   node's, as the node agent hands them over
/// @param self this process's own pod: its ports can be reached by HBONE, under its policies
/// @param metadata what `ISTIO_META_*` adds to the xDS node, prefix removed
public record ZtunnelConfig(
        String nodeName,
        String network,
        String clusterId,
        String clusterDomain,
        String podName,
        String podNamespace,
        String instanceIp,
        HostPort xdsAddress,
        Path xdsRootCa,
        HostPort caAddress,
        Path caRootCa,
        Optional<Path> authToken,
        Duration certificateTtl,
        Path zdsSocket,
        int packetMark,
        boolean reusePort,
        boolean ipv6,
        int workerThreads,
        InetSocketAddress adminAddress,
        InetSocketAddress statsAddress,
        InetSocketAddress readinessAddress,
        Duration drain,
        boolean jsonLog,
        String logLevel,
        InboundSettings inbound,
        boolean socks,
        Optional<PodInfo> dedicated,
        Optional<PodInfo> self,
        SecuritySettings security,
        Map<String, String> metadata,
        DnsSettings dns) {

    /// @param source `ENABLE_ORIG_SRC`
    /// @param loopbackTunnels `LOCALHOST_APP_TUNNEL`
    /// @param baggage `ENABLE_RESPONSE_BAGGAGE`: peers' baggage is heard and answered
    public record InboundSettings(SourceAddress source, boolean loopbackTunnels, boolean baggage) {}

    public record HostPort(String host, int port) {
        @Override
        public String toString() {
            return host + ":" + port;
        }
    }

    private static final String DEFAULT_ROOT = "./var/run/secrets/istio/root-cert.pem";
    private static final String DEFAULT_TOKEN = "./var/run/secrets/tokens/istio-token";
    private static final String DEFAULT_ISTIOD = "https://istiod.istio-system.svc:15012";

    /// @param env as `System.getenv` gives it
    /// @throws ConfigFault naming the variable, its value and what was expected
    public static ZtunnelConfig from(Map<String, String> env) {
        return new Reader(env).read();
    }

    /// For `/config_dump` and the log at start: no secrets are in it.
    public Map<String, String> describe() {
        var all = new TreeMap<String, String>();
        all.put("localNode", nodeName);
        all.put("network", network);
        all.put("clusterId", clusterId);
        all.put("clusterDomain", clusterDomain);
        all.put("xdsAddress", xdsAddress.toString());
        all.put("caAddress", caAddress.toString());
        all.put("secretTtl", certificateTtl.toString());
        all.put("inpodUds", zdsSocket.toString());
        all.put("packetMark", Integer.toString(packetMark));
        all.put("numWorkerThreads", Integer.toString(workerThreads));
        all.put("adminAddr", adminAddress.toString());
        all.put("statsAddr", statsAddress.toString());
        all.put("readinessAddr", readinessAddress.toString());
        all.put("selfTerminationDeadline", drain.toString());
        all.put("proxyMode", dedicated.isPresent() ? "Dedicated" : "Shared");
        dedicated.ifPresent(pod -> all.put("proxyWorkloadInformation", pod.toString()));
        self.ifPresent(pod -> all.put("ztunnelWorkload", pod.toString()));
        all.put("requireOriginalSource", inbound.source().toString());
        all.put("localhostAppTunnel", Boolean.toString(inbound.loopbackTunnels()));
        all.put("enableEnhancedBaggage", Boolean.toString(inbound.baggage()));
        all.put("socks5", Boolean.toString(socks));
        security.describe(all);
        return all;
    }

    private record Reader(Map<String, String> env) {
        ZtunnelConfig read() {
            boolean ipv6 = bool("IPV6_ENABLED", true);
            var any = address(ipv6 ? "::" : "0.0.0.0");
            var metadata = new TreeMap<String, String>();
            env.forEach((name, value) -> {
                if (name.startsWith("ISTIO_META_")) {
                    metadata.put(name.substring("ISTIO_META_".length()), value);
                }
            });
            var kubernetes = env.containsKey("KUBERNETES_SERVICE_HOST");
            var dedicated = dedicated();
            var istiod = kubernetes ? DEFAULT_ISTIOD : "https://localhost:15012";
            return new ZtunnelConfig(
                    required("NODE_NAME", "the name of this Kubernetes node"),
                    text("NETWORK", ""),
                    metadata.getOrDefault("CLUSTER_ID", text("CLUSTER_ID", "Kubernetes")),
                    text("CLUSTER_DOMAIN", "cluster.local"),
                    text("POD_NAME", ""),
                    text("POD_NAMESPACE", ""),
                    text("INSTANCE_IP", "1.1.1.1"),
                    hostPort("XDS_ADDRESS", istiod),
                    Path.of(text("XDS_ROOT_CA", DEFAULT_ROOT)),
                    hostPort("CA_ADDRESS", istiod),
                    Path.of(text("CA_ROOT_CA", DEFAULT_ROOT)),
                    token(),
                    duration("SECRET_TTL", Duration.ofHours(24)),
                    Path.of(text("INPOD_UDS", "/var/run/ztunnel/ztunnel.sock")),
                    number("PACKET_MARK", dedicated.isPresent() ? 0 : 1337, 0, Integer.MAX_VALUE),
                    bool("INPOD_PORT_REUSE", true),
                    ipv6,
                    workers(),
                    new InetSocketAddress(address("127.0.0.1"), 15000),
                    new InetSocketAddress(any, 15020),
                    new InetSocketAddress(any, 15021),
                    drain(),
                    text("LOG_FORMAT", "plain").equals("json"),
                    text("RUST_LOG", "info"),
                    new InboundSettings(
                            source(),
                            bool("LOCALHOST_APP_TUNNEL", true),
                            bool("ENABLE_RESPONSE_BAGGAGE", true)),
                    bool("UNSTABLE_ENABLE_SOCKS5", false),
                    dedicated,
                    dedicated.isPresent() ? Optional.empty() : self(),
                    SecuritySettings.from(env),
                    Map.copyOf(metadata),
                    dns(metadata, ipv6));
        }

        private DnsSettings dns(Map<String, String> metadata, boolean ipv6) {
            var domain = text("CLUSTER_DOMAIN", "cluster.local");
            var listen = metadata.getOrDefault("DNS_PROXY_ADDR", "localhost:" + DnsSettings.PORT);
            return new DnsSettings(
                    metadata.getOrDefault("DNS_CAPTURE", "true").equalsIgnoreCase("true"),
                    DnsSettings.Listen.parse(listen)
                            .orElseThrow(() ->
                                    new ConfigFault(
                                            "ISTIO_META_DNS_PROXY_ADDR",
                                            listen,
                                            "localhost:port or address:port")),
                    DnsSettings.domain(domain)
                            .orElseThrow(() ->
                                    new ConfigFault(
                                            "CLUSTER_DOMAIN",
                                            domain,
                                            "a DNS name such as cluster.local")),
                    Optional.of(text("PREFERED_SERVICE_NAMESPACE", ""))
                            .filter(name -> !name.isEmpty()),
                    ipv6);
        }

        private SourceAddress source() {
            if (!env.containsKey("ENABLE_ORIG_SRC")) {
                return SourceAddress.BEST_EFFORT;
            }
            return bool("ENABLE_ORIG_SRC", true) ? SourceAddress.REQUIRED : SourceAddress.OWN;
        }

        private Optional<PodInfo> dedicated() {
            var mode = text("PROXY_MODE", "shared");
            switch (mode) {
                case "shared":
                    return Optional.empty();
                case "dedicated":
                    var parts = text("PROXY_WORKLOAD_INFO", "").split("/", 3);
                    if (parts.length != 3 || List.of(parts).contains("")) {
                        throw new ConfigFault(
                                "PROXY_WORKLOAD_INFO",
                                text("PROXY_WORKLOAD_INFO", ""),
                                "namespace/name/service-account, with PROXY_MODE=dedicated");
                    }
                    return Optional.of(new PodInfo("dedicated", parts[1], parts[0], parts[2]));
                default:
                    throw new ConfigFault("PROXY_MODE", mode, "shared or dedicated");
            }
        }

        /// All three come by the downward API, or none.
        private Optional<PodInfo> self() {
            var name = text("POD_NAME", "");
            var namespace = text("POD_NAMESPACE", "");
            var account = text("SERVICE_ACCOUNT", "");
            return name.isEmpty() || namespace.isEmpty() || account.isEmpty()
                    ? Optional.empty()
                    : Optional.of(new PodInfo("self", name, namespace, account));
        }

        private Optional<Path> token() {
            var set = env.get("AUTH_TOKEN");
            if (set != null) {
                return set.isEmpty() ? Optional.empty() : Optional.of(Path.of(set));
            }
            var usual = Path.of(DEFAULT_TOKEN);
            return usual.toFile().exists() ? Optional.of(usual) : Optional.empty();
        }

        /// A grace period of s seconds leaves 5 s for the kubelet, or 1 s when it is short.
        private Duration drain() {
            if (env.containsKey("CONNECTION_TERMINATION_DEADLINE")) {
                return duration("CONNECTION_TERMINATION_DEADLINE", Duration.ofSeconds(5));
            }
            if (!env.containsKey("TERMINATION_GRACE_PERIOD_SECONDS")) {
                return Duration.ofSeconds(5);
            }
            int grace = number("TERMINATION_GRACE_PERIOD_SECONDS", 5, 0, 86_400);
            return Duration.ofSeconds(Math.max(1, grace > 10 ? grace - 5 : grace - 1));
        }

        private int workers() {
            int cores = Runtime.getRuntime().availableProcessors();
            var text = text("ZTUNNEL_WORKER_THREADS", "0");
            if (text.endsWith("%")) {
                int percent = parse("ZTUNNEL_WORKER_THREADS", text.replace("%", ""), 1, 100);
                return Math.max(1, (cores * percent + 99) / 100);
            }
            int set = parse("ZTUNNEL_WORKER_THREADS", text, 0, 1024);
            return set == 0 ? cores : set;
        }

        private String text(String name, String fallback) {
            return env.getOrDefault(name, fallback);
        }

        private String required(String name, String meaning) {
            var value = env.getOrDefault(name, "");
            if (value.isEmpty()) {
                throw new ConfigFault(name, value, meaning);
            }
            return value;
        }

        private boolean bool(String name, boolean fallback) {
            return switch (text(name, Boolean.toString(fallback))) {
                case "true" -> true;
                case "false" -> false;
                case String other -> throw new ConfigFault(name, other, "true or false");
            };
        }

        private int number(String name, int fallback, int least, int most) {
            return parse(name, text(name, Integer.toString(fallback)), least, most);
        }

        private static int parse(String name, String text, int least, int most) {
            try {
                int value = Integer.parseInt(text.strip());
                if (value >= least && value <= most) {
                    return value;
                }
            } catch (NumberFormatException notANumber) {
                // Reported below, with the range.
            }
            throw new ConfigFault(name, text, "a whole number from " + least + " to " + most);
        }

        /// `5m`, `180s`, `24h`, `250ms`.
        private Duration duration(String name, Duration fallback) {
            var text = env.get(name);
            if (text == null) {
                return fallback;
            }
            var unit = text.replaceFirst("^[0-9]+", "");
            var digits = text.substring(0, text.length() - unit.length());
            if (!digits.isEmpty() && digits.length() < 10) {
                long amount = Long.parseLong(digits);
                switch (unit) {
                    case "ms":
                        return Duration.ofMillis(amount);
                    case "s":
                        return Duration.ofSeconds(amount);
                    case "m":
                        return Duration.ofMinutes(amount);
                    case "h":
                        return Duration.ofHours(amount);
                    default:
                        break;
                }
            }
            throw new ConfigFault(name, text, "a duration such as 250ms, 30s, 5m or 24h");
        }

        private HostPort hostPort(String name, String fallback) {
            var text = text(name, fallback);
            var bare = text.startsWith("https://") ? text.substring("https://".length()) : text;
            int colon = bare.lastIndexOf(':');
            if (bare.startsWith("http://") || colon < 1) {
                throw new ConfigFault(name, text, "https://host:port");
            }
            var host = bare.substring(0, colon).replaceAll("^\\[|]$", "");
            return new HostPort(host, parse(name, bare.substring(colon + 1), 1, 65_535));
        }

        private static InetAddress address(String literal) {
            try {
                return InetAddress.getByName(literal);
            } catch (UnknownHostException impossible) {
                throw new AssertionError(literal, impossible);
            }
        }
    }
}
