package dev.ambit.waypoint.telemetry.trace;

import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.telemetry.trace.Propagation.Extracted;
import dev.ambit.waypoint.telemetry.trace.TraceConfig.Provider;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Traces the exchanges of one chain: one span each, of kind SERVER, as Envoy's HTTP connection
/// manager does for inbound listeners. For any thread.
public final class Tracer {
    private static final String OPERATION = "x-envoy-decorator-operation";

    private final TraceConfig config;
    private final SpanTags tags;
    private final LongSupplier random;
    private final Consumer<FinishedSpan> report;

    /// @param random 64 bits at each call; any thread
    /// @param report takes sampled spans; any thread, never blocks
    public Tracer(
            TraceConfig config, SpanTags tags, LongSupplier random, Consumer<FinishedSpan> report) {
        this.config = config;
        this.tags = tags;
        this.random = random;
        this.report = report;
    }

    /// The request has come and its route is known.
    ///
    /// @param operation of the route's decorator; empty for none
    public void begin(StreamInfo info, RequestHead request, String operation, boolean propagate) {
        var headers = request.headers();
        var reason =
                TraceReason.decide(config.sampling(), headers, info.requestId, random.getAsLong());
        pack(info, request, reason);
        var context = context(request, reason != TraceReason.NONE);
        var name = operation.isEmpty() ? request.authority() : operation;
        var override = headers.get(OPERATION);
        if (override != null) {
            headers.remove(OPERATION);
            if (!override.isEmpty()) {
                name = override;
            }
        }
        if (!operation.isEmpty() && propagate && (override == null || override.isEmpty())) {
            info.decoratedOperation = operation;
        }
        if (context != null) {
            info.span = new ActiveSpan(context, name);
        }
    }

    private void pack(StreamInfo info, RequestHead request, TraceReason reason) {
        if (!config.sampling().packed() || !config.sampling().byRequestId()) {
            return;
        }
        if (TraceReason.number(info.requestId) < 0) {
            return;
        }
        var packed = reason.packed(info.requestId);
        if (packed != null) {
            info.requestId = packed;
            request.headers().set("x-request-id", packed);
        }
    }

    /// Null where there is no span.
    private @Nullable TraceContext context(RequestHead request, boolean traced) {
        return switch (config.provider()) {
            case Provider.None _ -> null;
            case Provider.Otlp _ ->
                    switch (Propagation.w3c(request.headers())) {
                        case Extracted.Malformed _ -> null;
                        case Extracted.Nothing _ ->
                                new TraceContext(nonZero(), nonZero(), nonZero(), 0, traced, "");
                        case Extracted.Found(var caller) ->
                                new TraceContext(
                                        caller.traceIdHigh(),
                                        caller.traceIdLow(),
                                        nonZero(),
                                        caller.spanId(),
                                        caller.sampled() && traced,
                                        caller.state());
                    };
            case Provider.Zipkin zipkin -> zipkin(zipkin, request, traced);
        };
    }

    private @Nullable TraceContext zipkin(
            Provider.Zipkin zipkin, RequestHead request, boolean traced) {
        return switch (Propagation.b3(request.headers(), zipkin.w3c(), traced)) {
            case Extracted.Malformed _ -> null;
            case Extracted.Nothing(var sampled) -> {
                // A root's trace ends with the span's own id.
                long id = nonZero();
                yield new TraceContext(
                        zipkin.wide() ? nonZero() : 0,
                        id,
                        id,
                        0,
                        sampled == null ? traced : sampled,
                        "");
            }
            case Extracted.Found(var caller) ->
                    zipkin.sharedContext()
                            ? caller
                            : new TraceContext(
                                    caller.traceIdHigh(),
                                    caller.traceIdLow(),
                                    nonZero(),
                                    caller.spanId(),
                                    caller.sampled(),
                                    "");
        };
    }

    private long nonZero() {
        long value = random.getAsLong();
        return value == 0 ? 1 : value;
    }

    /// A request is about to be sent upstream.
    public void inject(StreamInfo info, RequestHead upstream) {
        if (!config.propagate() || !(info.span instanceof ActiveSpan span)) {
            return;
        }
        switch (config.provider()) {
            case Provider.None _ -> {}
            case Provider.Otlp _ -> Propagation.injectW3c(upstream.headers(), span.context());
            case Provider.Zipkin zipkin ->
                    Propagation.injectB3(upstream.headers(), span.context(), zipkin.w3c());
        }
    }

    /// The response is about to be sent.
    public void respond(StreamInfo info, ResponseHead response) {
        if (!info.decoratedOperation.isEmpty()) {
            response.headers().set(OPERATION, info.decoratedOperation);
        }
    }

    /// The exchange has ended.
    public void finish(StreamInfo info) {
        if (info.span instanceof ActiveSpan span && span.sampled()) {
            report.accept(tags.finish(config, info, span));
        }
    }
}
