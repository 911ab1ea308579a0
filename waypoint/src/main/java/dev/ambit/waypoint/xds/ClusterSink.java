package dev.ambit.waypoint.xds;

import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;

/// Who takes clusters and endpoints. On the xDS thread alone.
public interface ClusterSink {
    /// Adds one, or changes it.
    void cluster(CompileScope scope, Cluster cluster) throws Refused;

    void removeCluster(String name);

    /// @param service the name that clusters know these endpoints by
    void endpoints(CompileScope scope, String service, ClusterLoadAssignment endpoints)
            throws Refused;

    void removeEndpoints(String service);

    /// Whether its hosts are known, even if there are none; true for one that is not there.
    boolean warm(String cluster);
}
