package dev.ambit.ztunnel.config;

import dev.ambit.identity.SpiffeId;
import dev.ambit.identity.ca.RootCertificates;
import dev.ambit.process.config.HostPort;
import dev.ambit.ztunnel.ZtunnelConfig;
import dev.ambit.ztunnel.ZtunnelConfig.Mode;
import dev.ambit.ztunnel.ZtunnelConfig.PodName;
import dev.ambit.ztunnel.dns.DnsSettings;
import io.netty.util.NetUtil;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Settings under the reference's names and in its forms, for its readers. Tokens are not shown.
public final class ConfigView {
    private ConfigView() {}

    public static Map<String, ?> of(ZtunnelConfig c) {
        var all = new TreeMap<String, @Nullable Object>();
        ports(c, all);
        control(c, all);
        who(c, all);
        all.put("proxy", c.proxy());
        all.put("windowSize", c.tunnels().streamWindow());
        all.put("connectionWindowSize", c.tunnels().connectionWindow());
        all.put("frameSize", c.tunnels().frame());
        all.put("poolMaxStreamsPerConn", c.tunnels().streams());
        all.put("poolUnusedReleaseTimeout", duration(c.tunnels().unusedFor()));
        all.put("socketConfig", sockets(c.sockets()));
        all.put("selfTerminationDeadline", duration(c.drain()));
        all.put("numWorkerThreads", c.workerThreads());
        all.put("inpodUds", c.zdsSocket().toString());
        all.put("inpodPortReuse", c.reusePort());
        all.put("packetMark", c.packetMark() == 0 ? null : c.packetMark());
        all.put("ipv6Enabled", c.ipv6());
        all.put("requireOriginalSource", c.originalSource().orElse(null));
        all.put("localhostAppTunnel", c.localhostAppTunnel());
        all.put("enableEnhancedBaggage", c.responseBaggage());
        all.put("proxyMetadata", new TreeMap<>(c.metadata()));
        all.put("proxyArgs", "");
        return all;
    }

    private static void ports(ZtunnelConfig c, Map<String, @Nullable Object> all) {
        var any = c.ipv6() ? "[::]" : "0.0.0.0";
        boolean v6 = c.adminAddresses().size() > 1;
        all.put("adminAddr", localhost(v6, c.adminAddresses().getFirst().getPort()));
        all.put("statsAddr", Map.of("SocketAddr", text(c.statsAddress())));
        all.put("readinessAddr", Map.of("SocketAddr", text(c.readinessAddress())));
        all.put("inboundAddr", any + ":15008");
        all.put("inboundPlaintextAddr", any + ":15006");
        all.put("outboundAddr", any + ":15001");
        all.put("socks5Addr", c.socks5() ? "127.0.0.1:15080" : null);
        all.put("dnsProxy", c.dns().capture());
        all.put(
                "dnsProxyAddr",
                switch (c.dns().listen()) {
                    case DnsSettings.Listen.Localhost(int port) -> localhost(v6, port);
                    case DnsSettings.Listen.At(var address) -> Map.of("SocketAddr", text(address));
                });
        var own = new ArrayList<>(List.of(15001, 15006, 15008));
        if (c.socks5()) {
            own.add(15080);
        }
        all.put("illegalPorts", own);
    }

    private static void control(ZtunnelConfig c, Map<String, @Nullable Object> all) {
        all.put("xdsAddress", c.xdsAddress().map(ConfigView::url).orElse(null));
        all.put("xdsRootCert", roots(c.xdsRootCa()));
        all.put("altXdsHostname", c.altXdsHostname().orElse(null));
        all.put("xdsHeaders", headers(c.xdsHeaders()));
        all.put("xdsOnDemand", false);
        all.put("caAddress", url(c.caAddress()));
        all.put("caRootCert", roots(c.caRootCa()));
        all.put("altCaHostname", c.altCaHostname().orElse(null));
        all.put("caHeaders", headers(c.caHeaders()));
        all.put("fakeCa", false);
        all.put("secretTtl", duration(c.certificateTtl()));
        all.put("crlPath", c.security().revocationLists().map(Object::toString).orElse(null));
        all.put("preferedServiceNamespace", c.dns().preferredNamespace().orElse(null));
    }

    private static void who(ZtunnelConfig c, Map<String, @Nullable Object> all) {
        all.put("localNode", c.nodeName().isEmpty() ? null : c.nodeName());
        all.put("network", c.network());
        all.put("clusterId", c.clusterId());
        all.put("clusterDomain", c.clusterDomain());
        all.put("ztunnelIdentity", c.self().map(s -> identity(s).uri()).orElse(null));
        all.put("ztunnelWorkload", c.self().map(s -> pod(s.pod())).orElse(null));
        switch (c.mode()) {
            case Mode.Shared() -> {
                all.put("proxyMode", "Shared");
                all.put("proxyWorkloadInformation", null);
            }
            case Mode.Dedicated(var pod) -> {
                all.put("proxyMode", "Dedicated");
                all.put("proxyWorkloadInformation", pod(pod));
            }
        }
    }

    private static SpiffeId identity(ZtunnelConfig.OwnWorkload own) {
        return new SpiffeId(own.trustDomain(), own.pod().namespace(), own.pod().serviceAccount());
    }

    private static Map<String, ?> pod(PodName pod) {
        return new TreeMap<>(
                Map.of(
                        "name", pod.name(),
                        "namespace", pod.namespace(),
                        "serviceAccount", pod.serviceAccount()));
    }

    private static Map<String, ?> sockets(ZtunnelConfig.SocketSettings s) {
        return new TreeMap<>(
                Map.of(
                        "keepaliveEnabled", s.keepalive(),
                        "keepaliveTime", duration(s.keepaliveTime()),
                        "keepaliveInterval", duration(s.keepaliveInterval()),
                        "keepaliveRetries", s.keepaliveRetries(),
                        "userTimeoutEnabled", s.userTimeout()));
    }

    private static Map<String, ?> localhost(boolean ipv6, int port) {
        return Map.of("Localhost", List.of(ipv6, port));
    }

    private static Map<String, ?> duration(Duration d) {
        return new TreeMap<>(Map.of("nanos", d.getNano(), "secs", d.toSeconds()));
    }

    private static Object roots(RootCertificates roots) {
        return switch (roots) {
            case RootCertificates.File(var path) -> Map.of("File", path.toString());
            case RootCertificates.Inline _ -> "Static";
            case RootCertificates.OfTheSystem() -> "Default";
        };
    }

    /// Names only: a value may be a secret.
    private static List<?> headers(Map<String, String> headers) {
        return headers.keySet().stream().map(name -> List.of(name, "(not shown)")).toList();
    }

    private static String url(HostPort address) {
        return "https://" + address;
    }

    private static String text(InetSocketAddress address) {
        return NetUtil.toSocketAddressString(address);
    }
}
