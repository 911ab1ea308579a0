package dev.ambit.waypoint.config;

import dev.ambit.identity.SpiffeId;
import dev.ambit.process.ConfigFault;
import dev.ambit.process.TrustFiles;
import dev.ambit.process.config.Environment;
import dev.ambit.process.config.HostPort;
import dev.ambit.process.config.Proofs;
import dev.ambit.process.config.ProxyConfig;
import dev.ambit.waypoint.config.WaypointConfig.Addresses;
import dev.ambit.waypoint.config.WaypointConfig.ControlPlane;
import dev.ambit.waypoint.config.WaypointConfig.Drain;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/// Reads the settings: which variable means what, and what holds where it is not set.
final class ConfigReader {
    private static final String ROOT = "./var/run/secrets/istio/root-cert.pem";
    private static final String KUBERNETES_ROOT =
            "./var/run/secrets/kubernetes.io/serviceaccount/ca.crt";
    private static final Path TOKEN = Path.of("./var/run/secrets/tokens/istio-token");
    private static final Path MESH_FILE = Path.of("./etc/istio/config/mesh");
    private static final String POD_INFO = "/etc/istio/pod";
    private static final String ISTIOD = "istiod.istio-system.svc:15012";
    private static final int MOST_WORKERS = 1024;

    private final Arguments arguments;
    private final Environment env;
    private final ProxyConfig proxyConfig;
    private final List<String> remarks;

    private ConfigReader(Arguments arguments, Map<String, String> env) {
        this.arguments = arguments;
        this.proxyConfig = ProxyConfig.read(new Environment(env), Variable.PROXY_CONFIG, MESH_FILE);
        // Other proxies' metadata comes as environment too; what the pod says itself is stronger.
        var all = new HashMap<String, String>();
        proxyConfig
                .metadata()
                .forEach((name, value) -> {
                    all.put(name, value);
                    all.put(Variable.Prefix.ISTIO_META_ + name, value);
                });
        all.putAll(env);
        this.env = new Environment(all);
        this.remarks = new ArrayList<>(arguments.remarks());
    }

    static WaypointConfig read(List<String> arguments, Map<String, String> env) {
        return new ConfigReader(Arguments.parse(arguments), env).read();
    }

    private WaypointConfig read() {
        var namespace = env.text(Variable.POD_NAMESPACE, "default");
        var pod = env.text(Variable.POD_NAME, "waypoint");
        var account =
                env.filled(Variable.SERVICE_ACCOUNT)
                        .or(() -> meta("SERVICE_ACCOUNT"))
                        .orElse("default");
        var ip = env.text(Variable.INSTANCE_IP, "127.0.0.1").split(",", 2)[0].strip();
        var istiod = proxyConfig.discoveryAddress().orElse(ISTIOD);
        var xdsAddress = env.filled(Variable.XDS_ADDRESS).orElse(istiod);
        var caAddress =
                env.filled(Variable.CA_ADDRESS)
                        .or(() -> env.filled(Variable.CA_ADDR))
                        .orElse(xdsAddress);
        var clusterId = meta("CLUSTER_ID").orElse("Kubernetes");
        var metadata =
                new NodeMetadata(env, proxyConfig)
                        .read(
                                pod,
                                namespace,
                                account,
                                clusterId,
                                Path.of(env.text(Variable.POD_INFO, POD_INFO)));
        var buckets = Annotations.histogramBuckets(metadata, remarks);
        noApplication();
        return new WaypointConfig(
                pod,
                namespace,
                ip,
                identity(env.text(Variable.TRUST_DOMAIN, "cluster.local"), namespace, account),
                clusterId,
                meta("NETWORK").orElse(""),
                arguments.option("domain").orElse(namespace + ".svc.cluster.local"),
                arguments.option("serviceCluster").orElse(account + "." + namespace),
                controlPlane(
                        xdsAddress,
                        Variable.XDS_ADDRESS,
                        Variable.XDS_ROOT_CA,
                        Variable.ALT_XDS_HOSTNAME,
                        Variable.Prefix.XDS_HEADER_),
                controlPlane(
                        caAddress,
                        Variable.CA_ADDRESS,
                        Variable.CA_ROOT_CA,
                        Variable.ALT_CA_HOSTNAME,
                        Variable.Prefix.CA_HEADER_),
                Proofs.token(env, Variable.AUTH_TOKEN, TOKEN),
                env.positive(Variable.SECRET_TTL, Duration.ofHours(24)),
                trust(),
                workers(),
                drain(),
                addresses(),
                jsonLog(),
                logLevel(),
                metadata,
                buckets,
                List.copyOf(remarks));
    }

    /// Sidecars merge what their application tells into their metrics; nothing runs beside a
    /// waypoint.
    private void noApplication() {
        env.filled(Variable.ISTIO_PROMETHEUS_ANNOTATIONS)
                .ifPresent(value ->
                        remarks.add(
                                Variable.ISTIO_PROMETHEUS_ANNOTATIONS
                                        + ": "
                                        + value
                                        + " has no effect: a waypoint has no application"
                                        + " whose metrics it could merge"));
    }

    private Optional<String> meta(String name) {
        return Optional.ofNullable(env.all().get(Variable.Prefix.ISTIO_META_ + name))
                .filter(value -> !value.isEmpty());
    }

    private static SpiffeId identity(String trustDomain, String namespace, String account) {
        try {
            return new SpiffeId(trustDomain, namespace, account);
        } catch (IllegalArgumentException unusable) {
            throw new ConfigFault(
                    "TRUST_DOMAIN, POD_NAMESPACE and SERVICE_ACCOUNT",
                    trustDomain + ", " + namespace + ", " + account,
                    "the parts of a SPIFFE URI: " + unusable.getMessage());
        }
    }

    private ControlPlane controlPlane(
            String address,
            Variable addressFrom,
            Variable roots,
            Variable alsoNamed,
            Variable.Prefix headers) {
        HostPort where = Environment.hostPort(addressFrom, address);
        return new ControlPlane(
                where,
                Proofs.roots(env, roots, defaultRoots()),
                env.filled(alsoNamed),
                env.headers(headers));
    }

    /// `PILOT_CERT_PROVIDER`: who signed the control plane's own certificate.
    private String defaultRoots() {
        return switch (env.text(Variable.PILOT_CERT_PROVIDER, "istiod")) {
            case "kubernetes" -> KUBERNETES_ROOT;
            case "system" -> "SYSTEM";
            default -> ROOT;
        };
    }

    private TrustFiles.Settings trust() {
        return new TrustFiles.Settings(
                true,
                env.filled(Variable.CRL_PATH).map(Path::of),
                env.isTrue(Variable.TLS12_ENABLED),
                switch (env.text(Variable.COMPLIANCE_POLICY, "")) {
                    case "" -> false;
                    case "pqc" -> true;
                    case String other ->
                            throw Environment.fault(
                                    Variable.COMPLIANCE_POLICY,
                                    other,
                                    "pqc or nothing; this build has no FIPS module");
                });
    }

    /// Said outright, else as many as the container may use processors, else all of them: as Istio
    /// starts Envoy.
    private int workers() {
        var said = arguments.option("concurrency");
        if (said.isPresent()) {
            int number = number("--concurrency", said.get());
            return number == 0 ? processors() : number;
        }
        OptionalInt configured = proxyConfig.concurrency();
        if (configured.isPresent() && configured.getAsInt() > 0) {
            return configured.getAsInt();
        }
        return processors();
    }

    private int processors() {
        int all = Runtime.getRuntime().availableProcessors();
        return env.number(Variable.ISTIO_CPU_LIMIT, all, 1, MOST_WORKERS);
    }

    private static int number(String name, String text) {
        try {
            int number = Integer.parseInt(text);
            if (number >= 0 && number <= MOST_WORKERS) {
                return number;
            }
        } catch (NumberFormatException notANumber) {
            // Below.
        }
        throw new ConfigFault(name, text, "a whole number from 0 to " + MOST_WORKERS);
    }

    private Drain drain() {
        var duration =
                env.filled(Variable.TERMINATION_DRAIN_DURATION_SECONDS)
                        .map(text ->
                                Duration.ofSeconds(
                                        Environment.number(
                                                Variable.TERMINATION_DRAIN_DURATION_SECONDS,
                                                text,
                                                0,
                                                Integer.MAX_VALUE)))
                        .or(() -> proxyConfig.duration("terminationDrainDuration"))
                        .orElse(Duration.ofSeconds(5));
        return new Drain(
                duration,
                env.duration(Variable.MINIMUM_DRAIN_DURATION, Duration.ofSeconds(5)),
                env.isTrue(Variable.EXIT_ON_ZERO_ACTIVE_CONNECTIONS));
    }

    private Addresses addresses() {
        var any = literal("::");
        int sandwich = env.number(Variable.SANDWICH_PORT, 0, 0, 65_535);
        return new Addresses(
                new InetSocketAddress(any, port(Variable.HBONE_PORT, 15008)),
                sandwich == 0
                        ? Optional.empty()
                        : Optional.of(new InetSocketAddress(any, sandwich)),
                new InetSocketAddress(
                        literal("127.0.0.1"),
                        port(Variable.ADMIN_PORT, proxyConfig.adminPort().orElse(15000))),
                new InetSocketAddress(
                        any,
                        port(Variable.STATUS_PORT, proxyConfig.port("statusPort").orElse(15020))),
                new InetSocketAddress(any, port(Variable.ENVOY_STATUS_PORT, 15021)),
                new InetSocketAddress(any, port(Variable.ENVOY_PROMETHEUS_PORT, 15090)));
    }

    private int port(Variable name, int usual) {
        return env.number(name, usual, 1, 65_535);
    }

    private boolean jsonLog() {
        return env.text(Variable.LOG_FORMAT, "plain").equals("json")
                || arguments.option("log_as_json").filter("true"::equals).isPresent();
    }

    /// `--log_output_level default:info,xds:debug`, in the form that the log takes.
    private String logLevel() {
        return env.filled(Variable.AMBIT_LOG)
                .or(() -> arguments.option("log_output_level").map(ConfigReader::level))
                .orElse("info");
    }

    private static String level(String istio) {
        var parts = new ArrayList<String>();
        for (var part : istio.split(",", -1)) {
            int colon = part.indexOf(':');
            var scope = colon < 0 ? "default" : part.substring(0, colon).strip();
            var level = part.substring(colon + 1).strip();
            var known = level.equals("fatal") ? "error" : level.equals("none") ? "off" : level;
            if (scope.equals("default") || scope.equals("all")) {
                parts.addFirst(known);
            }
        }
        return parts.isEmpty() ? "info" : parts.getFirst();
    }

    private static InetAddress literal(String address) {
        try {
            return InetAddress.getByName(address);
        } catch (UnknownHostException impossible) {
            throw new AssertionError(address, impossible);
        }
    }
}
