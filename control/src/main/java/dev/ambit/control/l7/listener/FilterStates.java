package dev.ambit.control.l7.listener;

import dev.ambit.control.l7.Protos;
import dev.ambit.control.l7.ProxySettings;
import dev.ambit.control.l7.WaypointNode;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.SubstitutionFormatString;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.extensions.filters.common.set_filter_state.v3.FilterStateValue;
import io.envoyproxy.envoy.extensions.filters.common.set_filter_state.v3.FilterStateValue.SharedWithUpstream;
import io.envoyproxy.envoy.extensions.filters.http.set_filter_state.v3.Config;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.envoyproxy.envoy.extensions.formatter.cel.v3.Cel;

/// What one listener tells the next one about a connection.
final class FilterStates {
    /// The authority of the tunnel, if it is an address.
    private static final String DESTINATION = "envoy.filters.listener.original_dst.local_ip";

    /// The authority of the tunnel, whatever it is.
    static final String AUTHORITY = "io.istio.connect_authority";

    /// Who has seen the request before: `waypoint`, `gateway` or nobody.
    static final String SOURCE = "io.istio.source";

    /// Where the tunnel to another network's gateway is to end.
    static final String TARGET = "istio.double_hbone.hbone_target_address";

    private static final String AUTHORITY_HEADER = "%REQ(:AUTHORITY)%";

    private FilterStates() {}

    /// A kind of text that listeners can be matched by; older proxies have another name for it.
    private static String text(WaypointNode node) {
        return ProxySettings.atLeast(node, 1, 29, 2) ? "istio.hashable_string" : "envoy.string";
    }

    /// What the end of a tunnel knows of the request for it.
    static HttpFilter connectAuthority(WaypointNode node) {
        return Filters.http(
                "connect_authority",
                Config.newBuilder()
                        .addOnRequestHeaders(once(DESTINATION, AUTHORITY_HEADER, ""))
                        .addOnRequestHeaders(once(AUTHORITY, AUTHORITY_HEADER, text(node)))
                        .addOnRequestHeaders(
                                once(
                                        "envoy.filters.listener.original_dst.remote_ip",
                                        "%DOWNSTREAM_REMOTE_ADDRESS%",
                                        ""))
                        .addOnRequestHeaders(
                                once(
                                        "io.istio.peer_principal",
                                        "%DOWNSTREAM_PEER_URI_SAN%",
                                        text(node)))
                        .addOnRequestHeaders(
                                once(
                                        "io.istio.local_principal",
                                        "%DOWNSTREAM_LOCAL_URI_SAN%",
                                        text(node)))
                        .build());
    }

    static HttpFilter requestSource(WaypointNode node) {
        return Filters.http(
                "request_source",
                Config.newBuilder()
                        .addOnRequestHeaders(
                                once(SOURCE, "%REQ(" + Originate.SOURCE_HEADER + ")%", text(node)))
                        .build());
    }

    /// Hands on the address for a chain that leads to workloads.
    static Filter destination() {
        return Filters.network(
                "connect_authority",
                network(once(DESTINATION, "%FILTER_STATE(" + DESTINATION + ":PLAIN)%", "")));
    }

    /// The address that the client asked for, or the service's own where it asked by name.
    static Filter destinationOr(String address) {
        var expression =
                "%CEL('"
                        + DESTINATION
                        + "' in filter_state ? filter_state['"
                        + DESTINATION
                        + "']: r'"
                        + address
                        + "')%";
        var format =
                SubstitutionFormatString.newBuilder()
                        .addFormatters(
                                TypedExtensionConfig.newBuilder()
                                        .setName("envoy.formatter.cel")
                                        .setTypedConfig(Protos.any(Cel.getDefaultInstance())))
                        .setTextFormatSource(DataSource.newBuilder().setInlineString(expression));
        return Filters.network(
                "set_dst_address",
                network(
                        FilterStateValue.newBuilder()
                                .setObjectKey("envoy.network.transport_socket.original_dst_address")
                                .setFormatString(format)
                                .build()));
    }

    /// What the endpoint's metadata says about the far end of a tunnel in a tunnel.
    static Filter endpointMetadata(WaypointNode node) {
        return Filters.network(
                "propagate_endpoint_metadata",
                io.envoyproxy.envoy.extensions.filters.network.set_filter_state.v3.Config
                        .newBuilder()
                        .addOnNewConnection(
                                value(
                                        DESTINATION,
                                        "%DYNAMIC_METADATA(envoy.filters.listener.original_dst"
                                                + ":local)%",
                                        "",
                                        SharedWithUpstream.TRANSITIVE))
                        .addOnNewConnection(
                                value(
                                        TARGET,
                                        "%DYNAMIC_METADATA(istio:double_hbone:hbone_target_address)%",
                                        text(node),
                                        SharedWithUpstream.TRANSITIVE))
                        .build());
    }

    private static io.envoyproxy.envoy.extensions.filters.network.set_filter_state.v3.Config
            network(FilterStateValue value) {
        return io.envoyproxy.envoy.extensions.filters.network.set_filter_state.v3.Config
                .newBuilder()
                .addOnNewConnection(value)
                .build();
    }

    private static FilterStateValue once(String key, String format, String factory) {
        return value(key, format, factory, SharedWithUpstream.ONCE);
    }

    private static FilterStateValue value(
            String key, String format, String factory, SharedWithUpstream shared) {
        return FilterStateValue.newBuilder()
                .setObjectKey(key)
                .setFactoryKey(factory)
                .setSharedWithUpstream(shared)
                .setFormatString(
                        SubstitutionFormatString.newBuilder()
                                .setTextFormatSource(
                                        DataSource.newBuilder().setInlineString(format)))
                .build();
    }
}
