package dev.ambit.waypoint.xds.route;

import com.google.protobuf.Any;
import dev.ambit.waypoint.route.RouteLimits;
import dev.ambit.waypoint.route.stages.CorsStage;
import dev.ambit.waypoint.route.stages.FaultStage;
import dev.ambit.waypoint.route.stages.FilterStateStage;
import dev.ambit.waypoint.route.stages.GlobalLimitStage;
import dev.ambit.waypoint.route.stages.GrpcWebStage;
import dev.ambit.waypoint.route.stages.HeaderMutationPolicy;
import dev.ambit.waypoint.route.stages.HeaderMutationStage;
import dev.ambit.waypoint.route.stages.LocalLimitStage;
import dev.ambit.waypoint.stage.HttpStage;
import dev.ambit.waypoint.xds.CompileScope;
import dev.ambit.waypoint.xds.FilterCompilers;
import dev.ambit.waypoint.xds.Refused;
import io.envoyproxy.envoy.extensions.filters.common.set_filter_state.v3.FilterStateValue;
import io.envoyproxy.envoy.extensions.filters.http.cors.v3.CorsPolicy;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.HTTPFault;
import io.envoyproxy.envoy.extensions.filters.http.header_mutation.v3.HeaderMutation;
import io.envoyproxy.envoy.extensions.filters.http.header_mutation.v3.HeaderMutationPerRoute;
import io.envoyproxy.envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit;
import io.envoyproxy.envoy.extensions.filters.http.ratelimit.v3.RateLimit;
import io.envoyproxy.envoy.extensions.filters.http.ratelimit.v3.RateLimitPerRoute;
import io.envoyproxy.envoy.extensions.filters.http.set_filter_state.v3.Config;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;

/// The filters that have to do with routes, for the table of compilers.
public final class RouteFilters {
    private static final String HTTP = "envoy.extensions.filters.http.";

    private final MutationCompiler mutations;
    private final HeaderMutationCompiler headers;
    private final LocalLimitCompiler local;
    private final GlobalLimitCompiler global;
    private final Runtime runtime;

    /// What stages take from outside.
    ///
    /// @param random any 64 bits, from any thread
    /// @param nanos the monotonic clock
    public record Runtime(LongSupplier random, LongSupplier nanos, RouteLimits bounds) {
        public static Runtime system() {
            return new Runtime(
                    () -> ThreadLocalRandom.current().nextLong(),
                    System::nanoTime,
                    RouteLimits.defaults());
        }
    }

    private RouteFilters(HeaderFormats formats, Runtime runtime, String localCluster) {
        this.mutations = new MutationCompiler(formats);
        this.headers = new HeaderMutationCompiler(mutations);
        var limits = new LimitCompiler(mutations, localCluster);
        this.local = new LocalLimitCompiler(mutations, limits, runtime.nanos());
        this.global = new GlobalLimitCompiler(mutations, limits, runtime.bounds());
        this.runtime = runtime;
    }

    /// @param localCluster this proxy's own, for rate limits by source
    public static FilterCompilers register(
            FilterCompilers compilers,
            HeaderFormats formats,
            Runtime runtime,
            String localCluster) {
        var own = new RouteFilters(formats, runtime, localCluster);
        return compilers
                .http(HTTP + "fault.v3.HTTPFault", own::fault)
                .perRoute(
                        HTTP + "fault.v3.HTTPFault",
                        (_, _, any) ->
                                FaultCompiler.compile(
                                        CompileScope.unpack("fault", any, HTTPFault.parser())))
                .http(
                        HTTP + "cors.v3.Cors",
                        (_, name, _) -> Optional.of(new CorsStage(name, runtime.random())))
                .perRoute(
                        HTTP + "cors.v3.CorsPolicy",
                        (_, _, any) ->
                                CorsCompiler.compile(
                                        CompileScope.unpack("cors", any, CorsPolicy.parser())))
                .http(HTTP + "header_mutation.v3.HeaderMutation", own::headerMutation)
                .perRoute(
                        HTTP + "header_mutation.v3.HeaderMutationPerRoute",
                        (_, _, any) -> own.headerMutationOfRoute(any))
                .http(HTTP + "set_filter_state.v3.Config", own::filterState)
                .http(
                        HTTP + "grpc_web.v3.GrpcWeb",
                        (_, name, _) -> Optional.of(new GrpcWebStage(name)))
                .http(HTTP + "local_ratelimit.v3.LocalRateLimit", own::localLimit)
                .perRoute(
                        HTTP + "local_ratelimit.v3.LocalRateLimit",
                        (_, _, any) ->
                                own.local.compile(
                                        CompileScope.unpack(
                                                "local_ratelimit", any, LocalRateLimit.parser()),
                                        true))
                .http(HTTP + "ratelimit.v3.RateLimit", own::globalLimit)
                .perRoute(
                        HTTP + "ratelimit.v3.RateLimitPerRoute",
                        (_, _, any) ->
                                own.global.ofRoute(
                                        CompileScope.unpack(
                                                "ratelimit", any, RateLimitPerRoute.parser())));
    }

    private Optional<HttpStage> fault(CompileScope scope, String name, Any config) throws Refused {
        var fault = CompileScope.unpack(name, config, HTTPFault.parser());
        return Optional.of(new FaultStage(name, FaultCompiler.compile(fault), runtime.random()));
    }

    private Optional<HttpStage> headerMutation(CompileScope scope, String name, Any config)
            throws Refused {
        var mutation = CompileScope.unpack(name, config, HeaderMutation.parser());
        return Optional.of(
                new HeaderMutationStage(
                        name,
                        headers.compile(mutation.getMutations()),
                        mutation.getMostSpecificHeaderMutationsWins()));
    }

    private HeaderMutationPolicy.Levels headerMutationOfRoute(Any config) throws Refused {
        var mutation =
                CompileScope.unpack("header_mutation", config, HeaderMutationPerRoute.parser());
        return new HeaderMutationPolicy.Levels(List.of(headers.compile(mutation.getMutations())));
    }

    private Optional<HttpStage> filterState(CompileScope scope, String name, Any config)
            throws Refused {
        var entries = new ArrayList<FilterStateStage.Entry>();
        for (var value :
                CompileScope.unpack(name, config, Config.parser()).getOnRequestHeadersList()) {
            entries.add(entry(value));
        }
        return Optional.of(new FilterStateStage(name, List.copyOf(entries)));
    }

    private FilterStateStage.Entry entry(FilterStateValue value) throws Refused {
        var source = value.getFormatString().getTextFormatSource();
        if (!source.hasInlineString()) {
            throw new Refused(
                    "on_request_headers.format_string",
                    value.getFormatString().getFormatCase().toString(),
                    "text_format_source with an inline_string");
        }
        var key = value.getObjectKey();
        return new FilterStateStage.Entry(
                key, mutations.value(key, source.getInlineString()), value.getSkipIfEmpty());
    }

    private Optional<HttpStage> localLimit(CompileScope scope, String name, Any config)
            throws Refused {
        var limit = CompileScope.unpack(name, config, LocalRateLimit.parser());
        return Optional.of(
                new LocalLimitStage(
                        name, local.compile(limit, false), runtime.random(), runtime.nanos()));
    }

    private Optional<HttpStage> globalLimit(CompileScope scope, String name, Any config)
            throws Refused {
        var limit = CompileScope.unpack(name, config, RateLimit.parser());
        return Optional.of(
                new GlobalLimitStage(
                        name, global.policy(limit), global.client(scope, limit), runtime.random()));
    }
}
