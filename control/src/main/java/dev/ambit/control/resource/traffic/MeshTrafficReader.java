package dev.ambit.control.resource.traffic;

import dev.ambit.control.resource.Fields;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// Reads MeshConfig's part about how destinations are called.
public final class MeshTrafficReader {
    /// istiod's bounds.
    private static final Duration CONNECT_MIN = Duration.ofMillis(1);

    private static final Duration CONNECT_MAX = Duration.ofSeconds(30);

    private MeshTrafficReader() {}

    /// @param top the whole of MeshConfig
    public static MeshTraffic read(Fields top) {
        var defaults = MeshTraffic.defaults();
        var connect = top.timeout("connectTimeout").orElse(defaults.connectTimeout());
        if (connect.compareTo(CONNECT_MIN) < 0 || connect.compareTo(CONNECT_MAX) > 0) {
            throw top.bad(
                    "connectTimeout",
                    "'" + top.text("connectTimeout") + "' (expected: from 1ms to 30s)");
        }
        var byDefault = top.child("defaultTrafficPolicy");
        var exportTo = top.texts("defaultDestinationRuleExportTo");
        return new MeshTraffic(
                connect,
                top.timeout("hboneIdleTimeout"),
                top.child("tcpKeepalive").map(PolicyReader::keepalive),
                top.choice(
                                "h2UpgradePolicy",
                                ConnectionPool.H2Upgrade.class,
                                ConnectionPool.H2Upgrade.DO_NOT_UPGRADE)
                        == ConnectionPool.H2Upgrade.UPGRADE,
                top.child("localityLbSetting")
                        .map(LoadBalancerReader::locality)
                        .orElse(defaults.localityLb()),
                top.timeout("dnsRefreshRate").orElse(defaults.dnsRefreshRate()),
                top.flag("enableAutoMtls").orElse(true),
                top.texts("trustDomainAliases"),
                caTrustDomains(top),
                tlsDefaults(top),
                top.text("outboundClusterStatName"),
                byDefault.flatMap(d -> d.child("connectionPool")).map(PolicyReader::pool),
                byDefault.flatMap(d -> d.child("outlierDetection")).map(PolicyReader::outlier),
                exportTo.isEmpty() ? defaults.exportTo() : exportTo);
    }

    private static List<String> caTrustDomains(Fields top) {
        var list = new ArrayList<String>();
        for (var certificate : top.children("caCertificates")) {
            list.addAll(certificate.texts("trustDomains"));
        }
        return list;
    }

    private static MeshTraffic.TlsDefaults tlsDefaults(Fields top) {
        return top.child("tlsDefaults")
                .map(t ->
                        new MeshTraffic.TlsDefaults(t.texts("cipherSuites"), t.texts("ecdhCurves")))
                .orElse(MeshTraffic.defaults().tlsDefaults());
    }
}
