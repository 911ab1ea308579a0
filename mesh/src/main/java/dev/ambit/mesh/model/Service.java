package dev.ambit.mesh.model;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A Service or ServiceEntry host: `istio.workload.Service`. Its endpoints are the workloads that
/// name it, see `MeshView.endpoints`.
///
/// @param vips exact addresses; empty for headless services
/// @param cidrVips ranges of a ServiceEntry
/// @param ports service port to target port; 0: named, so it differs by endpoint
/// @param subjectAltNames SPIFFE URIs that its endpoints may also present; as received
public record Service(
        ServiceKey key,
        String name,
        List<NetworkAddress> vips,
        List<CidrVip> cidrVips,
        Map<Integer, Integer> ports,
        List<String> subjectAltNames,
        Optional<GatewayAddress> waypoint,
        List<WeightedWaypoint> weightedWaypoints,
        Optional<LoadBalancing> loadBalancing,
        IpFamilies ipFamilies,
        boolean canonical,
        Visibility visibility) {

    public Service {
        vips = List.copyOf(vips);
        cidrVips = List.copyOf(cidrVips);
        ports = Map.copyOf(ports);
        subjectAltNames = List.copyOf(subjectAltNames);
        weightedWaypoints = List.copyOf(weightedWaypoints);
    }

    public enum IpFamilies {
        AUTOMATIC,
        IPV4_ONLY,
        IPV6_ONLY,
        DUAL
    }

    public enum Visibility {
        PUBLIC,
        NAMESPACE
    }

    public record CidrVip(String network, Cidr range) {}

    public record WeightedWaypoint(GatewayAddress destination, int weight) {}

    public record LoadBalancing(
            List<Scope> routingPreference, Mode mode, HealthPolicy healthPolicy) {
        public LoadBalancing {
            routingPreference = List.copyOf(routingPreference);
        }

        public enum Scope {
            REGION,
            ZONE,
            SUBZONE,
            NODE,
            CLUSTER,
            NETWORK
        }

        public enum Mode {
            UNSPECIFIED,
            STRICT,
            FAILOVER,
            PASSTHROUGH
        }

        public enum HealthPolicy {
            ONLY_HEALTHY,
            ALLOW_ALL
        }
    }
}
