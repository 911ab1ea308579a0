package dev.ambit.waypoint.xds.cluster;

import static dev.ambit.waypoint.xds.cluster.Values.uint;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.ambit.waypoint.upstream.BreakerConfig;
import dev.ambit.waypoint.xds.CompileScope;
import dev.ambit.waypoint.xds.Refused;
import io.envoyproxy.envoy.config.cluster.v3.CircuitBreakers;
import io.envoyproxy.envoy.config.cluster.v3.CircuitBreakers.Thresholds;
import io.envoyproxy.envoy.config.core.v3.RoutingPriority;
import java.time.Duration;
import java.util.Optional;

/// `circuit_breakers`.
final class BreakerCompiler {
    /// `RetryBudget.budget_interval`, newer than the library.
    private static final int BUDGET_INTERVAL = 3;

    private BreakerCompiler() {}

    static BreakerConfig compile(CircuitBreakers from, CompileScope scope) throws Refused {
        if (from.getPerHostThresholdsCount() > 0) {
            throw new Refused(
                    "circuit_breakers.per_host_thresholds",
                    from.getPerHostThresholdsCount() + " thresholds",
                    "none: limits per host are not kept");
        }
        BreakerConfig found = null;
        for (var threshold : from.getThresholdsList()) {
            if (threshold.getPriority() != RoutingPriority.DEFAULT) {
                scope.skipped("circuit_breakers of priority " + threshold.getPriority());
            } else if (found == null) {
                found = thresholds(threshold, scope);
            }
        }
        return found == null ? BreakerConfig.DEFAULTS : found;
    }

    private static BreakerConfig thresholds(Thresholds from, CompileScope scope) throws Refused {
        if (from.hasMaxConnectionPools()) {
            scope.skipped("circuit_breakers.max_connection_pools");
        }
        return new BreakerConfig(
                uint(from.hasMaxConnections(), from.getMaxConnections(), BreakerConfig.DEFAULT),
                uint(
                        from.hasMaxPendingRequests(),
                        from.getMaxPendingRequests(),
                        BreakerConfig.DEFAULT),
                uint(from.hasMaxRequests(), from.getMaxRequests(), BreakerConfig.DEFAULT),
                uint(from.hasMaxRetries(), from.getMaxRetries(), BreakerConfig.DEFAULT_RETRIES),
                from.hasRetryBudget()
                        ? Optional.of(budget(from.getRetryBudget()))
                        : Optional.empty(),
                from.getTrackRemaining());
    }

    private static BreakerConfig.RetryBudget budget(Thresholds.RetryBudget from) throws Refused {
        return new BreakerConfig.RetryBudget(
                Values.percent(
                        "retry_budget.budget_percent",
                        from.hasBudgetPercent(),
                        from.getBudgetPercent(),
                        BreakerConfig.RetryBudget.DEFAULT_PERCENT),
                uint(
                        from.hasMinRetryConcurrency(),
                        from.getMinRetryConcurrency(),
                        BreakerConfig.RetryBudget.DEFAULT_MIN),
                interval(from));
    }

    private static Duration interval(Thresholds.RetryBudget from) throws Refused {
        var interval = Duration.ZERO;
        for (ByteString value :
                from.getUnknownFields().getField(BUDGET_INTERVAL).getLengthDelimitedList()) {
            try {
                interval =
                        Values.duration(
                                "retry_budget.budget_interval",
                                com.google.protobuf.Duration.parseFrom(value));
            } catch (InvalidProtocolBufferException e) {
                throw new Refused(
                        "retry_budget.budget_interval",
                        String.valueOf(e.getMessage()),
                        "a duration");
            }
        }
        return interval;
    }
}
