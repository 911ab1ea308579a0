package dev.ambit.waypoint.xds.route;

import dev.ambit.waypoint.match.Fraction;
import dev.ambit.waypoint.route.RouteLimits;
import dev.ambit.waypoint.route.stages.GlobalLimitPolicy;
import dev.ambit.waypoint.route.stages.GlobalLimitPolicy.OfRoute;
import dev.ambit.waypoint.route.stages.GlobalLimitPolicy.Requests;
import dev.ambit.waypoint.route.stages.LocalLimitPolicy.HostLimits;
import dev.ambit.waypoint.xds.CompileScope;
import dev.ambit.waypoint.xds.Refused;
import dev.ambit.waypoint.xds.match.Matchers;
import io.envoyproxy.envoy.extensions.filters.http.ratelimit.v3.RateLimit;
import io.envoyproxy.envoy.extensions.filters.http.ratelimit.v3.RateLimit.XRateLimitHeadersRFCVersion;
import io.envoyproxy.envoy.extensions.filters.http.ratelimit.v3.RateLimitPerRoute;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/// `envoy.extensions.filters.http.ratelimit.v3.RateLimit`.
final class GlobalLimitCompiler {
    private static final int TOO_MANY_REQUESTS = 429;
    private static final int INTERNAL_SERVER_ERROR = 500;
    private static final int LEAST_STATUS = 400;
    private static final int RESOURCE_EXHAUSTED = 8;
    private static final Duration DEFAULT_TIMEOUT = Duration.ofMillis(20);

    private final MutationCompiler mutations;
    private final LimitCompiler limits;
    private final RouteLimits bounds;

    GlobalLimitCompiler(MutationCompiler mutations, LimitCompiler limits, RouteLimits bounds) {
        this.mutations = mutations;
        this.limits = limits;
        this.bounds = bounds;
    }

    GlobalLimitPolicy policy(RateLimit config) throws Refused {
        var own = limits.compile(NewerFields.rateLimits(config));
        return new GlobalLimitPolicy(
                config.getDomain(),
                config.getStage(),
                requests(config.getRequestType()),
                own.isEmpty() ? Optional.empty() : Optional.of(own),
                config.getFailureModeDeny(),
                status(config.getStatusOnError().getCodeValue(), INTERNAL_SERVER_ERROR),
                status(config.getRateLimitedStatus().getCodeValue(), TOO_MANY_REQUESTS),
                config.getRateLimitedAsResourceExhausted()
                        ? OptionalInt.of(RESOURCE_EXHAUSTED)
                        : OptionalInt.empty(),
                config.getEnableXRatelimitHeaders() == XRateLimitHeadersRFCVersion.DRAFT_VERSION_03,
                !config.getDisableXEnvoyRatelimitedHeader(),
                mutations.compile(
                        "response_headers", config.getResponseHeadersToAddList(), List.of()),
                config.hasFilterEnabled()
                        ? Matchers.fraction(config.getFilterEnabled())
                        : Fraction.ALL,
                config.hasFilterEnforced()
                        ? Matchers.fraction(config.getFilterEnforced())
                        : Fraction.ALL);
    }

    private static int status(int asked, int otherwise) {
        return asked < LEAST_STATUS ? otherwise : asked;
    }

    private static Requests requests(String type) throws Refused {
        return switch (type) {
            case "", "both" -> Requests.BOTH;
            case "internal" -> Requests.INTERNAL;
            case "external" -> Requests.EXTERNAL;
            default -> throw new Refused("request_type", type, "internal, external or both");
        };
    }

    RateLimitClient client(CompileScope scope, RateLimit config) throws Refused {
        var service = config.getRateLimitService().getGrpcService();
        if (!service.hasEnvoyGrpc()) {
            throw new Refused(
                    "rate_limit_service.grpc_service",
                    service.getTargetSpecifierCase().toString(),
                    "envoy_grpc, with a cluster");
        }
        var cluster = service.getEnvoyGrpc().getClusterName();
        scope.needsCluster(cluster);
        return new RateLimitClient(
                cluster,
                service.getEnvoyGrpc().getAuthority(),
                config.hasTimeout()
                        ? Duration.ofMillis(Values.millis("timeout", config.getTimeout()))
                        : DEFAULT_TIMEOUT,
                bounds.limitAnswerBytes());
    }

    OfRoute ofRoute(RateLimitPerRoute config) throws Refused {
        var own = limits.compile(config.getRateLimitsList());
        return new OfRoute(
                hostLimits(config),
                config.getDomain(),
                own.isEmpty() ? Optional.empty() : Optional.of(own));
    }

    private static HostLimits hostLimits(RateLimitPerRoute config) {
        return switch (config.getOverrideOption()) {
            case OVERRIDE_POLICY -> HostLimits.OVERRIDE;
            case INCLUDE_POLICY -> HostLimits.INCLUDE;
            case IGNORE_POLICY -> HostLimits.IGNORE;
            case DEFAULT, UNRECOGNIZED ->
                    switch (config.getVhRateLimits()) {
                        case OVERRIDE, UNRECOGNIZED -> HostLimits.OVERRIDE;
                        case INCLUDE -> HostLimits.INCLUDE;
                        case IGNORE -> HostLimits.IGNORE;
                    };
        };
    }
}
