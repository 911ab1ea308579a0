package dev.ambit.control.l7.route;

import com.google.protobuf.Any;
import com.google.protobuf.BoolValue;
import dev.ambit.control.l7.Protos;
import dev.ambit.control.resource.route.RouteParts.Abort;
import dev.ambit.control.resource.route.RouteParts.AbortStatus;
import dev.ambit.control.resource.route.RouteParts.Cors;
import dev.ambit.control.resource.route.RouteParts.Delay;
import dev.ambit.control.resource.route.RouteParts.Fault;
import dev.ambit.control.resource.route.RouteParts.Fraction;
import io.envoyproxy.envoy.config.core.v3.RuntimeFractionalPercent;
import io.envoyproxy.envoy.extensions.filters.common.fault.v3.FaultDelay;
import io.envoyproxy.envoy.extensions.filters.http.cors.v3.CorsPolicy;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.FaultAbort;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.HTTPFault;
import io.envoyproxy.envoy.type.v3.FractionalPercent;
import java.util.Map;
import java.util.TreeMap;

/// What a route says to filters: faults and cross-origin rules.
final class FilterOverrides {
    private static final String FAULT = "envoy.filters.http.fault";
    private static final String CORS = "envoy.filters.http.cors";

    private FilterOverrides() {}

    static Map<String, Any> of(HttpRule rule) {
        var overrides = new TreeMap<String, Any>();
        rule.fault()
                .filter(f -> f.delay().isPresent() || f.abort().isPresent())
                .ifPresent(f -> overrides.put(FAULT, Protos.any(fault(f))));
        rule.cors().ifPresent(c -> overrides.put(CORS, Protos.any(cors(c))));
        return overrides;
    }

    private static HTTPFault fault(Fault fault) {
        var built = HTTPFault.newBuilder();
        fault.delay().ifPresent(d -> built.setDelay(delay(d)));
        fault.abort().ifPresent(a -> built.setAbort(abort(a)));
        return built.build();
    }

    private static FaultDelay delay(Delay delay) {
        return FaultDelay.newBuilder()
                .setFixedDelay(Protos.duration(delay.fixed()))
                .setPercentage(fraction(delay.share()))
                .build();
    }

    private static FaultAbort abort(Abort abort) {
        var built = FaultAbort.newBuilder();
        switch (abort.status()) {
            case AbortStatus.Http http -> built.setHttpStatus(http.code());
            case AbortStatus.Grpc grpc -> built.setGrpcStatus(grpc.code());
        }
        abort.share().ifPresent(s -> built.setPercentage(fraction(s)));
        return built.build();
    }

    static FractionalPercent fraction(Fraction fraction) {
        return FractionalPercent.newBuilder()
                .setNumerator(fraction.numerator())
                .setDenominator(
                        switch (fraction.of()) {
                            case HUNDRED -> FractionalPercent.DenominatorType.HUNDRED;
                            case MILLION -> FractionalPercent.DenominatorType.MILLION;
                        })
                .build();
    }

    private static CorsPolicy cors(Cors cors) {
        var built =
                CorsPolicy.newBuilder()
                        .setForwardNotMatchingPreflights(BoolValue.of(cors.forwardUnmatched()))
                        .setFilterEnabled(
                                RuntimeFractionalPercent.newBuilder()
                                        .setDefaultValue(fraction(Fraction.ALL)))
                        .setAllowMethods(String.join(",", cors.methods()))
                        .setAllowHeaders(String.join(",", cors.headers()))
                        .setExposeHeaders(String.join(",", cors.exposed()));
        for (var origin : cors.origins()) {
            MatchRenderer.text(origin).ifPresent(built::addAllowOriginStringMatch);
        }
        cors.credentials().ifPresent(c -> built.setAllowCredentials(BoolValue.of(c)));
        cors.maxAge().ifPresent(a -> built.setMaxAge(Long.toString(a.toSeconds())));
        return built.build();
    }
}
