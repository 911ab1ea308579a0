package dev.ambit.control.l7.listener;

import com.google.protobuf.Duration;
import dev.ambit.control.l7.Protos;
import dev.ambit.control.l7.authz.TerminateAuthorization;
import dev.ambit.control.l7.telemetry.AccessLogs.Place;
import io.envoyproxy.envoy.config.core.v3.Address;
import io.envoyproxy.envoy.config.core.v3.Http2ProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.KeepaliveSettings;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.config.core.v3.TransportSocket;
import io.envoyproxy.envoy.config.listener.v3.AdditionalAddress;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.listener.v3.Listener.ConnectionBalanceConfig;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.SetCurrentClientCertDetails;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.UpgradeConfig;
import java.util.Optional;

/// Port 15008: mutual TLS and HTTP/2 CONNECT end here; what was inside goes on to {@link
/// MainInternal}.
final class ConnectTerminate {
    static final String NAME = "connect_terminate";

    private static final int PORT = 15_008;
    private static final String CONNECT = "CONNECT";

    /// All streams of a connection stay on one worker of the proxy.
    private static final int MAX_STREAMS = 100;

    /// To notice clients that are gone.
    private static final Duration KEEPALIVE = Duration.newBuilder().setSeconds(10).build();

    private static final Duration KEEPALIVE_ANSWER = Duration.newBuilder().setSeconds(20).build();

    private ConnectTerminate() {}

    static Listener of(Rendering rendering) {
        var node = rendering.node();
        boolean dual = node.ipv4() && node.ipv6();
        var any = node.ipv4() || !node.ipv6() ? "0.0.0.0" : "::";
        var chain =
                FilterChain.newBuilder()
                        .setName("default")
                        .setTransportSocket(
                                TransportSocket.newBuilder()
                                        .setName("tls")
                                        .setTypedConfig(
                                                Protos.any(TunnelTls.of(rendering.scope()))))
                        .addFilters(Filters.network(HttpChain.MANAGER, manager(rendering)));
        var listener =
                Listener.newBuilder()
                        .setName(NAME)
                        .setAddress(address(any))
                        .addFilterChains(chain)
                        .addAllAccessLog(
                                rendering.observer().of(Optional.empty()).logs().at(Place.LISTENER))
                        // Few connections that live long: they are to be spread evenly.
                        .setConnectionBalanceConfig(
                                ConnectionBalanceConfig.newBuilder()
                                        .setExactBalance(
                                                ConnectionBalanceConfig.ExactBalance
                                                        .getDefaultInstance()));
        if (dual) {
            listener.addAdditionalAddresses(
                    AdditionalAddress.newBuilder().setAddress(address("::")));
        }
        return listener.build();
    }

    private static Address address(String ip) {
        return Address.newBuilder()
                .setSocketAddress(SocketAddress.newBuilder().setAddress(ip).setPortValue(PORT))
                .build();
    }

    private static HttpConnectionManager manager(Rendering rendering) {
        var headers = HeaderSettings.of(rendering.proxy().headers());
        var manager =
                HttpConnectionManager.newBuilder()
                        .setStatPrefix(NAME)
                        .setRouteConfig(routes())
                        .setForwardClientCertDetails(headers.forwardClientCert())
                        .setSetCurrentClientCertDetails(
                                SetCurrentClientCertDetails.newBuilder()
                                        .setSubject(Protos.bool(true))
                                        .setUri(true)
                                        .setDns(true))
                        .setServerName(headers.serverName())
                        .setServerHeaderTransformation(headers.transformation())
                        .setUseRemoteAddress(Protos.bool(false))
                        .setStreamIdleTimeout(Duration.getDefaultInstance())
                        .addUpgradeConfigs(UpgradeConfig.newBuilder().setUpgradeType(CONNECT))
                        .setHttp2ProtocolOptions(
                                Http2ProtocolOptions.newBuilder()
                                        .setAllowConnect(true)
                                        .setMaxConcurrentStreams(Protos.uint32(MAX_STREAMS))
                                        .setConnectionKeepalive(
                                                KeepaliveSettings.newBuilder()
                                                        .setInterval(KEEPALIVE)
                                                        .setTimeout(KEEPALIVE_ANSWER)));
        headers.requestId().ifPresent(g -> manager.setGenerateRequestId(Protos.bool(g)));
        manager.addAllAccessLog(
                rendering.observer().of(Optional.empty()).logs().at(Place.TERMINATE));
        if (rendering.settings().layeredAuthorization()) {
            manager.addAllHttpFilters(TerminateAuthorization.of(rendering.scope()));
        }
        manager.addHttpFilters(Filters.downstreamPeer(rendering.settings().baggage()))
                .addHttpFilters(FilterStates.connectAuthority(rendering.node()));
        if (rendering.eastWest()) {
            manager.addHttpFilters(FilterStates.requestSource(rendering.node()));
        }
        return manager.addHttpFilters(Filters.router(headers.suppressed())).build();
    }

    private static RouteConfiguration routes() {
        var tunnel =
                RouteAction.newBuilder()
                        .addUpgradeConfigs(
                                RouteAction.UpgradeConfig.newBuilder()
                                        .setUpgradeType(CONNECT)
                                        .setConnectConfig(
                                                RouteAction.UpgradeConfig.ConnectConfig
                                                        .getDefaultInstance()))
                        .setCluster(MainInternal.NAME);
        var route =
                Route.newBuilder()
                        .setMatch(
                                RouteMatch.newBuilder()
                                        .setConnectMatcher(
                                                RouteMatch.ConnectMatcher.getDefaultInstance()))
                        .setRoute(tunnel);
        return RouteConfiguration.newBuilder()
                .setName("default")
                .addVirtualHosts(
                        VirtualHost.newBuilder()
                                .setName("default")
                                .addDomains("*")
                                .addRoutes(route))
                .build();
    }
}
