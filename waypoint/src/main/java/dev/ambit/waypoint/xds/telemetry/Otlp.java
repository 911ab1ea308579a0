package dev.ambit.waypoint.xds.telemetry;

import com.google.protobuf.ByteString;
import dev.ambit.waypoint.telemetry.export.Envelope;
import dev.ambit.waypoint.telemetry.trace.FinishedSpan;
import dev.ambit.waypoint.telemetry.trace.SpanEncoder;
import dev.ambit.waypoint.telemetry.trace.TraceContext;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.InstrumentationScope;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.resource.v1.Resource;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;

/// Messages of OpenTelemetry's protocol.
final class Otlp {
    static final String TRACE_METHOD = "opentelemetry.proto.collector.trace.v1.TraceService/Export";
    static final String LOGS_METHOD = "opentelemetry.proto.collector.logs.v1.LogsService/Export";
    static final String CONTENT_TYPE = "application/x-protobuf";

    private static final int RESOURCE_ENTRIES = 1;
    private static final int SCOPE_ENTRIES = 2;
    private static final int ENTRIES = 2;
    private static final int NANOS_PER_MICRO = 1_000;

    /// W3C's flags, and whether it is known that the parent is of another process.
    private static final int SAMPLED = 1;

    private static final int KNOWN_REMOTE = 0x100;
    private static final int REMOTE = 0x200;

    private Otlp() {}

    static KeyValue attribute(String key, String value) {
        return KeyValue.newBuilder()
                .setKey(key)
                .setValue(AnyValue.newBuilder().setStringValue(value))
                .build();
    }

    static Resource resource(Map<String, String> attributes) {
        var resource = Resource.newBuilder();
        attributes.forEach((key, value) -> resource.addAttributes(attribute(key, value)));
        return resource.build();
    }

    static ByteString traceId(TraceContext context) {
        return ByteString.copyFrom(
                ByteBuffer.allocate(16)
                        .putLong(context.traceIdHigh())
                        .putLong(context.traceIdLow())
                        .flip());
    }

    static ByteString id(long id) {
        return ByteString.copyFrom(ByteBuffer.allocate(8).putLong(id).flip());
    }

    /// Spans, and the request that holds them.
    static final class Spans implements SpanEncoder, Envelope {
        private final ByteString resource;
        private final ByteString scope;

        Spans(Map<String, String> attributes, String version) {
            this.resource =
                    ResourceSpans.newBuilder()
                            .setResource(resource(attributes))
                            .build()
                            .toByteString();
            this.scope =
                    ScopeSpans.newBuilder()
                            .setScope(
                                    InstrumentationScope.newBuilder()
                                            .setName("ambit")
                                            .setVersion(version))
                            .build()
                            .toByteString();
        }

        @Override
        public byte[] encode(FinishedSpan span) {
            var context = span.context();
            boolean child = context.parentId() != 0;
            var to =
                    Span.newBuilder()
                            .setTraceId(traceId(context))
                            .setSpanId(id(context.spanId()))
                            .setTraceState(context.state())
                            .setName(Plain.text(span.name()))
                            .setKind(Span.SpanKind.SPAN_KIND_SERVER)
                            .setStartTimeUnixNano(span.startMicros() * NANOS_PER_MICRO)
                            .setEndTimeUnixNano(span.endMicros() * NANOS_PER_MICRO)
                            .setFlags(SAMPLED | KNOWN_REMOTE | (child ? REMOTE : 0));
            if (child) {
                to.setParentSpanId(id(context.parentId()));
            }
            span.tags()
                    .forEach((key, value) -> to.addAttributes(attribute(key, Plain.text(value))));
            for (var event : span.events()) {
                to.addEvents(
                        Span.Event.newBuilder()
                                .setName(event.name())
                                .setTimeUnixNano(event.micros() * NANOS_PER_MICRO));
            }
            if (span.error()) {
                to.setStatus(Status.newBuilder().setCode(Status.StatusCode.STATUS_CODE_ERROR));
            }
            return to.build().toByteArray();
        }

        @Override
        public byte[] wrap(List<byte[]> entries, boolean first) {
            return Otlp.wrap(resource, scope, entries);
        }
    }

    /// The request for entries of one scope of one resource. Requests for spans and for logs have
    /// the same numbers.
    static byte[] wrap(ByteString resource, ByteString scope, List<byte[]> entries) {
        var scoped = Fields.message(scope, ENTRIES, entries);
        var ofResource = Fields.message(resource, SCOPE_ENTRIES, List.of(scoped));
        return Fields.message(ByteString.EMPTY, RESOURCE_ENTRIES, List.of(ofResource));
    }
}
