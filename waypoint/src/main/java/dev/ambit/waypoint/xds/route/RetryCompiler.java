package dev.ambit.waypoint.xds.route;

import dev.ambit.waypoint.match.Ascii;
import dev.ambit.waypoint.route.RetryOn;
import dev.ambit.waypoint.route.RetryPolicy;
import dev.ambit.waypoint.route.RetryPolicy.ResetHeader;
import dev.ambit.waypoint.xds.CompileScope;
import dev.ambit.waypoint.xds.Refused;
import dev.ambit.waypoint.xds.match.Matchers;
import io.envoyproxy.envoy.config.route.v3.RetryPolicy.RateLimitedRetryBackOff;
import io.envoyproxy.envoy.config.route.v3.RetryPolicy.ResetHeaderFormat;
import io.envoyproxy.envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/// `envoy.config.route.v3.RetryPolicy`.
final class RetryCompiler {
    private static final String PREVIOUS_HOSTS =
            "envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate";
    private static final String PREVIOUS_HOSTS_NAME = "envoy.retry_host_predicates.previous_hosts";
    private static final String PREVIOUS_PRIORITIES =
            "envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig";

    private RetryCompiler() {}

    static RetryPolicy compile(io.envoyproxy.envoy.config.route.v3.RetryPolicy policy)
            throws Refused {
        long base =
                policy.getRetryBackOff().hasBaseInterval()
                        ? Values.millis("base_interval", policy.getRetryBackOff().getBaseInterval())
                        : RetryPolicy.DEFAULT_BASE_MILLIS;
        var max =
                Values.millis(
                        "max_interval",
                        policy.getRetryBackOff().hasMaxInterval(),
                        policy.getRetryBackOff().getMaxInterval());
        if (base < 1 || max.isPresent() && max.getAsLong() < base) {
            throw new Refused(
                    "retry_back_off", base + ".." + max, "more than 0, and max_interval over it");
        }
        return new RetryPolicy(
                RetryOn.parse(policy.getRetryOn()),
                policy.hasNumRetries() ? Values.count(policy.getNumRetries().getValue()) : 1,
                Values.millis("per_try_timeout", policy.getPerTryTimeout()),
                Values.millis("per_try_idle_timeout", policy.getPerTryIdleTimeout()),
                List.copyOf(policy.getRetriableStatusCodesList()),
                Matchers.headers(policy.getRetriableHeadersList()),
                Matchers.headers(policy.getRetriableRequestHeadersList()),
                base,
                max,
                resetHeaders(policy.getRateLimitedRetryBackOff()),
                resetMax(policy.getRateLimitedRetryBackOff()),
                previousHosts(policy),
                previousPriorities(policy),
                Math.clamp(policy.getHostSelectionRetryMaxAttempts(), 1, Integer.MAX_VALUE));
    }

    private static List<ResetHeader> resetHeaders(RateLimitedRetryBackOff backOff) {
        var headers = new ArrayList<ResetHeader>();
        for (var header : backOff.getResetHeadersList()) {
            headers.add(
                    new ResetHeader(
                            Ascii.lower(header.getName()),
                            header.getFormat() == ResetHeaderFormat.UNIX_TIMESTAMP));
        }
        return List.copyOf(headers);
    }

    private static long resetMax(RateLimitedRetryBackOff backOff) throws Refused {
        return backOff.hasMaxInterval()
                ? Values.millis("max_interval", backOff.getMaxInterval())
                : RetryPolicy.DEFAULT_RESET_MAX_MILLIS;
    }

    private static boolean previousHosts(io.envoyproxy.envoy.config.route.v3.RetryPolicy policy)
            throws Refused {
        boolean avoid = false;
        for (var predicate : policy.getRetryHostPredicateList()) {
            var type = CompileScope.type(predicate.getTypedConfig());
            if (!type.equals(PREVIOUS_HOSTS) && !predicate.getName().equals(PREVIOUS_HOSTS_NAME)) {
                throw new Refused("retry_host_predicate", predicate.getName(), PREVIOUS_HOSTS_NAME);
            }
            avoid = true;
        }
        return avoid;
    }

    private static OptionalInt previousPriorities(
            io.envoyproxy.envoy.config.route.v3.RetryPolicy policy) throws Refused {
        if (!policy.hasRetryPriority()) {
            return OptionalInt.empty();
        }
        var config = policy.getRetryPriority().getTypedConfig();
        if (!CompileScope.type(config).equals(PREVIOUS_PRIORITIES)) {
            throw new Refused(
                    "retry_priority", policy.getRetryPriority().getName(), PREVIOUS_PRIORITIES);
        }
        int frequency =
                CompileScope.unpack("retry_priority", config, PreviousPrioritiesConfig.parser())
                        .getUpdateFrequency();
        if (frequency < 1) {
            throw new Refused("update_frequency", Integer.toString(frequency), "at least 1");
        }
        return OptionalInt.of(frequency);
    }
}
