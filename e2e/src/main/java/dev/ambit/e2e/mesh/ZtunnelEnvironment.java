package dev.ambit.e2e.mesh;

import java.net.InetAddress;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/// What a ztunnel is told, in the variables that Istio's DaemonSet sets, so that any ztunnel starts
/// from it.
///
/// @param controlPlane address of xDS and CA, port 15012
/// @param rootCa PEM file with the control plane's root
/// @param token file with the node's service account token
/// @param zdsSocket of the node's agent
/// @param address of the node
/// @param more what a run adds or overrides
public record ZtunnelEnvironment(
        String node,
        InetAddress address,
        InetAddress controlPlane,
        Path rootCa,
        Path token,
        Path zdsSocket,
        Map<String, String> more) {
    static final int CONTROL_PORT = 15012;

    public Map<String, String> variables() {
        String url = "https://" + controlPlane.getHostAddress() + ":" + CONTROL_PORT;
        var all = new LinkedHashMap<String, String>();
        all.put("NODE_NAME", node);
        all.put("INSTANCE_IP", address.getHostAddress());
        all.put("POD_NAME", "ztunnel-" + node);
        all.put("POD_NAMESPACE", "istio-system");
        all.put("SERVICE_ACCOUNT", "ztunnel");
        all.put("CLUSTER_ID", "Kubernetes");
        all.put("NETWORK", "");
        all.put("XDS_ADDRESS", url);
        all.put("CA_ADDRESS", url);
        all.put("XDS_ROOT_CA", rootCa.toString());
        all.put("CA_ROOT_CA", rootCa.toString());
        all.put("AUTH_TOKEN", token.toString());
        all.put("INPOD_UDS", zdsSocket.toString());
        all.put("LOG_FORMAT", "plain");
        all.put("RUST_LOG", "info");
        all.put("TERMINATION_GRACE_PERIOD_SECONDS", "6");
        all.putAll(more);
        return all;
    }
}
