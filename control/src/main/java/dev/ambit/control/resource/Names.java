package dev.ambit.control.resource;

import java.util.Set;

/// Labels and annotations that this module looks at.
public final class Names {
    public static final String DATAPLANE_MODE = "istio.io/dataplane-mode";
    public static final String REDIRECTION = "ambient.istio.io/redirection";
    public static final String SIDECAR_STATUS = "sidecar.istio.io/status";
    public static final String TUNNEL = "networking.istio.io/tunnel";
    public static final String CANONICAL_NAME = "service.istio.io/canonical-name";
    public static final String CANONICAL_REVISION = "service.istio.io/canonical-revision";
    public static final String POD_TEMPLATE_HASH = "pod-template-hash";
    public static final String SERVICE_NAME = "kubernetes.io/service-name";
    public static final String REGION = "topology.kubernetes.io/region";
    public static final String ZONE = "topology.kubernetes.io/zone";
    public static final String SUBZONE = "topology.istio.io/subzone";
    public static final String NETWORK = "topology.istio.io/network";
    public static final String TRAFFIC_DISTRIBUTION = "networking.istio.io/traffic-distribution";
    public static final String DRY_RUN = "istio.io/dry-run";
    public static final String USE_WAYPOINT = "istio.io/use-waypoint";
    public static final String USE_WAYPOINT_NAMESPACE = "istio.io/use-waypoint-namespace";
    public static final String USE_WAYPOINT_CANARY = "istio.io/use-waypoint-canary";
    public static final String USE_WAYPOINT_CANARY_NAMESPACE =
            "istio.io/use-waypoint-canary-namespace";
    public static final String CANARY_WEIGHT = "istio.io/use-waypoint-canary-weight";
    public static final String WAYPOINT_FOR = "istio.io/waypoint-for";
    public static final String INGRESS_USE_WAYPOINT = "istio.io/ingress-use-waypoint";
    public static final String WAYPOINT_BINDING = "ambient.istio.io/waypoint-inbound-binding";
    public static final String GATEWAY_NAME = "gateway.networking.k8s.io/gateway-name";
    public static final String GATEWAY_MANAGED = "gateway.istio.io/managed";
    public static final String MESH_CONTROLLER = "istio.io-mesh-controller";
    public static final String EAST_WEST_CONTROLLER = "istio.io-eastwest-controller";
    public static final String GATEWAY_ACCOUNT = "gateway.istio.io/service-account";
    public static final String WORKLOAD_NAME = "service.istio.io/workload-name";
    public static final String REGISTRATION_GROUP = "istio.io/autoRegistrationGroup";
    public static final String ROLLOUT_HASH = "rollouts-pod-template-hash";
    public static final String AUTO_ALLOCATE = "networking.istio.io/enable-autoallocate-ip";

    /// GatewayClasses of waypoints: Istio's, and the one that asks for this project's own proxy.
    public static final Set<String> WAYPOINT_CLASSES = Set.of("istio-waypoint", "ambit-waypoint");

    private Names() {}
}
