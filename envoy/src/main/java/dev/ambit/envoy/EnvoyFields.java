package dev.ambit.envoy;

import com.google.protobuf.Duration;
import com.google.protobuf.Message;
import com.google.protobuf.UnknownFieldSet;
import io.envoyproxy.envoy.config.cluster.v3.CircuitBreakers.Thresholds.RetryBudget;
import io.envoyproxy.envoy.config.common.matcher.v3.MatchPredicate;
import io.envoyproxy.envoy.extensions.filters.http.ratelimit.v3.RateLimit;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions;

/// Fields of Envoy that are newer than the library: set as unknown fields.
public final class EnvoyFields {
    private static final int BUDGET_INTERVAL = 3;
    private static final int OUTLIER_DETECTION = 8;
    private static final int ERROR_MATCHER = 1;

    private static final int RATE_LIMITS = 17;

    private EnvoyFields() {}

    /// One more of `RateLimit.rate_limits`.
    public static void rateLimit(RateLimit.Builder filter, Message value) {
        filter.mergeUnknownFields(field(RATE_LIMITS, value));
    }

    /// `RetryBudget.budget_interval`.
    public static void budgetInterval(RetryBudget.Builder budget, Duration value) {
        budget.mergeUnknownFields(field(BUDGET_INTERVAL, value));
    }

    /// `HttpProtocolOptions.outlier_detection.error_matcher`.
    public static void errorMatcher(HttpProtocolOptions.Builder options, MatchPredicate value) {
        options.mergeUnknownFields(
                UnknownFieldSet.newBuilder()
                        .addField(
                                OUTLIER_DETECTION,
                                UnknownFieldSet.Field.newBuilder()
                                        .addLengthDelimited(
                                                field(ERROR_MATCHER, value).toByteString())
                                        .build())
                        .build());
    }

    private static UnknownFieldSet field(int number, Message value) {
        return UnknownFieldSet.newBuilder()
                .addField(
                        number,
                        UnknownFieldSet.Field.newBuilder()
                                .addLengthDelimited(value.toByteString())
                                .build())
                .build();
    }
}
