package dev.ambit.control.l7.limits;

import com.google.protobuf.Message;
import com.google.protobuf.UInt32Value;
import dev.ambit.control.l7.ClusterNames;
import dev.ambit.control.l7.Protos;
import dev.ambit.control.l7.WaypointScope;
import dev.ambit.control.l7.registry.MeshService;
import dev.ambit.control.l7.route.References.Reference;
import dev.ambit.control.resource.ambit.TrafficLimits;
import dev.ambit.control.resource.traffic.RetryBudget;
import dev.ambit.envoy.EnvoyFields;
import io.envoyproxy.envoy.config.common.mutation_rules.v3.HeaderMutation;
import io.envoyproxy.envoy.config.core.v3.ApiVersion;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption.HeaderAppendAction;
import io.envoyproxy.envoy.config.core.v3.RuntimeFractionalPercent;
import io.envoyproxy.envoy.config.ratelimit.v3.RateLimitServiceConfig;
import io.envoyproxy.envoy.extensions.common.ratelimit.v3.LocalRateLimitDescriptor;
import io.envoyproxy.envoy.extensions.common.ratelimit.v3.XRateLimitHeadersRFCVersion;
import io.envoyproxy.envoy.extensions.filters.http.header_mutation.v3.Mutations;
import io.envoyproxy.envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit;
import io.envoyproxy.envoy.extensions.filters.http.ratelimit.v3.RateLimit;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.envoyproxy.envoy.type.v3.FractionalPercent;
import io.envoyproxy.envoy.type.v3.HttpStatus;
import io.envoyproxy.envoy.type.v3.TokenBucket;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// What TrafficLimits ask for, in Envoy's own filters. Each limit is a filter and counts for
/// itself: a request must pass all that it matches. Who the client is stands in filter state, which
/// descriptors can't name; so it is put into a header for as long as limits are looked at.
public final class Limits {
    /// Written over before it is read and taken away afterwards: nobody outside can set or see it.
    static final String CLIENT = "x-ambit-client";

    private static final String IDENTITY = "%FILTER_STATE(io.istio.peer_principal:PLAIN)%";
    private static final String PREFIX = "ambit.limits.";

    private Limits() {}

    /// After authorization, before anything that costs: in the order in which they run.
    ///
    /// @param service whose chain it is; empty: of workloads
    public static List<HttpFilter> httpFilters(WaypointScope scope, Optional<MeshService> service) {
        var filters = new ArrayList<HttpFilter>();
        boolean identified = false;
        for (var limits : scope.model().limits().of(scope, service)) {
            for (var local : limits.local()) {
                identified |= Descriptors.needsIdentity(local.scope());
                filters.add(filter(limits, local.name(), local(limits, local, service)));
            }
            if (limits.global().isPresent()) {
                var global = limits.global().get();
                identified |=
                        global.limits().stream()
                                .anyMatch(l -> Descriptors.needsIdentity(l.scope()));
                filters.add(filter(limits, "global", global(limits, global)));
            }
        }
        if (identified) {
            filters.addFirst(named("client", write()));
            filters.addLast(named("forget-client", forget()));
        }
        return filters;
    }

    /// How many retries a service takes, where no DestinationRule says so: of the first that says
    /// anything.
    public static Optional<RetryBudget> retryBudget(WaypointScope scope, MeshService service) {
        return scope.model().limits().of(scope, Optional.of(service)).stream()
                .flatMap(l -> l.retryBudget().stream())
                .findFirst();
    }

    /// Rate limit services that are asked.
    public static Set<Reference> references(WaypointScope scope) {
        var references = new HashSet<Reference>();
        var chains = new ArrayList<Optional<MeshService>>();
        chains.add(Optional.empty());
        scope.services().forEach(s -> chains.add(Optional.of(s)));
        for (var chain : chains) {
            for (var limits : scope.model().limits().of(scope, chain)) {
                limits.global().ifPresent(g -> references.add(new Reference(g.service(), "")));
            }
        }
        return references;
    }

    private static HttpFilter filter(TrafficLimits limits, String name, Message config) {
        return named(limits.meta().namespace() + "." + limits.meta().name() + "." + name, config);
    }

    private static HttpFilter named(String name, Message config) {
        return HttpFilter.newBuilder()
                .setName(PREFIX + name)
                .setTypedConfig(Protos.any(config))
                .build();
    }

    private static LocalRateLimit local(
            TrafficLimits limits, TrafficLimits.Local local, Optional<MeshService> service) {
        var bucket =
                TokenBucket.newBuilder()
                        .setMaxTokens(local.burst())
                        .setTokensPerFill(UInt32Value.of(local.requests()))
                        .setFillInterval(Protos.duration(local.per()));
        var always = RuntimeFractionalPercent.newBuilder().setDefaultValue(hundred());
        var config =
                LocalRateLimit.newBuilder()
                        .setStatPrefix(
                                "limits_"
                                        + limits.meta().namespace()
                                        + "_"
                                        + limits.meta().name()
                                        + "_"
                                        + local.name())
                        .setStatus(status(local.status()))
                        .setFilterEnabled(always)
                        .setFilterEnforced(always)
                        .setRateLimitedAsResourceExhausted(true)
                        .setEnableXRatelimitHeaders(XRateLimitHeadersRFCVersion.DRAFT_VERSION_03);
        if (Descriptors.plain(local.scope())) {
            return config.setTokenBucket(bucket).build();
        }
        var descriptor =
                LocalRateLimitDescriptor.newBuilder()
                        .addAllEntries(Descriptors.entries(limits, local.name(), local.scope()))
                        .setTokenBucket(bucket);
        config.addRateLimits(Descriptors.actions(limits, local.name(), local.scope()))
                .addDescriptors(descriptor)
                .setAlwaysConsumeDefaultTokenBucket(Protos.bool(false));
        if (!local.scope().by().isEmpty()) {
            config.setMaxDynamicDescriptors(UInt32Value.of(local.clients()));
        }
        return config.build();
    }

    private static RateLimit global(TrafficLimits limits, TrafficLimits.Global global) {
        var cluster = ClusterNames.outbound(global.port(), "", global.service());
        var config =
                RateLimit.newBuilder()
                        .setDomain(global.domain())
                        .setTimeout(Protos.duration(global.timeout()))
                        .setFailureModeDeny(!global.failOpen())
                        .setRateLimitedAsResourceExhausted(true)
                        .setEnableXRatelimitHeaders(
                                RateLimit.XRateLimitHeadersRFCVersion.DRAFT_VERSION_03)
                        .setRateLimitedStatus(status(global.status()))
                        .setRateLimitService(
                                RateLimitServiceConfig.newBuilder()
                                        .setTransportApiVersion(ApiVersion.V3)
                                        .setGrpcService(
                                                GrpcService.newBuilder()
                                                        .setEnvoyGrpc(
                                                                GrpcService.EnvoyGrpc.newBuilder()
                                                                        .setClusterName(cluster)
                                                                        .setAuthority(
                                                                                global
                                                                                        .service()))));
        for (var counted : global.limits()) {
            EnvoyFields.rateLimit(
                    config, Descriptors.actions(limits, counted.name(), counted.scope()));
        }
        return config.build();
    }

    private static HttpStatus.Builder status(int code) {
        return HttpStatus.newBuilder().setCodeValue(code);
    }

    private static FractionalPercent hundred() {
        return FractionalPercent.newBuilder()
                .setNumerator(100)
                .setDenominator(FractionalPercent.DenominatorType.HUNDRED)
                .build();
    }

    private static io.envoyproxy.envoy.extensions.filters.http.header_mutation.v3.HeaderMutation
            write() {
        var option =
                HeaderValueOption.newBuilder()
                        .setHeader(HeaderValue.newBuilder().setKey(CLIENT).setValue(IDENTITY))
                        .setAppendAction(HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD);
        return mutation(HeaderMutation.newBuilder().setAppend(option).build());
    }

    private static io.envoyproxy.envoy.extensions.filters.http.header_mutation.v3.HeaderMutation
            forget() {
        return mutation(HeaderMutation.newBuilder().setRemove(CLIENT).build());
    }

    private static io.envoyproxy.envoy.extensions.filters.http.header_mutation.v3.HeaderMutation
            mutation(HeaderMutation mutation) {
        return io.envoyproxy.envoy.extensions.filters.http.header_mutation.v3.HeaderMutation
                .newBuilder()
                .setMutations(Mutations.newBuilder().addRequestMutations(mutation))
                .build();
    }
}
