package dev.ambit.control.resource.traffic;

import dev.ambit.control.resource.Fields;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// Reads a `trafficPolicy`.
final class PolicyReader {
    private static final int PORT_MAX = 65_535;
    private static final int PERCENT_MAX = 100;
    private static final int STATUS_MIN = 100;
    private static final int STATUS_MAX = 599;
    private static final String CONFIG_MAP = "configmap://";
    private static final Pattern TUNNEL_HOST =
            Pattern.compile("[a-zA-Z0-9]([-a-zA-Z0-9.]{0,253}[a-zA-Z0-9])?|[0-9a-fA-F:.]{2,45}");

    private final String namespace;

    private enum TunnelProtocol {
        CONNECT,
        POST
    }

    /// @param namespace of the resource that the policy is in
    PolicyReader(String namespace) {
        this.namespace = namespace;
    }

    TrafficPolicy policy(Fields fields) {
        var outlier = fields.child("outlierDetection").map(PolicyReader::outlier);
        var policy =
                new TrafficPolicy(
                        fields.child("loadBalancer").map(LoadBalancerReader::loadBalancer),
                        fields.child("connectionPool").map(PolicyReader::pool),
                        outlier,
                        fields.child("tls").map(this::tls),
                        ports(fields),
                        fields.child("tunnel").map(PolicyReader::tunnel),
                        fields.child("proxyProtocol").map(PolicyReader::proxyProtocol),
                        fields.child("retryBudget").map(PolicyReader::budget));
        fields.noOthers();
        if (policy.equals(TrafficPolicy.NOTHING)) {
            throw fields.bad("", "empty (expected: at least one field)");
        }
        if (policy.tunnel().isPresent() && policy.proxyProtocol().isPresent()) {
            throw fields.bad("tunnel", "set with proxyProtocol (expected: one of the two)");
        }
        return policy;
    }

    private List<TrafficPolicy.PortPolicy> ports(Fields fields) {
        var list = new ArrayList<TrafficPolicy.PortPolicy>();
        for (var entry : fields.children("portLevelSettings")) {
            var selector =
                    entry.child("port")
                            .orElseThrow(
                                    () -> entry.bad("port", "missing (expected: a port's number)"));
            int number = selector.integer("number", 0, PORT_MAX, 0);
            selector.noOthers();
            var port =
                    new TrafficPolicy.PortPolicy(
                            number,
                            entry.child("loadBalancer").map(LoadBalancerReader::loadBalancer),
                            entry.child("connectionPool").map(PolicyReader::pool),
                            entry.child("outlierDetection").map(PolicyReader::outlier),
                            entry.child("tls").map(this::tls));
            entry.noOthers();
            if (port.loadBalancer().isEmpty()
                    && port.connectionPool().isEmpty()
                    && port.outlierDetection().isEmpty()
                    && port.tls().isEmpty()) {
                throw entry.bad("", "empty (expected: settings besides the port)");
            }
            list.add(port);
        }
        return list;
    }

    static ConnectionPool pool(Fields fields) {
        var pool =
                new ConnectionPool(
                        fields.child("tcp").map(PolicyReader::tcp),
                        fields.child("http").map(PolicyReader::http));
        fields.noOthers();
        if (pool.equals(ConnectionPool.NOTHING)) {
            throw fields.bad("", "empty (expected: tcp or http)");
        }
        return pool;
    }

    private static ConnectionPool.Tcp tcp(Fields fields) {
        var idle = fields.duration("idleTimeout");
        if (idle.isPresent() && idle.get().toMillis() != 0) {
            fields.timeout("idleTimeout");
        }
        var tcp =
                new ConnectionPool.Tcp(
                        count(fields, "maxConnections"),
                        fields.timeout("connectTimeout"),
                        fields.child("tcpKeepalive").map(PolicyReader::keepalive),
                        fields.timeout("maxConnectionDuration"),
                        idle);
        fields.noOthers();
        return tcp;
    }

    static ConnectionPool.Keepalive keepalive(Fields fields) {
        var keepalive =
                new ConnectionPool.Keepalive(
                        count(fields, "probes"),
                        fields.timeout("time"),
                        fields.timeout("interval"));
        fields.noOthers();
        return keepalive;
    }

    private static ConnectionPool.Http http(Fields fields) {
        var http =
                new ConnectionPool.Http(
                        count(fields, "http1MaxPendingRequests"),
                        count(fields, "http2MaxRequests"),
                        count(fields, "maxRequestsPerConnection"),
                        count(fields, "maxRetries"),
                        fields.timeout("idleTimeout"),
                        fields.choice(
                                "h2UpgradePolicy",
                                ConnectionPool.H2Upgrade.class,
                                ConnectionPool.H2Upgrade.DEFAULT),
                        fields.bool("useClientProtocol"),
                        count(fields, "maxConcurrentStreams"),
                        fields.child("http2KeepAlive").map(PolicyReader::http2Keepalive));
        fields.noOthers();
        if (http.useClientProtocol() && http.h2Upgrade() == ConnectionPool.H2Upgrade.UPGRADE) {
            throw fields.bad(
                    "useClientProtocol",
                    "true with h2UpgradePolicy UPGRADE (expected: one of the two)");
        }
        return http;
    }

    private static ConnectionPool.Http2Keepalive http2Keepalive(Fields fields) {
        var keepalive =
                new ConnectionPool.Http2Keepalive(
                        required(fields, "interval"), required(fields, "timeout"));
        fields.noOthers();
        return keepalive;
    }

    static java.time.Duration required(Fields fields, String name) {
        return fields.timeout(name)
                .orElseThrow(() -> fields.bad(name, "missing (expected: a duration)"));
    }

    static OutlierDetection outlier(Fields fields) {
        boolean split = fields.bool("splitExternalLocalOriginErrors");
        var local = maybeCount(fields, "consecutiveLocalOriginFailures");
        if (!split && local.orElse(0) > 0) {
            throw fields.bad(
                    "consecutiveLocalOriginFailures",
                    local.orElse(0) + " (expected: with splitExternalLocalOriginErrors: true)");
        }
        var codes = new ArrayList<Integer>();
        for (var code : fields.integers("outlierDetectionHttpErrorCodes", STATUS_MIN, STATUS_MAX)) {
            codes.add(code);
        }
        // Outdated, without effect: consecutive5xxErrors replaced it.
        count(fields, "consecutiveErrors");
        var outlier =
                new OutlierDetection(
                        split,
                        local,
                        maybeCount(fields, "consecutiveGatewayErrors"),
                        maybeCount(fields, "consecutive5xxErrors"),
                        fields.timeout("interval"),
                        fields.timeout("baseEjectionTime"),
                        fields.integer("maxEjectionPercent", 0, PERCENT_MAX, 0),
                        fields.integer("minHealthPercent", 0, PERCENT_MAX, 0),
                        codes);
        fields.noOthers();
        return outlier;
    }

    private static TrafficPolicy.Tunnel tunnel(Fields fields) {
        var host = fields.required("targetHost");
        if (!TUNNEL_HOST.matcher(host).matches()) {
            throw fields.bad(
                    "targetHost", "'" + host + "' (expected: a host name or an IP address)");
        }
        var tunnel =
                new TrafficPolicy.Tunnel(
                        fields.choice("protocol", TunnelProtocol.class, TunnelProtocol.CONNECT)
                                == TunnelProtocol.POST,
                        host,
                        fields.integer("targetPort", 1, PORT_MAX, 0));
        fields.noOthers();
        if (tunnel.targetPort() == 0) {
            throw fields.bad(
                    "targetPort", "missing (expected: a number from 1 to " + PORT_MAX + ")");
        }
        return tunnel;
    }

    private static TrafficPolicy.ProxyProtocol proxyProtocol(Fields fields) {
        var version =
                fields.choice(
                        "version",
                        TrafficPolicy.ProxyProtocol.class,
                        TrafficPolicy.ProxyProtocol.V1);
        fields.noOthers();
        return version;
    }

    static RetryBudget budget(Fields fields) {
        var budget =
                new RetryBudget(
                        fields.decimal("percent", 0, PERCENT_MAX),
                        count(fields, "minRetryConcurrency"),
                        fields.timeout("budgetInterval"));
        fields.noOthers();
        return budget;
    }

    private ClientTls tls(Fields fields) {
        var tls =
                new ClientTls(
                        fields.choice("mode", ClientTls.Mode.class, ClientTls.Mode.DISABLE),
                        fields.text("clientCertificate"),
                        fields.text("privateKey"),
                        fields.text("caCertificates"),
                        fields.text("credentialName"),
                        fields.texts("subjectAltNames"),
                        fields.text("sni"),
                        fields.bool("insecureSkipVerify"),
                        fields.text("caCrl"));
        fields.noOthers();
        requireOwnConfigMap(fields, tls.credentialName());
        boolean mutual = tls.mode() == ClientTls.Mode.MUTUAL;
        boolean simple = tls.mode() == ClientTls.Mode.SIMPLE;
        if (tls.insecureSkipVerify() && (mutual || simple)) {
            requireEmpty(fields, "caCertificates", tls.caCertificates(), "insecureSkipVerify");
            if (simple) {
                requireEmpty(fields, "credentialName", tls.credentialName(), "insecureSkipVerify");
            }
            requireEmpty(
                    fields,
                    "subjectAltNames",
                    String.join(", ", tls.subjectAltNames()),
                    "insecureSkipVerify");
        }
        if ((mutual || simple) && !tls.credentialName().isEmpty()) {
            requireEmpty(fields, "clientCertificate", tls.clientCertificate(), "credentialName");
            requireEmpty(fields, "privateKey", tls.privateKey(), "credentialName");
            requireEmpty(fields, "caCertificates", tls.caCertificates(), "credentialName");
            requireEmpty(fields, "caCrl", tls.caCrl(), "credentialName");
        } else if (mutual) {
            fields.required("clientCertificate");
            fields.required("privateKey");
        }
        return tls;
    }

    private void requireOwnConfigMap(Fields fields, String credential) {
        if (!credential.startsWith(CONFIG_MAP)) {
            return;
        }
        var parts = credential.substring(CONFIG_MAP.length()).split("/", -1);
        boolean named = parts.length == 1 && !parts[0].isEmpty();
        boolean own = parts.length == 2 && parts[0].equals(namespace) && !parts[1].isEmpty();
        if (!named && !own) {
            throw fields.bad(
                    "credentialName",
                    "'"
                            + credential
                            + "' (expected: configmap://NAME or configmap://"
                            + namespace
                            + "/NAME)");
        }
    }

    private static void requireEmpty(Fields fields, String name, String value, String with) {
        if (!value.isEmpty()) {
            throw fields.bad(name, "'" + value + "' (expected: none with " + with + ")");
        }
    }

    private static int count(Fields fields, String name) {
        return fields.integer(name, 0, Integer.MAX_VALUE, 0);
    }

    private static Optional<Integer> maybeCount(Fields fields, String name) {
        return fields.has(name) ? Optional.of(count(fields, name)) : Optional.empty();
    }

    static void requireDistinct(Fields fields, String name, List<String> values) {
        if (new HashSet<>(values).size() < values.size()) {
            throw fields.bad(name, String.join(", ", values) + " (expected: each once)");
        }
    }
}
