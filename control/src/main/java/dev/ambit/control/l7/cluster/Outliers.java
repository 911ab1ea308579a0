package dev.ambit.control.l7.cluster;

import com.google.protobuf.UInt32Value;
import dev.ambit.control.l7.Protos;
import dev.ambit.control.resource.traffic.OutlierDetection;
import dev.ambit.envoy.EnvoyFields;
import io.envoyproxy.envoy.config.common.matcher.v3.HttpHeadersMatch;
import io.envoyproxy.envoy.config.common.matcher.v3.MatchPredicate;
import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import io.envoyproxy.envoy.type.v3.Percent;

/// Endpoints that fail too often are left out for a while.
final class Outliers {
    private static final UInt32Value OFF = Protos.uint32(0);
    private static final UInt32Value ALWAYS = Protos.uint32(100);

    private Outliers() {}

    /// @param unready endpoints that are not ready are sent too: then a panic would send them
    ///   traffic
    static void apply(ClusterDraft draft, OutlierDetection outlier, boolean unready) {
        var built =
                io.envoyproxy.envoy.config.cluster.v3.OutlierDetection.newBuilder()
                        // By rate of success: not part of the API.
                        .setEnforcingSuccessRate(OFF);
        outlier.consecutive5xx()
                .ifPresent(v ->
                        built.setConsecutive5Xx(Protos.uint32(v))
                                .setEnforcingConsecutive5Xx(v > 0 ? ALWAYS : OFF));
        outlier.consecutiveGatewayErrors()
                .ifPresent(v ->
                        built.setConsecutiveGatewayFailure(Protos.uint32(v))
                                .setEnforcingConsecutiveGatewayFailure(v > 0 ? ALWAYS : OFF));
        outlier.interval().ifPresent(i -> built.setInterval(Protos.duration(i)));
        outlier.baseEjectionTime().ifPresent(t -> built.setBaseEjectionTime(Protos.duration(t)));
        if (outlier.maxEjectionPercent() > 0) {
            built.setMaxEjectionPercent(Protos.uint32(outlier.maxEjectionPercent()));
        }
        if (outlier.splitLocalOriginErrors()) {
            built.setSplitExternalLocalOriginErrors(true).setEnforcingLocalOriginSuccessRate(OFF);
            int failures = outlier.consecutiveLocalOriginFailures().orElse(0);
            if (failures > 0) {
                built.setConsecutiveLocalOriginFailure(Protos.uint32(failures))
                        .setEnforcingConsecutiveLocalOriginFailure(ALWAYS);
            }
        }
        draft.cluster.setOutlierDetection(built);
        draft.cluster
                .getCommonLbConfigBuilder()
                .setHealthyPanicThreshold(
                        Percent.newBuilder().setValue(unready ? 0 : outlier.minHealthPercent()));
    }

    /// These statuses alone count as errors.
    static void errorCodes(ClusterDraft draft, OutlierDetection outlier) {
        var rules = outlier.errorCodes().stream().map(Outliers::status).toList();
        if (rules.isEmpty()) {
            return;
        }
        var predicate =
                rules.size() == 1
                        ? rules.getFirst()
                        : MatchPredicate.newBuilder()
                                .setOrMatch(MatchPredicate.MatchSet.newBuilder().addAllRules(rules))
                                .build();
        EnvoyFields.errorMatcher(draft.http(), predicate);
    }

    private static MatchPredicate status(int code) {
        return MatchPredicate.newBuilder()
                .setHttpResponseHeadersMatch(
                        HttpHeadersMatch.newBuilder()
                                .addHeaders(
                                        HeaderMatcher.newBuilder()
                                                .setName(":status")
                                                .setStringMatch(
                                                        StringMatcher.newBuilder()
                                                                .setExact(Integer.toString(code)))))
                .build();
    }
}
