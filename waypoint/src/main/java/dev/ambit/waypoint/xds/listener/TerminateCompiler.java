package dev.ambit.waypoint.xds.listener;

import dev.ambit.waypoint.model.TunnelFront;
import dev.ambit.waypoint.xds.CompileScope;
import dev.ambit.waypoint.xds.FilterCompilers;
import dev.ambit.waypoint.xds.Refused;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CommonTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.SubjectAltNameMatcher;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsParameters.TlsProtocol;
import java.util.ArrayList;
import java.util.List;

/// `connect_terminate`: TLS on which the caller proves who it is, and CONNECT.
final class TerminateCompiler {
    static final String NAME = "connect_terminate";

    private static final String TLS =
            "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext";
    private static final String SPIFFE = "spiffe://";

    private final FilterCompilers compilers;
    private final HttpFilters filters;

    TerminateCompiler(FilterCompilers compilers) {
        this.compilers = compilers;
        this.filters = new HttpFilters(compilers);
    }

    /// @param main see `FilterCompilers.Telemetry`
    TunnelFront compile(CompileScope scope, Listener listener, Listener main) throws Refused {
        if (listener.getFilterChainsCount() != 1) {
            throw new Refused(
                    "filter_chains", Integer.toString(listener.getFilterChainsCount()), "one");
        }
        var chain = listener.getFilterChains(0);
        var domains = trustDomains(scope, chain);
        if (chain.getFiltersCount() != 1) {
            throw new Refused(
                    "filters",
                    Integer.toString(chain.getFiltersCount()),
                    "http_connection_manager alone");
        }
        var config = chain.getFilters(0).getTypedConfig();
        if (!CompileScope.type(config).equals(ChainCompiler.MANAGER)) {
            throw new Refused("filters", CompileScope.type(config), ChainCompiler.MANAGER);
        }
        var manager =
                CompileScope.unpack(
                        "http_connection_manager", config, HttpConnectionManager.parser());
        route(manager);
        var options = HttpOptionsCompiler.compile(scope, manager);
        return new TunnelFront(
                domains,
                filters.compile(scope, manager.getHttpFiltersList()),
                options.http2().maxConcurrentStreams(),
                options.http2().pingInterval(),
                options.http2().pingTimeout(),
                compilers.telemetry().connect(scope, listener, manager, main));
    }

    private static void route(HttpConnectionManager manager) throws Refused {
        for (var host : manager.getRouteConfig().getVirtualHostsList()) {
            for (var route : host.getRoutesList()) {
                if (route.getMatch().hasConnectMatcher()) {
                    var cluster = route.getRoute().getCluster();
                    if (!cluster.equals(ListenerCompiler.MAIN)) {
                        throw new Refused("routes.route.cluster", cluster, ListenerCompiler.MAIN);
                    }
                    return;
                }
            }
        }
        throw new Refused("route_config", "no connect_matcher", "a route for CONNECT");
    }

    private static List<String> trustDomains(CompileScope scope, FilterChain chain) throws Refused {
        var config = chain.getTransportSocket().getTypedConfig();
        if (!CompileScope.type(config).equals(TLS)) {
            throw new Refused(
                    "transport_socket",
                    CompileScope.type(config),
                    TLS + ": without TLS nobody proves who he is");
        }
        var tls = CompileScope.unpack("transport_socket", config, DownstreamTlsContext.parser());
        if (!tls.getRequireClientCertificate().getValue()) {
            throw new Refused("require_client_certificate", "false", "true");
        }
        var common = tls.getCommonTlsContext();
        var least = common.getTlsParams().getTlsMinimumProtocolVersion();
        if (least != TlsProtocol.TLSv1_3 && least != TlsProtocol.TLSv1_2) {
            throw new Refused(
                    "tls_params.tls_minimum_protocol_version", least.name(), "TLSv1_3 or TLSv1_2");
        }
        secrets(scope, common);
        var domains = new ArrayList<String>();
        var validation = common.getCombinedValidationContext().getDefaultValidationContext();
        for (var name : validation.getMatchTypedSubjectAltNamesList()) {
            domains.add(trustDomain(name));
        }
        return List.copyOf(domains);
    }

    private static void secrets(CompileScope scope, CommonTlsContext common) throws Refused {
        for (var certificate : common.getTlsCertificateSdsSecretConfigsList()) {
            scope.needsSecret(certificate.getName());
        }
        if (!common.hasCombinedValidationContext()) {
            throw new Refused(
                    "common_tls_context",
                    common.getValidationContextTypeCase().name(),
                    "combined_validation_context with the mesh's roots");
        }
        scope.needsSecret(
                common.getCombinedValidationContext()
                        .getValidationContextSdsSecretConfig()
                        .getName());
    }

    /// `spiffe://td/` as a prefix of a URI; anything else would let in others than it says.
    private static String trustDomain(SubjectAltNameMatcher name) throws Refused {
        var prefix = name.getMatcher().getPrefix();
        boolean ours =
                name.getSanType() == SubjectAltNameMatcher.SanType.URI
                        && !name.getMatcher().getIgnoreCase()
                        && prefix.startsWith(SPIFFE)
                        && prefix.endsWith("/")
                        && prefix.indexOf('/', SPIFFE.length()) == prefix.length() - 1
                        && prefix.length() > SPIFFE.length() + 1;
        if (!ours) {
            throw new Refused(
                    "match_typed_subject_alt_names",
                    name.getSanType() + " " + prefix,
                    "the prefix spiffe://<trust domain>/ of a URI");
        }
        return prefix.substring(SPIFFE.length(), prefix.length() - 1);
    }
}
