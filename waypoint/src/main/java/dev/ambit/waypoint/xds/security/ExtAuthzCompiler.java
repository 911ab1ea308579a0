package dev.ambit.waypoint.xds.security;

import com.google.protobuf.Any;
import com.google.protobuf.util.Durations;
import dev.ambit.waypoint.match.Ascii;
import dev.ambit.waypoint.match.MetadataMatch;
import dev.ambit.waypoint.match.TextMatch;
import dev.ambit.waypoint.route.HeaderValue;
import dev.ambit.waypoint.security.AuthzCheck;
import dev.ambit.waypoint.security.AuthzConfig;
import dev.ambit.waypoint.security.AuthzConfig.AddedField;
import dev.ambit.waypoint.security.ExtAuthzStage;
import dev.ambit.waypoint.security.NetworkExtAuthz;
import dev.ambit.waypoint.security.SecurityCounters;
import dev.ambit.waypoint.security.SecurityLimits;
import dev.ambit.waypoint.stage.HttpStage;
import dev.ambit.waypoint.stage.NetworkStage;
import dev.ambit.waypoint.xds.CompileScope;
import dev.ambit.waypoint.xds.Refused;
import dev.ambit.waypoint.xds.match.Matchers;
import dev.ambit.waypoint.xds.route.HeaderFormats;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.envoyproxy.envoy.config.core.v3.RuntimeFractionalPercent;
import io.envoyproxy.envoy.extensions.filters.http.ext_authz.v3.BufferSettings;
import io.envoyproxy.envoy.extensions.filters.http.ext_authz.v3.ExtAuthz;
import io.envoyproxy.envoy.extensions.filters.http.ext_authz.v3.ExtAuthzPerRoute;
import io.envoyproxy.envoy.extensions.filters.http.ext_authz.v3.HttpService;
import io.envoyproxy.envoy.type.matcher.v3.ListStringMatcher;
import io.envoyproxy.envoy.type.matcher.v3.MetadataMatcher;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/// Filters that ask an authorization server.
public final class ExtAuthzCompiler {
    /// Of a check, where the configuration has no timeout.
    private static final Duration TIMEOUT = Duration.ofMillis(200);

    private static final int FORBIDDEN = 403;

    private final AuthzCheck.Codec codec = new CheckMessages();
    private final HeaderFormats formats;
    private final SecurityLimits limits;
    private final LongSupplier nanoTime;
    private final SecurityCounters counters;

    public ExtAuthzCompiler(
            HeaderFormats formats,
            SecurityLimits limits,
            LongSupplier nanoTime,
            SecurityCounters counters) {
        this.formats = formats;
        this.limits = limits;
        this.nanoTime = nanoTime;
        this.counters = counters;
    }

    /// `envoy.extensions.filters.http.ext_authz.v3.ExtAuthz`.
    public Optional<HttpStage> http(CompileScope scope, String name, Any any) throws Refused {
        var config = CompileScope.unpack("ext_authz", any, ExtAuthz.parser());
        try {
            return Optional.of(
                    new ExtAuthzStage(
                            name, config(scope, config), codec, limits, nanoTime, counters));
        } catch (Refused refused) {
            throw refused.in("ext_authz");
        }
    }

    /// `ExtAuthzPerRoute`.
    public Object perRoute(CompileScope scope, String name, Any any) throws Refused {
        var config = CompileScope.unpack("ext_authz", any, ExtAuthzPerRoute.parser());
        var settings = config.getCheckSettings();
        return new AuthzConfig.PerRoute(
                config.getDisabled(),
                Map.copyOf(settings.getContextExtensionsMap()),
                settings.hasWithRequestBody()
                        ? Optional.of(body(settings.getWithRequestBody()))
                        : Optional.empty(),
                settings.getDisableRequestBodyBuffering());
    }

    /// `envoy.extensions.filters.network.ext_authz.v3.ExtAuthz`.
    public Optional<NetworkStage> network(CompileScope scope, String name, Any any) throws Refused {
        var config =
                CompileScope.unpack(
                        "ext_authz",
                        any,
                        io.envoyproxy.envoy.extensions.filters.network.ext_authz.v3.ExtAuthz
                                .parser());
        try {
            if (!config.hasGrpcService()) {
                throw new Refused("grpc_service", "", "a server to ask");
            }
            certificate(scope, config.getIncludePeerCertificate());
            var prefix = config.getStatPrefix();
            return Optional.of(
                    new NetworkExtAuthz(
                            name,
                            new AuthzConfig(
                                    grpc(scope, config.getGrpcService()),
                                    enabled(
                                            config.hasFilterEnabledMetadata(),
                                            config.getFilterEnabledMetadata()),
                                    false,
                                    FORBIDDEN,
                                    config.getFailureModeAllow(),
                                    false,
                                    false,
                                    Optional.empty(),
                                    Optional.empty(),
                                    List.of(),
                                    List.of(),
                                    true,
                                    false,
                                    config.getIncludeTlsSession()),
                            codec,
                            limits,
                            prefix.isEmpty() || prefix.endsWith(".") ? prefix : prefix + ".",
                            counters));
        } catch (Refused refused) {
            throw refused.in("ext_authz");
        }
    }

    private AuthzConfig config(CompileScope scope, ExtAuthz config) throws Refused {
        if (config.hasFilterEnabled() && !isAlways(config.getFilterEnabled())) {
            throw new Refused("filter_enabled", "a share of requests", "100 %");
        }
        if (config.hasDecoderHeaderMutationRules()) {
            throw new Refused("decoder_header_mutation_rules", "rules", "none");
        }
        certificate(scope, config.getIncludePeerCertificate());
        var service =
                switch (config.getServicesCase()) {
                    case GRPC_SERVICE -> grpc(scope, config.getGrpcService());
                    case HTTP_SERVICE -> http(scope, config.getHttpService());
                    case SERVICES_NOT_SET ->
                            throw new Refused("services", "", "grpc_service or http_service");
                };
        int status = config.getStatusOnError().getCodeValue();
        return new AuthzConfig(
                service,
                enabled(config.hasFilterEnabledMetadata(), config.getFilterEnabledMetadata()),
                config.getDenyAtDisable().getDefaultValue().getValue(),
                status == 0 ? FORBIDDEN : status,
                config.getFailureModeAllow(),
                config.getFailureModeAllowHeaderAdd(),
                config.getClearRouteCache(),
                config.hasWithRequestBody()
                        ? Optional.of(body(config.getWithRequestBody()))
                        : Optional.empty(),
                allowed(config),
                texts(config.getDisallowedHeaders()),
                List.copyOf(config.getMetadataContextNamespacesList()),
                !config.hasEnableDynamicMetadataIngestion()
                        || config.getEnableDynamicMetadataIngestion().getValue(),
                config.getValidateMutations(),
                config.getIncludeTlsSession());
    }

    private static boolean isAlways(RuntimeFractionalPercent percent) throws Refused {
        var fraction = Matchers.fraction(percent);
        return fraction.numerator() >= fraction.denominator();
    }

    private static void certificate(CompileScope scope, boolean asked) {
        if (asked) {
            scope.skipped("include_peer_certificate: servers are told the caller's principal only");
        }
    }

    private static Optional<MetadataMatch> enabled(boolean there, MetadataMatcher matcher)
            throws Refused {
        return there ? Optional.of(Matchers.metadata(matcher)) : Optional.empty();
    }

    private static AuthzConfig.Body body(BufferSettings settings) throws Refused {
        int most = settings.getMaxRequestBytes();
        if (most <= 0) {
            throw new Refused(
                    "with_request_body.max_request_bytes",
                    Integer.toUnsignedString(most),
                    "1 to " + Integer.MAX_VALUE);
        }
        return new AuthzConfig.Body(
                most, settings.getAllowPartialMessage(), settings.getPackAsBytes());
    }

    @SuppressWarnings("deprecation") // Older control planes name the fields in the HTTP service.
    private static Optional<List<TextMatch>> allowed(ExtAuthz config) throws Refused {
        if (config.hasAllowedHeaders()) {
            return Optional.of(texts(config.getAllowedHeaders()));
        }
        var request = config.getHttpService().getAuthorizationRequest();
        return request.hasAllowedHeaders()
                ? Optional.of(texts(request.getAllowedHeaders()))
                : Optional.empty();
    }

    private static List<TextMatch> texts(ListStringMatcher list) throws Refused {
        var texts = new ArrayList<TextMatch>(list.getPatternsCount());
        for (var pattern : list.getPatternsList()) {
            texts.add(Matchers.header(pattern));
        }
        return List.copyOf(texts);
    }

    private AuthzConfig.Service http(CompileScope scope, HttpService service) throws Refused {
        var uri = service.getServerUri();
        if (uri.getCluster().isEmpty()) {
            throw new Refused("http_service.server_uri.cluster", "", "the name of a cluster");
        }
        scope.needsCluster(uri.getCluster());
        var add = new ArrayList<AddedField>();
        for (var header : service.getAuthorizationRequest().getHeadersToAddList()) {
            add.add(added("headers_to_add", header.getKey(), header.getValue()));
        }
        var response = service.getAuthorizationResponse();
        return new AuthzConfig.Service.Http(
                uri.getCluster(),
                uri.hasTimeout() ? duration(uri.getTimeout()) : TIMEOUT,
                service.getPathPrefix(),
                List.copyOf(add),
                texts(response.getAllowedUpstreamHeaders()),
                texts(response.getAllowedUpstreamHeadersToAppend()),
                texts(response.getAllowedClientHeaders()),
                texts(response.getAllowedClientHeadersOnSuccess()),
                texts(response.getDynamicMetadataFromHeaders()));
    }

    private AuthzConfig.Service grpc(CompileScope scope, GrpcService service) throws Refused {
        if (!service.hasEnvoyGrpc() || service.getEnvoyGrpc().getClusterName().isEmpty()) {
            throw new Refused(
                    "grpc_service",
                    service.getTargetSpecifierCase().toString(),
                    "envoy_grpc with the name of a cluster");
        }
        var grpc = service.getEnvoyGrpc();
        scope.needsCluster(grpc.getClusterName());
        var metadata = new ArrayList<AddedField>();
        for (var header : service.getInitialMetadataList()) {
            metadata.add(added("initial_metadata", header.getKey(), header.getValue()));
        }
        return new AuthzConfig.Service.Grpc(
                grpc.getClusterName(),
                service.hasTimeout() ? duration(service.getTimeout()) : TIMEOUT,
                grpc.getAuthority().isEmpty() ? grpc.getClusterName() : grpc.getAuthority(),
                List.copyOf(metadata));
    }

    private AddedField added(String field, String name, String format) throws Refused {
        var lower = Ascii.lower(name);
        if (lower.isEmpty() || lower.startsWith(":") || lower.equals("host")) {
            throw new Refused(field, name, "a header that is not host and has no ':' before it");
        }
        return new AddedField(
                lower,
                format.indexOf('%') < 0
                        ? new HeaderValue.Literal(Ascii.octets(format))
                        : formats.compile(format));
    }

    private static Duration duration(com.google.protobuf.Duration duration) {
        return Duration.ofNanos(Durations.toNanos(duration));
    }
}
