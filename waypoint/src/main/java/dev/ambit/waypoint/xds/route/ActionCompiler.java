package dev.ambit.waypoint.xds.route;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.ambit.waypoint.match.Ascii;
import dev.ambit.waypoint.match.Fraction;
import dev.ambit.waypoint.route.ClusterChoice;
import dev.ambit.waypoint.route.HashPolicy;
import dev.ambit.waypoint.route.HostRewrite;
import dev.ambit.waypoint.route.MirrorPolicy;
import dev.ambit.waypoint.route.PathRewrite;
import dev.ambit.waypoint.route.RedirectPath;
import dev.ambit.waypoint.route.RegexRewrite;
import dev.ambit.waypoint.route.RetryPolicy;
import dev.ambit.waypoint.route.RouteAction.Direct;
import dev.ambit.waypoint.route.RouteAction.Forward;
import dev.ambit.waypoint.route.RouteAction.Redirect;
import dev.ambit.waypoint.route.RouteLimits;
import dev.ambit.waypoint.route.RouteTimeouts;
import dev.ambit.waypoint.route.StageConfigs;
import dev.ambit.waypoint.route.WeightedCluster;
import dev.ambit.waypoint.xds.CompileScope;
import dev.ambit.waypoint.xds.FilterCompilers;
import dev.ambit.waypoint.xds.Refused;
import dev.ambit.waypoint.xds.match.Matchers;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.RoutingPriority;
import io.envoyproxy.envoy.config.route.v3.DirectResponseAction;
import io.envoyproxy.envoy.config.route.v3.RedirectAction;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.RouteAction.RequestMirrorPolicy;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatchAndSubstitute;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/// What routes do.
final class ActionCompiler {
    private static final int MAX_PORT = 65_535;
    private static final long MAX_WEIGHT = 0xFFFF_FFFFL;

    private final MutationCompiler mutations;
    private final LimitCompiler limits;
    private final RouteLimits bounds;

    ActionCompiler(MutationCompiler mutations, LimitCompiler limits, RouteLimits bounds) {
        this.mutations = mutations;
        this.limits = limits;
        this.bounds = bounds;
    }

    /// What routes take from the level above where they say nothing themselves.
    record Inherited(
            List<MirrorPolicy> mirrors, RetryPolicy retry, boolean hedge, StageConfigs stages) {}

    /// @param from the route's own stage configurations are in `stages`
    Forward forward(
            CompileScope scope, RouteAction action, Inherited from, FilterCompilers compilers)
            throws Refused {
        refuseUnknown(action);
        var mirrors = mirrors(action.getRequestMirrorPoliciesList());
        mirrors.forEach(m -> scope.needsCluster(m.cluster()));
        var upgrades = new HashMap<String, Boolean>();
        for (var upgrade : action.getUpgradeConfigsList()) {
            boolean enabled = !upgrade.hasEnabled() || upgrade.getEnabled().getValue();
            if (enabled && upgrade.hasConnectConfig()) {
                throw new Refused(
                        "upgrade_configs[" + upgrade.getUpgradeType() + "].connect_config",
                        "set",
                        "CONNECT passed on as it is: only the tunnel listener ends tunnels");
            }
            upgrades.put(Ascii.lower(upgrade.getUpgradeType()), enabled);
        }
        return new Forward(
                clusters(scope, action, from.stages(), compilers),
                notFound(action),
                path(action),
                host(action),
                action.getAppendXForwardedHost(),
                timeouts(action),
                action.hasRetryPolicy()
                        ? RetryCompiler.compile(action.getRetryPolicy())
                        : from.retry(),
                action.hasHedgePolicy()
                        ? action.getHedgePolicy().getHedgeOnPerTryTimeout()
                        : from.hedge(),
                mirrors.isEmpty() ? from.mirrors() : mirrors,
                hash(action.getHashPolicyList()),
                Map.copyOf(upgrades),
                action.getPriority() == RoutingPriority.HIGH,
                limits.compile(action.getRateLimitsList()),
                action.getIncludeVhRateLimits().getValue());
    }

    @SuppressWarnings("deprecation") // What an older control plane would mean by it is refused.
    private static void refuseUnknown(RouteAction action) throws Refused {
        if (action.hasInternalRedirectPolicy()
                || action.getInternalRedirectAction()
                        == RouteAction.InternalRedirectAction.HANDLE_INTERNAL_REDIRECT) {
            throw new Refused("internal_redirect_policy", "set", "no redirects followed here");
        }
        if (action.hasMetadataMatch()) {
            throw new Refused("metadata_match", "set", "subsets as clusters of their own");
        }
        if (action.hasPathRewritePolicy()) {
            throw new Refused(
                    "path_rewrite_policy",
                    action.getPathRewritePolicy().getName(),
                    "prefix_rewrite or regex_rewrite");
        }
        if (action.getHedgePolicy().getInitialRequests().getValue() > 1
                || action.getHedgePolicy().hasAdditionalRequestChance()) {
            throw new Refused("hedge_policy", "initial_requests", "hedge_on_per_try_timeout alone");
        }
    }

    private static int notFound(RouteAction action) {
        return switch (action.getClusterNotFoundResponseCode()) {
            case NOT_FOUND -> 404;
            case INTERNAL_SERVER_ERROR -> 500;
            case SERVICE_UNAVAILABLE, UNRECOGNIZED -> 503;
        };
    }

    private ClusterChoice clusters(
            CompileScope scope, RouteAction action, StageConfigs stages, FilterCompilers compilers)
            throws Refused {
        return switch (action.getClusterSpecifierCase()) {
            case CLUSTER -> {
                scope.needsCluster(action.getCluster());
                yield new ClusterChoice.Single(action.getCluster());
            }
            case CLUSTER_HEADER -> new ClusterChoice.Header(Ascii.lower(action.getClusterHeader()));
            case WEIGHTED_CLUSTERS ->
                    weighted(scope, action.getWeightedClusters(), stages, compilers);
            case CLUSTER_SPECIFIER_PLUGIN,
                    INLINE_CLUSTER_SPECIFIER_PLUGIN,
                    CLUSTERSPECIFIER_NOT_SET ->
                    throw new Refused(
                            "route.cluster_specifier",
                            action.getClusterSpecifierCase().toString(),
                            "cluster, cluster_header or weighted_clusters");
        };
    }

    private ClusterChoice weighted(
            CompileScope scope,
            io.envoyproxy.envoy.config.route.v3.WeightedCluster weighted,
            StageConfigs stages,
            FilterCompilers compilers)
            throws Refused {
        var clusters = new ArrayList<WeightedCluster>();
        long total = 0;
        for (var cluster : weighted.getClustersList()) {
            try {
                clusters.add(weight(scope, cluster, stages, compilers));
            } catch (Refused e) {
                throw e.in("weighted_clusters[" + cluster.getName() + "]");
            }
            total += clusters.getLast().weight();
        }
        if (total == 0 || total > MAX_WEIGHT) {
            throw new Refused(
                    "weighted_clusters", Long.toString(total), "weights whose sum is 1 to 2^32-1");
        }
        boolean byHash = NewerFields.useHashPolicy(weighted);
        return new ClusterChoice.Weighted(
                List.copyOf(clusters), total, Ascii.lower(weighted.getHeaderName()), byHash);
    }

    private WeightedCluster weight(
            CompileScope scope,
            io.envoyproxy.envoy.config.route.v3.WeightedCluster.ClusterWeight cluster,
            StageConfigs stages,
            FilterCompilers compilers)
            throws Refused {
        if (cluster.getName().isEmpty() == cluster.getClusterHeader().isEmpty()) {
            throw new Refused("name", cluster.getName(), "either a name or a header that names it");
        }
        if (cluster.hasMetadataMatch()) {
            throw new Refused("metadata_match", "set", "subsets as clusters of their own");
        }
        scope.needsCluster(cluster.getName());
        return new WeightedCluster(
                cluster.getName(),
                Ascii.lower(cluster.getClusterHeader()),
                Integer.toUnsignedLong(cluster.getWeight().getValue()),
                mutations.compile(
                        "request_headers",
                        cluster.getRequestHeadersToAddList(),
                        cluster.getRequestHeadersToRemoveList()),
                mutations.compile(
                        "response_headers",
                        cluster.getResponseHeadersToAddList(),
                        cluster.getResponseHeadersToRemoveList()),
                Ascii.octets(cluster.getHostRewriteLiteral()),
                StageConfigCompiler.compile(scope, cluster.getTypedPerFilterConfigMap(), compilers)
                        .over(stages));
    }

    private static PathRewrite path(RouteAction action) throws Refused {
        if (action.hasRegexRewrite()) {
            if (!action.getPrefixRewrite().isEmpty()) {
                throw new Refused(
                        "prefix_rewrite", action.getPrefixRewrite(), "not beside regex_rewrite");
            }
            return new PathRewrite.Regex(rewrite("regex_rewrite", action.getRegexRewrite()));
        }
        return action.getPrefixRewrite().isEmpty()
                ? PathRewrite.KEEP
                : new PathRewrite.Prefix(Ascii.octets(action.getPrefixRewrite()));
    }

    private static HostRewrite host(RouteAction action) throws Refused {
        return switch (action.getHostRewriteSpecifierCase()) {
            case HOST_REWRITE_LITERAL ->
                    new HostRewrite.Literal(Ascii.octets(action.getHostRewriteLiteral()));
            case AUTO_HOST_REWRITE ->
                    action.getAutoHostRewrite().getValue()
                            ? new HostRewrite.Auto()
                            : HostRewrite.KEEP;
            case HOST_REWRITE_HEADER ->
                    new HostRewrite.Header(Ascii.lower(action.getHostRewriteHeader()));
            case HOST_REWRITE_PATH_REGEX ->
                    new HostRewrite.PathRegex(
                            rewrite("host_rewrite_path_regex", action.getHostRewritePathRegex()));
            case HOSTREWRITESPECIFIER_NOT_SET -> HostRewrite.KEEP;
        };
    }

    private static RegexRewrite rewrite(String field, RegexMatchAndSubstitute rewrite)
            throws Refused {
        var regex = Ascii.octets(rewrite.getPattern().getRegex());
        try {
            return RegexRewrite.of(Pattern.compile(regex), Ascii.octets(rewrite.getSubstitution()));
        } catch (PatternSyntaxException e) {
            throw new Refused(field, regex, "a pattern of RE2; " + e.getDescription());
        } catch (IllegalArgumentException e) {
            throw new Refused(field, regex, String.valueOf(e.getMessage()));
        }
    }

    private static RouteTimeouts timeouts(RouteAction action) throws Refused {
        var max = action.getMaxStreamDuration();
        return new RouteTimeouts(
                action.hasTimeout()
                        ? Values.millis("timeout", action.getTimeout())
                        : RouteTimeouts.DEFAULT_TIMEOUT,
                Values.millis("idle_timeout", action.hasIdleTimeout(), action.getIdleTimeout()),
                maxGrpc(action),
                grpcOffset(action),
                action.hasMaxStreamDuration()
                        ? Optional.of(
                                new RouteTimeouts.MaxStream(
                                        Values.millis(
                                                "max_stream_duration",
                                                max.hasMaxStreamDuration(),
                                                max.getMaxStreamDuration()),
                                        Values.millis(
                                                "grpc_timeout_header_max",
                                                max.hasGrpcTimeoutHeaderMax(),
                                                max.getGrpcTimeoutHeaderMax()),
                                        Values.millis(
                                                "grpc_timeout_header_offset",
                                                max.hasGrpcTimeoutHeaderOffset(),
                                                max.getGrpcTimeoutHeaderOffset())))
                        : Optional.empty());
    }

    @SuppressWarnings("deprecation") // Control planes still send it.
    private static OptionalLong maxGrpc(RouteAction action) throws Refused {
        return Values.millis(
                "max_grpc_timeout", action.hasMaxGrpcTimeout(), action.getMaxGrpcTimeout());
    }

    @SuppressWarnings("deprecation") // Goes with max_grpc_timeout.
    private static OptionalLong grpcOffset(RouteAction action) throws Refused {
        return Values.millis(
                "grpc_timeout_offset",
                action.hasGrpcTimeoutOffset(),
                action.getGrpcTimeoutOffset());
    }

    List<MirrorPolicy> mirrors(List<RequestMirrorPolicy> policies) throws Refused {
        var mirrors = new ArrayList<MirrorPolicy>();
        for (var policy : policies) {
            if (policy.getCluster().isEmpty() == policy.getClusterHeader().isEmpty()) {
                throw new Refused(
                        "request_mirror_policies.cluster",
                        policy.getCluster(),
                        "either a cluster or a header that names it");
            }
            mirrors.add(
                    new MirrorPolicy(
                            policy.getCluster(),
                            Ascii.lower(policy.getClusterHeader()),
                            policy.hasRuntimeFraction()
                                    ? Matchers.fraction(policy.getRuntimeFraction())
                                    : Fraction.ALL,
                            policy.hasTraceSampled()
                                    ? Optional.of(policy.getTraceSampled().getValue())
                                    : Optional.empty(),
                            !policy.getDisableShadowHostSuffixAppend()));
        }
        return List.copyOf(mirrors);
    }

    private static List<HashPolicy> hash(List<RouteAction.HashPolicy> policies) throws Refused {
        var compiled = new ArrayList<HashPolicy>();
        for (var policy : policies) {
            if (policy.hasConnectionProperties()
                    && !policy.getConnectionProperties().getSourceIp()) {
                continue;
            }
            compiled.add(new HashPolicy(source(policy), policy.getTerminal()));
        }
        return List.copyOf(compiled);
    }

    private static HashPolicy.Source source(RouteAction.HashPolicy policy) throws Refused {
        return switch (policy.getPolicySpecifierCase()) {
            case HEADER ->
                    new HashPolicy.Source.Header(
                            Ascii.lower(policy.getHeader().getHeaderName()),
                            policy.getHeader().hasRegexRewrite()
                                    ? Optional.of(
                                            rewrite(
                                                    "hash_policy.header",
                                                    policy.getHeader().getRegexRewrite()))
                                    : Optional.empty());
            case COOKIE -> {
                var cookie = policy.getCookie();
                yield new HashPolicy.Source.Cookie(
                        cookie.getName(),
                        cookie.getPath(),
                        cookie.hasTtl()
                                ? OptionalLong.of(cookie.getTtl().getSeconds())
                                : OptionalLong.empty(),
                        cookie.getAttributesList().stream()
                                .map(a -> new HashPolicy.Attribute(a.getName(), a.getValue()))
                                .toList());
            }
            case CONNECTION_PROPERTIES -> new HashPolicy.Source.SourceIp();
            case QUERY_PARAMETER ->
                    new HashPolicy.Source.QueryParameter(policy.getQueryParameter().getName());
            case FILTER_STATE ->
                    new HashPolicy.Source.FilterState(policy.getFilterState().getKey());
            case POLICYSPECIFIER_NOT_SET ->
                    throw new Refused("hash_policy", "", "something of the request");
        };
    }

    Redirect redirect(RedirectAction action) throws Refused {
        if (Integer.compareUnsigned(action.getPortRedirect(), MAX_PORT) > 0) {
            throw new Refused(
                    "port_redirect", Integer.toString(action.getPortRedirect()), "a port");
        }
        var path =
                switch (action.getPathRewriteSpecifierCase()) {
                    case PATH_REDIRECT ->
                            action.getPathRedirect().isEmpty()
                                    ? RedirectPath.KEEP
                                    : new RedirectPath.Replace(
                                            Ascii.octets(action.getPathRedirect()));
                    case PREFIX_REWRITE ->
                            action.getPrefixRewrite().isEmpty()
                                    ? RedirectPath.KEEP
                                    : new RedirectPath.Prefix(
                                            Ascii.octets(action.getPrefixRewrite()));
                    case REGEX_REWRITE ->
                            new RedirectPath.Regex(
                                    rewrite("redirect.regex_rewrite", action.getRegexRewrite()));
                    case PATHREWRITESPECIFIER_NOT_SET -> RedirectPath.KEEP;
                };
        return new Redirect(
                status(action),
                action.getHttpsRedirect() ? "https" : action.getSchemeRedirect(),
                Ascii.octets(action.getHostRedirect()),
                action.getPortRedirect(),
                path,
                action.getStripQuery());
    }

    private static int status(RedirectAction action) throws Refused {
        return switch (action.getResponseCode()) {
            case MOVED_PERMANENTLY -> 301;
            case FOUND -> 302;
            case SEE_OTHER -> 303;
            case TEMPORARY_REDIRECT -> 307;
            case PERMANENT_REDIRECT -> 308;
            case UNRECOGNIZED ->
                    throw new Refused(
                            "response_code",
                            Integer.toString(action.getResponseCodeValue()),
                            "from 0 to 4");
        };
    }

    Direct direct(DirectResponseAction action) throws Refused {
        if (action.getStatus() < 200 || action.getStatus() > 599) {
            throw new Refused(
                    "direct_response.status",
                    Integer.toString(action.getStatus()),
                    "from 200 to 599");
        }
        return new Direct(
                action.getStatus(),
                action.hasBody() ? Optional.of(body(action.getBody())) : Optional.empty());
    }

    private String body(DataSource source) throws Refused {
        var body =
                switch (source.getSpecifierCase()) {
                    case INLINE_STRING -> source.getInlineStringBytes();
                    case INLINE_BYTES -> source.getInlineBytes();
                    case FILENAME, ENVIRONMENT_VARIABLE, SPECIFIER_NOT_SET ->
                            throw new Refused(
                                    "direct_response.body",
                                    source.getSpecifierCase().toString(),
                                    "inline_string or inline_bytes");
                };
        if (body.size() > bounds.directResponseBytes()) {
            throw new Refused(
                    "direct_response.body",
                    body.size() + " bytes",
                    "at most " + bounds.directResponseBytes());
        }
        return body.toStringUtf8();
    }
}
