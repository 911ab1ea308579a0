package dev.ambit.control.l7.listener;

import com.google.protobuf.Duration;
import dev.ambit.control.l7.L7Settings;
import dev.ambit.control.l7.Protos;
import dev.ambit.control.l7.ProxySettings;
import dev.ambit.control.l7.authz.HttpAuthorization;
import dev.ambit.control.l7.limits.Limits;
import dev.ambit.control.l7.registry.MeshService;
import dev.ambit.control.l7.registry.Protocol;
import dev.ambit.control.l7.registry.ServicePort;
import dev.ambit.control.l7.route.HttpRoutes;
import dev.ambit.control.l7.telemetry.AccessLogs.Place;
import dev.ambit.control.resource.extend.Extension;
import dev.ambit.control.resource.observe.MeshObserve.Normalization;
import dev.ambit.control.resource.observe.ProxyDefaults.Connections;
import dev.ambit.control.resource.observe.ProxyDefaults.EscapedSlashes;
import dev.ambit.control.resource.observe.ProxyDefaults.Underscores;
import io.envoyproxy.envoy.config.core.v3.Http1ProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.Http2ProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.HttpProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.HttpProtocolOptions.HeadersWithUnderscoresAction;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.extensions.filters.http.dynamic_forward_proxy.v3.FilterConfig;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.ForwardClientCertDetails;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.PathWithEscapedSlashesAction;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.UpgradeConfig;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.RequestIDExtension;
import io.envoyproxy.envoy.extensions.http.header_formatters.preserve_case.v3.PreserveCaseFormatterConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The filter that handles requests of one port of a service, or of workloads.
final class HttpChain {
    static final String MANAGER = "envoy.filters.network.http_connection_manager";

    /// On a pod (copied from its Gateway): requests carry who their client is.
    private static final String CLIENT_IDENTITY = "ambient.istio.io/xfcc-include-client-identity";

    private final Rendering rendering;

    HttpChain(Rendering rendering) {
        this.rendering = rendering;
    }

    Filter of(MeshService service, ServicePort port) {
        return manager(
                Optional.of(service),
                port.protocol(),
                port.number(),
                HttpRoutes.of(rendering.scope(), service, port));
    }

    /// Of the chain for workloads, which no service is known of.
    Filter direct() {
        return manager(Optional.empty(), Protocol.TCP, 0, HttpRoutes.direct(rendering.scope()));
    }

    private Filter manager(
            Optional<MeshService> service, Protocol protocol, int port, RouteConfiguration routes) {
        var headers = HeaderSettings.of(rendering.proxy().headers());
        var observed = rendering.observer().of(service);
        var manager =
                HttpConnectionManager.newBuilder()
                        .setStatPrefix("inbound_0.0.0.0_" + port + ";")
                        .setServerName(headers.serverName())
                        .setServerHeaderTransformation(headers.transformation())
                        .setAppendXForwardedPort(
                                rendering.proxy().headers().xForwardedPort().orElse(false))
                        .setUseRemoteAddress(Protos.bool(false))
                        .addUpgradeConfigs(UpgradeConfig.newBuilder().setUpgradeType("websocket"))
                        .setStreamIdleTimeout(Duration.getDefaultInstance())
                        .setRouteConfig(routes)
                        .addAllAccessLog(observed.logs().at(Place.HTTP))
                        .setRequestIdExtension(
                                RequestIDExtension.newBuilder()
                                        .setTypedConfig(observed.traces().requestId()))
                        .setProxy100Continue(true);
        headers.requestId().ifPresent(g -> manager.setGenerateRequestId(Protos.bool(g)));
        observed.traces().tracing().ifPresent(manager::setTracing);
        if (clientIdentity()) {
            // No certificate was shown to this listener, so anything else would drop the header.
            manager.setForwardClientCertDetails(ForwardClientCertDetails.ALWAYS_FORWARD_ONLY);
        }
        protocols(manager, protocol);
        normalize(manager, rendering.mesh().normalization());
        ProxySettings.idleTimeout(rendering.node())
                .ifPresent(t ->
                        manager.setCommonHttpProtocolOptions(
                                HttpProtocolOptions.newBuilder()
                                        .setIdleTimeout(Protos.duration(t))));
        connections(manager, rendering.proxy().connections());
        manager.addAllHttpFilters(filters(service, protocol, headers));
        return Filters.network(MANAGER, manager.build());
    }

    private boolean clientIdentity() {
        return rendering
                .node()
                .annotations()
                .getOrDefault(CLIENT_IDENTITY, "")
                .equalsIgnoreCase("true");
    }

    private List<HttpFilter> filters(
            Optional<MeshService> service, Protocol protocol, HeaderSettings headers) {
        var settings = rendering.settings();
        var authorization = HttpAuthorization.of(rendering.scope(), service);
        var filters = new ArrayList<HttpFilter>();
        if (clientIdentity()) {
            filters.add(Filters.CLIENT_IDENTITY);
        }
        filters.addAll(authorization.custom());
        filters.addAll(authorization.jwt());
        if (Refusals.needed(rendering.scope(), service, Extension.Layer.HTTP)) {
            filters.add(Refusals.HTTP);
        }
        filters.addAll(authorization.rules());
        filters.addAll(Limits.httpFilters(rendering.scope(), service));
        if (protocol == Protocol.GRPC_WEB) {
            filters.add(Filters.GRPC_WEB);
        }
        filters.add(Filters.GRPC_STATS);
        filters.add(Filters.FAULT);
        filters.add(Filters.CORS);
        service.filter(s -> s.hostname().startsWith("*"))
                .ifPresent(s ->
                        filters.add(
                                Filters.http(
                                        "envoy.filters.http.dynamic_forward_proxy",
                                        FilterConfig.newBuilder()
                                                .setDnsCacheConfig(
                                                        Wildcards.cache(s, rendering.node()))
                                                .build())));
        filters.add(Filters.upstreamPeer(settings.baggage()));
        for (var stats : rendering.observer().of(service).stats()) {
            filters.add(
                    HttpFilter.newBuilder().setName(TcpChain.STATS).setTypedConfig(stats).build());
        }
        filters.add(Filters.router(headers.suppressed()));
        return filters;
    }

    private void protocols(HttpConnectionManager.Builder manager, Protocol protocol) {
        if (protocol.isHttp2()) {
            manager.setHttp2ProtocolOptions(Http2ProtocolOptions.getDefaultInstance());
        }
        boolean http10 = http10(rendering.settings());
        boolean preserve = rendering.proxy().headers().preserveHttp1Case().orElse(false);
        if (http10 || preserve) {
            var options = Http1ProtocolOptions.newBuilder().setAcceptHttp10(http10);
            if (preserve) {
                options.setHeaderKeyFormat(
                        Http1ProtocolOptions.HeaderKeyFormat.newBuilder()
                                .setStatefulFormatter(
                                        TypedExtensionConfig.newBuilder()
                                                .setName("preserve_case")
                                                .setTypedConfig(
                                                        Protos.any(
                                                                PreserveCaseFormatterConfig
                                                                        .getDefaultInstance()))));
            }
            manager.setHttpProtocolOptions(options);
        }
    }

    private boolean http10(L7Settings settings) {
        return settings.http10() || ProxySettings.metadata(rendering.node(), "HTTP10").equals("1");
    }

    private static void normalize(
            HttpConnectionManager.Builder manager, Normalization normalization) {
        manager.setNormalizePath(Protos.bool(normalization != Normalization.NONE))
                .setPathWithEscapedSlashesAction(PathWithEscapedSlashesAction.KEEP_UNCHANGED);
        switch (normalization) {
            case DEFAULT, NONE, BASE -> {}
            case MERGE_SLASHES -> manager.setMergeSlashes(true);
            case DECODE_AND_MERGE_SLASHES ->
                    manager.setMergeSlashes(true)
                            .setPathWithEscapedSlashesAction(
                                    PathWithEscapedSlashesAction.UNESCAPE_AND_FORWARD);
        }
    }

    /// What is said there counts more than the mesh's normalization of paths.
    private static void connections(HttpConnectionManager.Builder manager, Connections said) {
        var common = manager.getCommonHttpProtocolOptions().toBuilder();
        said.idleTimeout().ifPresent(t -> common.setIdleTimeout(Protos.duration(t)));
        said.maxConnectionDuration()
                .ifPresent(t -> common.setMaxConnectionDuration(Protos.duration(t)));
        said.maxStreamDuration().ifPresent(t -> common.setMaxStreamDuration(Protos.duration(t)));
        boolean underscores =
                said.underscores() != Underscores.HEADERS_WITH_UNDERSCORES_UNSPECIFIED;
        common.setHeadersWithUnderscoresAction(underscores(said.underscores()));
        if (underscores || !common.build().equals(HttpProtocolOptions.getDefaultInstance())) {
            manager.setCommonHttpProtocolOptions(common);
        }
        said.streamIdleTimeout().ifPresent(t -> manager.setStreamIdleTimeout(Protos.duration(t)));
        said.requestTimeout().ifPresent(t -> manager.setRequestTimeout(Protos.duration(t)));
        said.requestHeadersTimeout()
                .ifPresent(t -> manager.setRequestHeadersTimeout(Protos.duration(t)));
        said.drainTimeout().ifPresent(t -> manager.setDrainTimeout(Protos.duration(t)));
        if (said.maxConcurrentStreams().isPresent()
                || said.streamWindow().isPresent()
                || said.connectionWindow().isPresent()) {
            var http2 = manager.getHttp2ProtocolOptions().toBuilder();
            said.maxConcurrentStreams()
                    .ifPresent(n -> http2.setMaxConcurrentStreams(Protos.uint32(n)));
            said.streamWindow().ifPresent(n -> http2.setInitialStreamWindowSize(Protos.uint32(n)));
            said.connectionWindow()
                    .ifPresent(n -> http2.setInitialConnectionWindowSize(Protos.uint32(n)));
            manager.setHttp2ProtocolOptions(http2);
        }
        said.mergeSlashes().ifPresent(manager::setMergeSlashes);
        escapedSlashes(said.escapedSlashes()).ifPresent(manager::setPathWithEscapedSlashesAction);
    }

    private static HeadersWithUnderscoresAction underscores(Underscores said) {
        return switch (said) {
            case HEADERS_WITH_UNDERSCORES_UNSPECIFIED, HEADERS_WITH_UNDERSCORES_ALLOW ->
                    HeadersWithUnderscoresAction.ALLOW;
            case HEADERS_WITH_UNDERSCORES_REJECT_REQUEST ->
                    HeadersWithUnderscoresAction.REJECT_REQUEST;
            case HEADERS_WITH_UNDERSCORES_DROP_HEADER -> HeadersWithUnderscoresAction.DROP_HEADER;
        };
    }

    private static Optional<PathWithEscapedSlashesAction> escapedSlashes(EscapedSlashes said) {
        return switch (said) {
            case PATH_WITH_ESCAPED_SLASHES_UNSPECIFIED -> Optional.empty();
            case KEEP_UNCHANGED -> Optional.of(PathWithEscapedSlashesAction.KEEP_UNCHANGED);
            case REJECT_REQUEST -> Optional.of(PathWithEscapedSlashesAction.REJECT_REQUEST);
            case UNESCAPE_AND_REDIRECT ->
                    Optional.of(PathWithEscapedSlashesAction.UNESCAPE_AND_REDIRECT);
            case UNESCAPE_AND_FORWARD ->
                    Optional.of(PathWithEscapedSlashesAction.UNESCAPE_AND_FORWARD);
        };
    }
}
