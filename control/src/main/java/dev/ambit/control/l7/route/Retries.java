package dev.ambit.control.l7.route;

import com.google.protobuf.UInt32Value;
import dev.ambit.control.l7.Protos;
import dev.ambit.control.resource.route.RetryConditions;
import dev.ambit.control.resource.route.RouteParts.Retry;
import io.envoyproxy.envoy.config.route.v3.RetryPolicy;
import io.envoyproxy.envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate;
import io.envoyproxy.envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig;
import java.util.Optional;

/// When requests are sent again.
final class Retries {
    private static final int ATTEMPTS = 2;
    private static final int HOST_ATTEMPTS = 5;
    private static final int PRIORITY_FREQUENCY = 2;
    private static final String DEFAULT =
            "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes";

    private Retries() {}

    /// @param said nothing: a default policy
    /// @param hashed the destination is chosen by a hash, so that another host would be wrong
    /// @return empty: never
    static Optional<RetryPolicy> of(Optional<Retry> said, boolean hashed) {
        var policy =
                RetryPolicy.newBuilder()
                        .setNumRetries(UInt32Value.of(said.map(Retry::attempts).orElse(ATTEMPTS)))
                        .setRetryOn(DEFAULT)
                        .setHostSelectionRetryMaxAttempts(HOST_ATTEMPTS);
        if (said.flatMap(Retry::ignorePreviousHosts).orElse(!hashed)) {
            policy.addRetryHostPredicate(
                    RetryPolicy.RetryHostPredicate.newBuilder()
                            .setName("envoy.retry_host_predicates.previous_hosts")
                            .setTypedConfig(
                                    Protos.any(PreviousHostsPredicate.getDefaultInstance())));
        }
        if (said.isEmpty()) {
            return Optional.of(policy.build());
        }
        var retry = said.get();
        if (retry.attempts() <= 0) {
            return Optional.empty();
        }
        if (!retry.retryOn().isEmpty()) {
            var conditions = RetryConditions.parse(retry.retryOn());
            policy.setRetryOn(conditions.names()).addAllRetriableStatusCodes(conditions.statuses());
        }
        retry.perTry().ifPresent(t -> policy.setPerTryTimeout(Protos.duration(t)));
        if (retry.remoteLocalities()) {
            policy.setRetryPriority(
                    RetryPolicy.RetryPriority.newBuilder()
                            .setName("envoy.retry_priorities.previous_priorities")
                            .setTypedConfig(
                                    Protos.any(
                                            PreviousPrioritiesConfig.newBuilder()
                                                    .setUpdateFrequency(PRIORITY_FREQUENCY)
                                                    .build())));
        }
        retry.backoff()
                .ifPresent(b ->
                        policy.setRetryBackOff(
                                RetryPolicy.RetryBackOff.newBuilder()
                                        .setBaseInterval(Protos.duration(b))));
        return Optional.of(policy.build());
    }
}
