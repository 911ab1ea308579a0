package dev.ambit.e2e.mesh;

import java.net.InetAddress;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/// What a waypoint is told, in the variables of istiod's template for its pod.
///
/// @param controlPlane address of xDS and CA, port 15012
/// @param rootCa PEM file with the control plane's root
/// @param token file with the pod's service account token
/// @param podInfo directory with the pod's labels
/// @param more what a run adds or overrides
record WaypointEnvironment(
        MeshPod pod,
        InetAddress controlPlane,
        Path rootCa,
        Path token,
        Path podInfo,
        Map<String, String> more) {

    Map<String, String> variables() {
        String url =
                "https://" + controlPlane.getHostAddress() + ":" + ZtunnelEnvironment.CONTROL_PORT;
        var place = pod.place();
        var all = new LinkedHashMap<String, String>();
        all.put("POD_NAME", place.name());
        all.put("POD_NAMESPACE", place.namespace());
        all.put("INSTANCE_IP", pod.address());
        all.put("SERVICE_ACCOUNT", pod.serviceAccount());
        all.put("ISTIO_META_SERVICE_ACCOUNT", pod.serviceAccount());
        all.put("ISTIO_META_NODE_NAME", place.node().name());
        all.put("ISTIO_META_CLUSTER_ID", "Kubernetes");
        all.put("ISTIO_META_WORKLOAD_NAME", pod.serviceAccount());
        all.put("TRUST_DOMAIN", "cluster.local");
        all.put("XDS_ADDRESS", url);
        all.put("CA_ADDRESS", url);
        all.put("XDS_ROOT_CA", rootCa.toString());
        all.put("CA_ROOT_CA", rootCa.toString());
        all.put("AUTH_TOKEN", token.toString());
        all.put("POD_INFO", podInfo.toString());
        // The lab's ztunnels hear of a change much sooner than a cluster's.
        all.put("TERMINATION_DRAIN_DURATION_SECONDS", "2");
        all.putAll(more);
        return all;
    }
}
