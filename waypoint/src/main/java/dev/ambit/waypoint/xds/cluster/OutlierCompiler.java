package dev.ambit.waypoint.xds.cluster;

import static dev.ambit.waypoint.xds.cluster.Values.duration;
import static dev.ambit.waypoint.xds.cluster.Values.integer;
import static dev.ambit.waypoint.xds.cluster.Values.percent;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import dev.ambit.waypoint.upstream.OutlierConfig;
import dev.ambit.waypoint.xds.Refused;
import io.envoyproxy.envoy.config.cluster.v3.OutlierDetection;
import io.envoyproxy.envoy.config.common.matcher.v3.MatchPredicate;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;

/// `outlier_detection`.
final class OutlierCompiler {
    /// `HttpProtocolOptions.outlier_detection`, newer than the library.
    private static final int OPTIONS_OUTLIER = 8;

    /// `error_matcher` in it.
    private static final int ERROR_MATCHER = 1;

    private OutlierCompiler() {}

    static OutlierConfig compile(OutlierDetection from, HttpProtocolOptions options)
            throws Refused {
        var base =
                duration(
                        "base_ejection_time",
                        from.hasBaseEjectionTime(),
                        from.getBaseEjectionTime(),
                        OutlierConfig.DEFAULT_BASE_EJECTION);
        var longest =
                duration(
                        "max_ejection_time",
                        from.hasMaxEjectionTime(),
                        from.getMaxEjectionTime(),
                        max(OutlierConfig.DEFAULT_MAX_EJECTION, base));
        if (longest.compareTo(base) < 0) {
            throw new Refused(
                    "max_ejection_time", longest.toString(), "not under base_ejection_time");
        }
        var interval =
                duration(
                        "interval",
                        from.hasInterval(),
                        from.getInterval(),
                        OutlierConfig.DEFAULT_INTERVAL);
        if (!interval.isPositive()) {
            throw new Refused("interval", interval.toString(), "more than 0s");
        }
        return new OutlierConfig(
                interval,
                base,
                longest,
                duration(
                        "max_ejection_time_jitter",
                        from.hasMaxEjectionTimeJitter(),
                        from.getMaxEjectionTimeJitter(),
                        Duration.ZERO),
                percent(
                        "max_ejection_percent",
                        from.hasMaxEjectionPercent(),
                        from.getMaxEjectionPercent(),
                        OutlierConfig.DEFAULT_MAX_EJECTED),
                from.getAlwaysEjectOneHost().getValue(),
                consecutive(from),
                successRate(from),
                failurePercentage(from),
                from.getSplitExternalLocalOriginErrors(),
                errorStatuses(options));
    }

    private static Duration max(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? b : a;
    }

    private static OutlierConfig.Consecutive consecutive(OutlierDetection from) throws Refused {
        var or = OutlierConfig.Consecutive.DEFAULTS;
        return new OutlierConfig.Consecutive(
                integer(
                        "consecutive_5xx",
                        from.hasConsecutive5Xx(),
                        from.getConsecutive5Xx(),
                        or.serverErrors()),
                percent(
                        "enforcing_consecutive_5xx",
                        from.hasEnforcingConsecutive5Xx(),
                        from.getEnforcingConsecutive5Xx(),
                        or.enforcingServerErrors()),
                integer(
                        "consecutive_gateway_failure",
                        from.hasConsecutiveGatewayFailure(),
                        from.getConsecutiveGatewayFailure(),
                        or.gatewayErrors()),
                percent(
                        "enforcing_consecutive_gateway_failure",
                        from.hasEnforcingConsecutiveGatewayFailure(),
                        from.getEnforcingConsecutiveGatewayFailure(),
                        or.enforcingGatewayErrors()),
                integer(
                        "consecutive_local_origin_failure",
                        from.hasConsecutiveLocalOriginFailure(),
                        from.getConsecutiveLocalOriginFailure(),
                        or.localErrors()),
                percent(
                        "enforcing_consecutive_local_origin_failure",
                        from.hasEnforcingConsecutiveLocalOriginFailure(),
                        from.getEnforcingConsecutiveLocalOriginFailure(),
                        or.enforcingLocalErrors()));
    }

    private static OutlierConfig.SuccessRate successRate(OutlierDetection from) throws Refused {
        var or = OutlierConfig.SuccessRate.DEFAULTS;
        return new OutlierConfig.SuccessRate(
                integer(
                        "success_rate_minimum_hosts",
                        from.hasSuccessRateMinimumHosts(),
                        from.getSuccessRateMinimumHosts(),
                        or.minHosts()),
                integer(
                        "success_rate_request_volume",
                        from.hasSuccessRateRequestVolume(),
                        from.getSuccessRateRequestVolume(),
                        or.requestVolume()),
                integer(
                        "success_rate_stdev_factor",
                        from.hasSuccessRateStdevFactor(),
                        from.getSuccessRateStdevFactor(),
                        or.stdevFactor()),
                percent(
                        "enforcing_success_rate",
                        from.hasEnforcingSuccessRate(),
                        from.getEnforcingSuccessRate(),
                        or.enforcing()),
                percent(
                        "enforcing_local_origin_success_rate",
                        from.hasEnforcingLocalOriginSuccessRate(),
                        from.getEnforcingLocalOriginSuccessRate(),
                        or.enforcingLocal()));
    }

    private static OutlierConfig.FailurePercentage failurePercentage(OutlierDetection from)
            throws Refused {
        var or = OutlierConfig.FailurePercentage.DEFAULTS;
        return new OutlierConfig.FailurePercentage(
                percent(
                        "failure_percentage_threshold",
                        from.hasFailurePercentageThreshold(),
                        from.getFailurePercentageThreshold(),
                        or.threshold()),
                integer(
                        "failure_percentage_minimum_hosts",
                        from.hasFailurePercentageMinimumHosts(),
                        from.getFailurePercentageMinimumHosts(),
                        or.minHosts()),
                integer(
                        "failure_percentage_request_volume",
                        from.hasFailurePercentageRequestVolume(),
                        from.getFailurePercentageRequestVolume(),
                        or.requestVolume()),
                percent(
                        "enforcing_failure_percentage",
                        from.hasEnforcingFailurePercentage(),
                        from.getEnforcingFailurePercentage(),
                        or.enforcing()),
                percent(
                        "enforcing_failure_percentage_local_origin",
                        from.hasEnforcingFailurePercentageLocalOrigin(),
                        from.getEnforcingFailurePercentageLocalOrigin(),
                        or.enforcingLocal()));
    }

    /// `outlierDetectionHttpErrorCodes` of Istio: a predicate of exact statuses.
    private static Set<Integer> errorStatuses(HttpProtocolOptions options) throws Refused {
        var statuses = new HashSet<Integer>();
        for (ByteString outlier :
                options.getUnknownFields().getField(OPTIONS_OUTLIER).getLengthDelimitedList()) {
            try {
                var matchers = UnknownFieldSet.parseFrom(outlier).getField(ERROR_MATCHER);
                for (ByteString matcher : matchers.getLengthDelimitedList()) {
                    collect(MatchPredicate.parseFrom(matcher), statuses);
                }
            } catch (InvalidProtocolBufferException e) {
                throw new Refused(
                        "outlier_detection.error_matcher",
                        String.valueOf(e.getMessage()),
                        "a MatchPredicate");
            }
        }
        return Set.copyOf(statuses);
    }

    private static void collect(MatchPredicate predicate, Set<Integer> into) throws Refused {
        switch (predicate.getRuleCase()) {
            case OR_MATCH -> {
                for (var rule : predicate.getOrMatch().getRulesList()) {
                    collect(rule, into);
                }
            }
            case HTTP_RESPONSE_HEADERS_MATCH -> {
                for (var header : predicate.getHttpResponseHeadersMatch().getHeadersList()) {
                    if (!header.getName().equals(":status") || !header.hasStringMatch()) {
                        throw new Refused(
                                "outlier_detection.error_matcher",
                                header.getName(),
                                "exact values of :status");
                    }
                    into.add(status(header.getStringMatch().getExact()));
                }
            }
            case AND_MATCH,
                    NOT_MATCH,
                    ANY_MATCH,
                    HTTP_REQUEST_HEADERS_MATCH,
                    HTTP_REQUEST_TRAILERS_MATCH,
                    HTTP_RESPONSE_TRAILERS_MATCH,
                    HTTP_REQUEST_GENERIC_BODY_MATCH,
                    HTTP_RESPONSE_GENERIC_BODY_MATCH,
                    RULE_NOT_SET ->
                    throw new Refused(
                            "outlier_detection.error_matcher",
                            predicate.getRuleCase().toString(),
                            "or_match of http_response_headers_match");
        }
    }

    private static int status(String text) throws Refused {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new Refused("outlier_detection.error_matcher", text, "a status, as 503");
        }
    }
}
