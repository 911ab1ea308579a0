package dev.ambit.waypoint.exchange;

/// Where a stage wants a connection to go, left in the filter state for clusters that resolve
/// names.
public final class DynamicHost {
    private static final String HOST = "envoy.upstream.dynamic_host";
    private static final String PORT = "envoy.upstream.dynamic_port";

    private DynamicHost() {}

    /// @param port 0 for the one that the cluster takes by itself
    public static void set(StreamInfo info, String host, int port) {
        info.filterState(HOST, host);
        info.filterState(PORT, Integer.toString(port));
    }

    /// `host` or `host:port`; empty where no stage said.
    public static String authority(StreamInfo info) {
        if (!(info.filterState().get(HOST) instanceof String host)) {
            return "";
        }
        return info.filterState().get(PORT) instanceof String port && !port.equals("0")
                ? host + ":" + port
                : host;
    }
}
