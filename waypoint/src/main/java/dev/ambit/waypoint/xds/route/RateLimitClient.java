package dev.ambit.waypoint.xds.route;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.match.Ascii;
import dev.ambit.waypoint.route.limit.Descriptor;
import dev.ambit.waypoint.route.limit.LimitAnswer;
import dev.ambit.waypoint.route.limit.LimitService;
import dev.ambit.waypoint.upstream.Upstreams;
import dev.ambit.waypoint.upstream.call.Grpc;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.extensions.common.ratelimit.v3.RateLimitDescriptor;
import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitRequest;
import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitResponse;
import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitResponse.DescriptorStatus;
import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitResponse.RateLimit.Unit;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// `envoy.service.ratelimit.v3.RateLimitService`, through a cluster.
///
/// @param authority empty for the cluster's name
/// @param timeout zero for none
/// @param mostBytes of an answer
record RateLimitClient(String cluster, String authority, Duration timeout, int mostBytes)
        implements LimitService {
    private static final String METHOD =
            "envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit";
    private static final String METADATA = "m";

    private static final int MINUTE = 60;
    private static final int HOUR = 60 * MINUTE;
    private static final int DAY = 24 * HOUR;
    private static final int WEEK = 7 * DAY;
    private static final int MONTH = 30 * DAY;
    private static final int YEAR = 365 * DAY;

    @Override
    public Runnable ask(
            EventLoop loop,
            Upstreams upstreams,
            String domain,
            List<Descriptor> descriptors,
            Consumer<Optional<LimitAnswer>> done) {
        var call =
                Grpc.unary(
                        loop,
                        upstreams,
                        cluster,
                        Grpc.head(cluster, authority, METHOD, Map.of(), timeout),
                        request(domain, descriptors).toByteArray(),
                        timeout,
                        mostBytes,
                        result -> done.accept(answer(result)));
        return call::cancel;
    }

    static RateLimitRequest request(String domain, List<Descriptor> descriptors) {
        var request = RateLimitRequest.newBuilder().setDomain(domain);
        for (var descriptor : descriptors) {
            var one = RateLimitDescriptor.newBuilder();
            for (var entry : descriptor.entries()) {
                one.addEntriesBuilder().setKey(entry.key()).setValue(entry.value());
            }
            request.addDescriptors(one);
        }
        return request.build();
    }

    private static Optional<LimitAnswer> answer(Grpc.Result result) {
        return switch (result) {
            case Grpc.Result.Status _ -> Optional.empty();
            case Grpc.Result.Message(var bytes) -> {
                try {
                    yield answer(RateLimitResponse.parseFrom(bytes));
                } catch (InvalidProtocolBufferException e) {
                    yield Optional.empty();
                }
            }
        };
    }

    static Optional<LimitAnswer> answer(RateLimitResponse response) {
        return switch (response.getOverallCode()) {
            case OK, OVER_LIMIT ->
                    Optional.of(
                            new LimitAnswer(
                                    response.getOverallCode() == RateLimitResponse.Code.OVER_LIMIT,
                                    headers(response.getRequestHeadersToAddList()),
                                    headers(response.getResponseHeadersToAddList()),
                                    limits(response.getStatusesList()),
                                    response.getRawBody().toStringUtf8(),
                                    metadata(response)));
            case UNKNOWN, UNRECOGNIZED -> Optional.empty();
        };
    }

    private static Map<String, Object> metadata(RateLimitResponse response) {
        var all =
                Values.metadata(
                        Metadata.newBuilder()
                                .putFilterMetadata(METADATA, response.getDynamicMetadata())
                                .build());
        return all.getOrDefault(METADATA, Map.of());
    }

    private static Headers headers(List<HeaderValue> values) {
        var headers = new Headers();
        for (var value : values) {
            var text =
                    value.getValue().isEmpty()
                            ? value.getRawValue().toStringUtf8()
                            : value.getValue();
            headers.add(Ascii.lower(value.getKey()), Ascii.octets(text));
        }
        return headers;
    }

    /// Draft 03 of the RateLimit header fields: of the limit that is nearest, with all windows.
    private static Headers limits(List<DescriptorStatus> statuses) {
        @Nullable DescriptorStatus nearest = null;
        var windows = new StringBuilder();
        for (var status : statuses) {
            if (!status.hasCurrentLimit()) {
                continue;
            }
            if (nearest == null
                    || Integer.compareUnsigned(
                                    status.getLimitRemaining(), nearest.getLimitRemaining())
                            < 0) {
                nearest = status;
            }
            window(status, windows);
        }
        var headers = new Headers();
        if (nearest != null) {
            headers.add(
                            "x-ratelimit-limit",
                            unsigned(nearest.getCurrentLimit().getRequestsPerUnit()) + windows)
                    .add("x-ratelimit-remaining", unsigned(nearest.getLimitRemaining()))
                    .add(
                            "x-ratelimit-reset",
                            Long.toString(nearest.getDurationUntilReset().getSeconds()));
        }
        return headers;
    }

    private static void window(DescriptorStatus status, StringBuilder into) {
        var limit = status.getCurrentLimit();
        int seconds = seconds(limit.getUnit());
        if (seconds == 0) {
            return;
        }
        into.append(", ")
                .append(unsigned(limit.getRequestsPerUnit()))
                .append(";w=")
                .append(seconds);
        if (!limit.getName().isEmpty()) {
            into.append(";name=\"").append(limit.getName()).append('"');
        }
    }

    private static String unsigned(int number) {
        return Integer.toUnsignedString(number);
    }

    private static int seconds(Unit unit) {
        return switch (unit) {
            case SECOND -> 1;
            case MINUTE -> MINUTE;
            case HOUR -> HOUR;
            case DAY -> DAY;
            case WEEK -> WEEK;
            case MONTH -> MONTH;
            case YEAR -> YEAR;
            case UNKNOWN, UNRECOGNIZED -> 0;
        };
    }
}
