package dev.ambit.control.resource.traffic;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// MeshConfig's part about how destinations are called.
///
/// @param hboneIdleTimeout absent: an hour
/// @param h2Upgrade `h2UpgradePolicy: UPGRADE`
/// @param dnsRefreshRate after a failure; else the answer's TTL counts
/// @param caTrustDomains those that `caCertificates` vouch for
/// @param statName `outboundClusterStatName`, empty: the cluster's name
/// @param pool `defaultTrafficPolicy`, of destinations that the waypoint only calls
/// @param exportTo `defaultDestinationRuleExportTo`
public record MeshTraffic(
        Duration connectTimeout,
        Optional<Duration> hboneIdleTimeout,
        Optional<ConnectionPool.Keepalive> tcpKeepalive,
        boolean h2Upgrade,
        LocalityLb localityLb,
        Duration dnsRefreshRate,
        boolean autoMtls,
        List<String> trustDomainAliases,
        List<String> caTrustDomains,
        TlsDefaults tlsDefaults,
        String statName,
        Optional<ConnectionPool> pool,
        Optional<OutlierDetection> outlierDetection,
        List<String> exportTo) {

    public MeshTraffic {
        trustDomainAliases = List.copyOf(trustDomainAliases);
        caTrustDomains = List.copyOf(caTrustDomains);
        exportTo = List.copyOf(exportTo);
    }

    /// Empty lists: Envoy's own.
    public record TlsDefaults(List<String> ciphers, List<String> curves) {
        public TlsDefaults {
            ciphers = List.copyOf(ciphers);
            curves = List.copyOf(curves);
        }
    }

    public static MeshTraffic defaults() {
        return new MeshTraffic(
                Duration.ofSeconds(10),
                Optional.empty(),
                Optional.empty(),
                false,
                new LocalityLb(List.of(), List.of(), List.of(), Optional.of(true)),
                Duration.ofSeconds(60),
                true,
                List.of(),
                List.of(),
                new TlsDefaults(List.of(), List.of()),
                "",
                Optional.empty(),
                Optional.empty(),
                List.of("*"));
    }
}
