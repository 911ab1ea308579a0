package dev.ambit.control.resource;

import java.util.List;
import java.util.Map;

/// @param clusterIps empty for a headless service and while none is assigned
/// @param trafficDistribution empty when not set
public record Service(
        Meta meta,
        Type type,
        boolean headless,
        List<String> clusterIps,
        Map<String, String> selector,
        List<Port> ports,
        List<String> ipFamilies,
        String trafficDistribution,
        boolean localOnly,
        boolean publishNotReady)
        implements Resource {

    public Service {
        clusterIps = List.copyOf(clusterIps);
        selector = Map.copyOf(selector);
        ports = List.copyOf(ports);
        ipFamilies = List.copyOf(ipFamilies);
    }

    public enum Type {
        CLUSTER_IP,
        NODE_PORT,
        LOAD_BALANCER,
        EXTERNAL_NAME
    }

    /// @param targetPort 0 when `targetName` names a container port
    /// @param targetName empty when the target is a number
    public record Port(
            String name,
            int port,
            String protocol,
            int targetPort,
            String targetName,
            String appProtocol) {}
}
