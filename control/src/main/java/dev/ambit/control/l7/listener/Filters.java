package dev.ambit.control.l7.listener;

import com.github.udpa.udpa.type.v1.TypedStruct;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Struct;
import com.google.protobuf.util.JsonFormat;
import dev.ambit.control.l7.Protos;
import io.envoyproxy.envoy.config.common.mutation_rules.v3.HeaderMutation;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption.HeaderAppendAction;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.ListenerFilter;
import io.envoyproxy.envoy.extensions.filters.http.cors.v3.Cors;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.HTTPFault;
import io.envoyproxy.envoy.extensions.filters.http.grpc_stats.v3.FilterConfig;
import io.envoyproxy.envoy.extensions.filters.http.grpc_web.v3.GrpcWeb;
import io.envoyproxy.envoy.extensions.filters.http.header_mutation.v3.Mutations;
import io.envoyproxy.envoy.extensions.filters.http.router.v3.Router;
import io.envoyproxy.envoy.extensions.filters.listener.original_dst.v3.OriginalDst;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;

/// Filters that look the same everywhere.
final class Filters {
    private static final String PEER_METADATA =
            "type.googleapis.com/io.istio.http.peer_metadata.Config";
    private static final String DOWNSTREAM_PEER = "waypoint_downstream_peer_metadata";
    private static final String UPSTREAM_PEER = "waypoint_upstream_peer_metadata";

    static final ListenerFilter ORIGINAL_DESTINATION =
            ListenerFilter.newBuilder()
                    .setName("envoy.filters.listener.original_dst")
                    .setTypedConfig(Protos.any(OriginalDst.getDefaultInstance()))
                    .build();

    static final HttpFilter GRPC_WEB =
            http("envoy.filters.http.grpc_web", GrpcWeb.getDefaultInstance());
    static final HttpFilter GRPC_STATS =
            http(
                    "envoy.filters.http.grpc_stats",
                    FilterConfig.newBuilder()
                            .setEmitFilterState(true)
                            .setStatsForAllMethods(Protos.bool(false))
                            .build());

    /// Routes say what they do; without them in the chain they do nothing.
    static final HttpFilter FAULT =
            http("envoy.filters.http.fault", HTTPFault.getDefaultInstance());

    static final HttpFilter CORS = http("envoy.filters.http.cors", Cors.getDefaultInstance());

    /// Exchanges who is at the other end over TCP, with those that know how to.
    static final Filter METADATA_EXCHANGE =
            network(
                    "istio.metadata_exchange",
                    typedStruct(
                            "type.googleapis.com/envoy.tcp.metadataexchange.config.MetadataExchange",
                            "{\"protocol\": \"istio-peer-exchange\", \"enable_discovery\": true}"));

    /// Reads who answered from the tunnel's response.
    static final Filter BAGGAGE_PEER =
            network(
                    "upstream_hbone_peer_metadata",
                    typedStruct(
                            "type.googleapis.com/envoy.extensions.network_filters.peer_metadata.Config",
                            "{\"baggage_key\": \"io.istio.baggage\"}"));

    private static final HttpFilter DOWNSTREAM =
            http(
                    DOWNSTREAM_PEER,
                    typedStruct(
                            PEER_METADATA,
                            """
                            {"downstream_discovery": [{"workload_discovery": {}}],
                             "shared_with_upstream": true}
                            """));
    private static final HttpFilter DOWNSTREAM_BAGGAGE =
            http(
                    DOWNSTREAM_PEER,
                    typedStruct(
                            PEER_METADATA,
                            """
                            {"downstream_discovery": [{"workload_discovery": {}}, {"baggage": {}}],
                             "downstream_propagation": [{"baggage": {}}],
                             "shared_with_upstream": true}
                            """));
    private static final HttpFilter UPSTREAM =
            http(
                    UPSTREAM_PEER,
                    typedStruct(
                            PEER_METADATA,
                            "{\"upstream_discovery\": [{\"workload_discovery\": {}}]}"));
    private static final HttpFilter UPSTREAM_BAGGAGE =
            http(
                    UPSTREAM_PEER,
                    typedStruct(
                            PEER_METADATA,
                            """
                            {"upstream_discovery": [
                              {"workload_discovery": {}},
                              {"upstream_filter_state": {"peer_metadata_key": "upstream_peer"}}]}
                            """));

    private static final HttpFilter ROUTER =
            http("envoy.filters.http.router", Router.getDefaultInstance());
    private static final HttpFilter ROUTER_WITHOUT_HEADERS =
            http(
                    "envoy.filters.http.router",
                    Router.newBuilder().setSuppressEnvoyHeaders(true).build());

    /// The certificate was proved where the tunnel ended: what was proved there is written anew, so
    /// that nothing else is believed.
    static final HttpFilter CLIENT_IDENTITY = clientIdentity();

    private Filters() {}

    static HttpFilter downstreamPeer(boolean baggage) {
        return baggage ? DOWNSTREAM_BAGGAGE : DOWNSTREAM;
    }

    static HttpFilter upstreamPeer(boolean baggage) {
        return baggage ? UPSTREAM_BAGGAGE : UPSTREAM;
    }

    /// @param suppressed no `x-envoy-…` headers
    static HttpFilter router(boolean suppressed) {
        return suppressed ? ROUTER_WITHOUT_HEADERS : ROUTER;
    }

    static HttpFilter http(String name, Message config) {
        return HttpFilter.newBuilder().setName(name).setTypedConfig(Protos.any(config)).build();
    }

    static Filter network(String name, Message config) {
        return Filter.newBuilder().setName(name).setTypedConfig(Protos.any(config)).build();
    }

    private static HttpFilter clientIdentity() {
        var header =
                HeaderValueOption.newBuilder()
                        .setHeader(
                                HeaderValue.newBuilder()
                                        .setKey("x-forwarded-client-cert")
                                        .setValue(
                                                "By=%FILTER_STATE(io.istio.local_principal:PLAIN)%;"
                                                        + "URI=%FILTER_STATE(io.istio.peer_principal"
                                                        + ":PLAIN)%"))
                        .setAppendAction(HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD);
        return http(
                "istio.waypoint.xfcc_client_identity",
                io.envoyproxy.envoy.extensions.filters.http.header_mutation.v3.HeaderMutation
                        .newBuilder()
                        .setMutations(
                                Mutations.newBuilder()
                                        .addRequestMutations(
                                                HeaderMutation.newBuilder().setAppend(header)))
                        .build());
    }

    /// Istio's own filters have no classes here.
    private static TypedStruct typedStruct(String type, String json) {
        var value = Struct.newBuilder();
        try {
            JsonFormat.parser().merge(json, value);
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("a filter written wrongly", e);
        }
        return TypedStruct.newBuilder().setTypeUrl(type).setValue(value).build();
    }
}
