package dev.ambit.control.l7.listener;

import dev.ambit.control.l7.WaypointNode;
import dev.ambit.control.l7.registry.MeshService;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.DnsLookupFamily;
import io.envoyproxy.envoy.extensions.common.dynamic_forward_proxy.v3.DnsCacheConfig;

/// Hosts that are only known when they are called.
final class Wildcards {
    private Wildcards() {}

    /// The same as the cluster's: the proxy tells caches apart by name.
    static DnsCacheConfig cache(MeshService service, WaypointNode node) {
        return DnsCacheConfig.newBuilder()
                .setName(service.hostname() + "_dfp_dns_cache")
                .setDnsLookupFamily(
                        node.ipv6() && !node.ipv4()
                                ? DnsLookupFamily.V6_ONLY
                                : DnsLookupFamily.V4_ONLY)
                .build();
    }
}
