package dev.ambit.waypoint.xds.route;

import dev.ambit.waypoint.route.stages.FaultPolicy;
import dev.ambit.waypoint.route.stages.FaultPolicy.Abort;
import dev.ambit.waypoint.route.stages.FaultPolicy.Delay;
import dev.ambit.waypoint.xds.Refused;
import dev.ambit.waypoint.xds.match.Matchers;
import io.envoyproxy.envoy.extensions.filters.common.fault.v3.FaultDelay;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.FaultAbort;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.HTTPFault;
import java.util.Optional;
import java.util.Set;

/// `envoy.extensions.filters.http.fault.v3.HTTPFault`.
final class FaultCompiler {
    private static final int NO_GRPC_STATUS = -1;

    private FaultCompiler() {}

    static FaultPolicy compile(HTTPFault fault) throws Refused {
        if (fault.hasResponseRateLimit()) {
            throw new Refused("response_rate_limit", "set", "a delay or an abort");
        }
        return new FaultPolicy(
                fault.hasDelay() ? delay(fault.getDelay()) : Optional.empty(),
                fault.hasAbort() ? abort(fault.getAbort()) : Optional.empty(),
                fault.getUpstreamCluster(),
                Matchers.headers(fault.getHeadersList()),
                Set.copyOf(fault.getDownstreamNodesList()),
                fault.hasMaxActiveFaults()
                        ? Integer.toUnsignedLong(fault.getMaxActiveFaults().getValue())
                        : Long.MAX_VALUE);
    }

    private static Optional<Delay> delay(FaultDelay delay) throws Refused {
        var share = Matchers.fraction(delay.getPercentage());
        return switch (delay.getFaultDelaySecifierCase()) {
            case FIXED_DELAY ->
                    Optional.of(
                            new Delay(
                                    Values.millis("fixed_delay", delay.getFixedDelay()),
                                    false,
                                    share));
            case HEADER_DELAY -> Optional.of(new Delay(0, true, share));
            case FAULTDELAYSECIFIER_NOT_SET ->
                    throw new Refused("delay", "", "fixed_delay or header_delay");
        };
    }

    private static Optional<Abort> abort(FaultAbort abort) throws Refused {
        var share = Matchers.fraction(abort.getPercentage());
        return switch (abort.getErrorTypeCase()) {
            case HTTP_STATUS -> {
                int status = abort.getHttpStatus();
                if (status < 200 || status >= 600) {
                    throw new Refused(
                            "abort.http_status", Integer.toString(status), "from 200 to 599");
                }
                yield Optional.of(new Abort(status, NO_GRPC_STATUS, share));
            }
            case GRPC_STATUS -> Optional.of(new Abort(0, abort.getGrpcStatus(), share));
            case HEADER_ABORT -> Optional.of(new Abort(0, NO_GRPC_STATUS, share));
            case ERRORTYPE_NOT_SET ->
                    throw new Refused("abort", "", "http_status, grpc_status or header_abort");
        };
    }
}
