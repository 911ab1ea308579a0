package dev.ambit.waypoint.xds.route;

import dev.ambit.waypoint.match.Fraction;
import dev.ambit.waypoint.route.limit.BucketConfig;
import dev.ambit.waypoint.route.limit.Descriptor;
import dev.ambit.waypoint.route.limit.DynamicBuckets;
import dev.ambit.waypoint.route.limit.LocalLimiter;
import dev.ambit.waypoint.route.limit.TokenBucket;
import dev.ambit.waypoint.route.stages.LocalLimitPolicy;
import dev.ambit.waypoint.route.stages.LocalLimitPolicy.HostLimits;
import dev.ambit.waypoint.xds.Refused;
import dev.ambit.waypoint.xds.match.Matchers;
import io.envoyproxy.envoy.extensions.common.ratelimit.v3.LocalRateLimitDescriptor;
import io.envoyproxy.envoy.extensions.common.ratelimit.v3.VhRateLimitsOptions;
import io.envoyproxy.envoy.extensions.common.ratelimit.v3.XRateLimitHeadersRFCVersion;
import io.envoyproxy.envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.LongSupplier;

/// `envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit`.
final class LocalLimitCompiler {
    private static final int TOO_MANY_REQUESTS = 429;
    private static final int LEAST_STATUS = 400;
    private static final int RESOURCE_EXHAUSTED = 8;
    private static final int DEFAULT_DYNAMIC = 20;
    private static final long LEAST_FILL_MILLIS = 50;
    private static final long NANOS_PER_MILLI = 1_000_000;

    private final MutationCompiler mutations;
    private final LimitCompiler limits;
    private final LongSupplier nanos;

    LocalLimitCompiler(MutationCompiler mutations, LimitCompiler limits, LongSupplier nanos) {
        this.mutations = mutations;
        this.limits = limits;
        this.nanos = nanos;
    }

    LocalLimitPolicy compile(LocalRateLimit config, boolean ofRoute) throws Refused {
        if (config.getLocalRateLimitPerDownstreamConnection()
                || config.hasLocalClusterRateLimit()) {
            throw new Refused(
                    "local_rate_limit_per_downstream_connection, local_cluster_rate_limit",
                    "set",
                    "limits that count for this process");
        }
        if (ofRoute && !config.hasTokenBucket()) {
            throw new Refused("token_bucket", "", "one, in a route's configuration");
        }
        int status = config.getStatus().getCodeValue();
        return new LocalLimitPolicy(
                limiter(config),
                status < LEAST_STATUS ? TOO_MANY_REQUESTS : status,
                config.getRateLimitedAsResourceExhausted()
                        ? OptionalInt.of(RESOURCE_EXHAUSTED)
                        : OptionalInt.empty(),
                config.hasFilterEnabled()
                        ? Matchers.fraction(config.getFilterEnabled())
                        : Fraction.NONE,
                config.hasFilterEnforced()
                        ? Matchers.fraction(config.getFilterEnforced())
                        : Fraction.NONE,
                config.getRateLimitsCount() > 0
                        ? Optional.of(limits.compile(config.getRateLimitsList()))
                        : Optional.empty(),
                config.getStage(),
                hostLimits(config.getVhRateLimits()),
                config.getEnableXRatelimitHeaders() == XRateLimitHeadersRFCVersion.DRAFT_VERSION_03,
                mutations.compile(
                        "response_headers", config.getResponseHeadersToAddList(), List.of()),
                mutations.compile(
                        "request_headers",
                        config.getRequestHeadersToAddWhenNotEnforcedList(),
                        List.of()));
    }

    static HostLimits hostLimits(VhRateLimitsOptions options) {
        return switch (options) {
            case OVERRIDE, UNRECOGNIZED -> HostLimits.OVERRIDE;
            case INCLUDE -> HostLimits.INCLUDE;
            case IGNORE -> HostLimits.IGNORE;
        };
    }

    private LocalLimiter limiter(LocalRateLimit config) throws Refused {
        long now = nanos.getAsLong();
        int most =
                config.hasMaxDynamicDescriptors()
                        ? Values.count(config.getMaxDynamicDescriptors().getValue())
                        : DEFAULT_DYNAMIC;
        var fixed = new HashMap<Descriptor, TokenBucket>();
        var dynamic = new ArrayList<DynamicBuckets>();
        for (var descriptor : config.getDescriptorsList()) {
            var entries = entries(descriptor);
            var bucket = bucket("descriptors.token_bucket", descriptor.getTokenBucket());
            if (entries.stream().anyMatch(e -> e.value().isEmpty())) {
                dynamic.add(new DynamicBuckets(entries, bucket, most));
            } else if (fixed.put(new Descriptor(entries), bucket.bucket(now)) != null) {
                throw new Refused("descriptors", entries.toString(), "each only once");
            }
        }
        boolean always =
                !config.hasAlwaysConsumeDefaultTokenBucket()
                        || config.getAlwaysConsumeDefaultTokenBucket().getValue();
        boolean general = config.hasTokenBucket() && fills(config.getTokenBucket());
        return new LocalLimiter(
                fixed,
                dynamic,
                general
                        ? Optional.of(bucket("token_bucket", config.getTokenBucket()))
                        : Optional.empty(),
                always,
                now);
    }

    private static boolean fills(io.envoyproxy.envoy.type.v3.TokenBucket bucket) {
        var interval = bucket.getFillInterval();
        return interval.getSeconds() > 0 || interval.getNanos() > 0;
    }

    private static List<Descriptor.Entry> entries(LocalRateLimitDescriptor descriptor) {
        var entries = new ArrayList<Descriptor.Entry>();
        for (var entry : descriptor.getEntriesList()) {
            entries.add(new Descriptor.Entry(entry.getKey(), entry.getValue()));
        }
        return List.copyOf(entries);
    }

    private static BucketConfig bucket(String field, io.envoyproxy.envoy.type.v3.TokenBucket bucket)
            throws Refused {
        long most = Integer.toUnsignedLong(bucket.getMaxTokens());
        long millis = Values.millis(field + ".fill_interval", bucket.getFillInterval());
        if (most > 0 && millis < LEAST_FILL_MILLIS) {
            throw new Refused(field + ".fill_interval", millis + " ms", "at least 50 ms");
        }
        return new BucketConfig(
                most,
                bucket.hasTokensPerFill()
                        ? Math.max(1, Integer.toUnsignedLong(bucket.getTokensPerFill().getValue()))
                        : 1,
                Math.max(1, millis) * NANOS_PER_MILLI);
    }
}
