package dev.ambit.waypoint.xds;

import dev.ambit.waypoint.pool.TlsClientConfig;
import dev.ambit.waypoint.pool.TlsClientConfig.How;
import dev.ambit.waypoint.pool.TunnelSettings;
import dev.ambit.waypoint.upstream.ClusterConfig;
import dev.ambit.waypoint.upstream.ClusterStore;
import dev.ambit.waypoint.xds.cluster.ClusterCompiler;
import dev.ambit.waypoint.xds.cluster.EndpointCompiler;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/// Clusters and endpoints on their way into the store. `connect_originate` says besides whom
/// tunnels may end at.
public final class ClusterUpdates implements ClusterSink {
    private static final String ORIGINATE = "connect_originate";
    private static final String SPIFFE = "spiffe://";

    private final ClusterStore store;
    private volatile Set<String> peerTrustDomains;
    private volatile Optional<TunnelSettings> tunnels = Optional.empty();

    /// @param ownTrustDomain whose nodes are believed until the control plane says more
    public ClusterUpdates(ClusterStore store, String ownTrustDomain) {
        this.store = store;
        this.peerTrustDomains = Set.of(ownTrustDomain);
    }

    /// Trust domains of which a node must prove one before anything is sent to it.
    public Set<String> peerTrustDomains() {
        return peerTrustDomains;
    }

    /// What tunnels to destinations are to be like; empty until the control plane has said it.
    public Optional<TunnelSettings> tunnels() {
        return tunnels;
    }

    @Override
    public void cluster(CompileScope scope, Cluster cluster) throws Refused {
        var config = ClusterCompiler.compile(cluster, scope);
        if (config.name().equals(ORIGINATE)) {
            var domains = trustDomains(config);
            if (!domains.isEmpty()) {
                peerTrustDomains = domains;
            }
            tunnels = Optional.of(TunnelSettings.of(config.transport().http()));
        }
        store.apply(config);
    }

    private static Set<String> trustDomains(ClusterConfig config) throws Refused {
        var tls = config.transport().tls();
        if (tls.isEmpty()) {
            throw new Refused(
                    "cluster " + ORIGINATE + ": transport_socket",
                    "none",
                    "TLS: without it nobody proves who he is");
        }
        var whole = new HashSet<String>();
        var part = new HashSet<String>();
        for (var name : tls.get().names()) {
            var prefix = prefix(name);
            int end = prefix.indexOf('/', SPIFFE.length());
            var domain = prefix.substring(SPIFFE.length(), end);
            (end == prefix.length() - 1 ? whole : part).add(domain);
        }
        // One of several is enough, so a part of a domain adds nothing to the whole of it.
        if (!whole.containsAll(part)) {
            throw new Refused(
                    "cluster " + ORIGINATE + ": match_typed_subject_alt_names",
                    part.toString(),
                    "the prefix spiffe://<trust domain>/ for each trust domain");
        }
        return Set.copyOf(whole);
    }

    private static String prefix(TlsClientConfig.SanMatch name) throws Refused {
        var value = name.value();
        boolean usable =
                name.type().equals("URI")
                        && name.how() == How.PREFIX
                        && !name.ignoreCase()
                        && value.startsWith(SPIFFE)
                        && value.indexOf('/', SPIFFE.length()) > SPIFFE.length();
        if (!usable) {
            throw new Refused(
                    "cluster " + ORIGINATE + ": match_typed_subject_alt_names",
                    name.toString(),
                    "the prefix spiffe://<trust domain>/ of a URI");
        }
        return value;
    }

    @Override
    public void removeCluster(String name) {
        store.remove(name);
    }

    @Override
    public void endpoints(CompileScope scope, String service, ClusterLoadAssignment endpoints)
            throws Refused {
        store.endpoints(service, EndpointCompiler.compile(endpoints, scope));
    }

    @Override
    public void removeEndpoints(String service) {
        store.forgetEndpoints(service);
    }

    @Override
    public boolean warm(String cluster) {
        return store.warm(cluster);
    }
}
