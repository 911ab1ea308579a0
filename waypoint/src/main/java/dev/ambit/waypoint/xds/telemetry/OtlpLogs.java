package dev.ambit.waypoint.xds.telemetry;

import com.google.protobuf.ByteString;
import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.telemetry.Facts;
import dev.ambit.waypoint.telemetry.PeerMetadata;
import dev.ambit.waypoint.telemetry.export.Envelope;
import dev.ambit.waypoint.telemetry.format.FormatContext;
import dev.ambit.waypoint.telemetry.format.Operator;
import dev.ambit.waypoint.telemetry.trace.Span;
import dev.ambit.waypoint.telemetry.trace.SpanTag;
import dev.ambit.waypoint.xds.Refused;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.ArrayValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.common.v1.KeyValueList;
import io.opentelemetry.proto.logs.v1.LogRecord;
import io.opentelemetry.proto.logs.v1.ResourceLogs;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Access log entries as OpenTelemetry's log records. Texts of body and attributes are formats.
final class OtlpLogs implements Envelope {
    private static final int NANOS_PER_MICRO = 1_000;
    private static final int TRACE_DIGITS = 32;

    private final @Nullable Node body;
    private final List<Field> attributes;
    private final List<String> filterState;
    private final List<SpanTag> tags;
    private final ByteString resource;

    private sealed interface Node {
        record Text(List<Operator> parts) implements Node {}

        record Constant(AnyValue value) implements Node {}

        record Items(List<Node> values) implements Node {}

        record Fields(List<Field> fields) implements Node {}
    }

    private record Field(String key, Node value) {}

    private OtlpLogs(
            @Nullable Node body,
            List<Field> attributes,
            List<String> filterState,
            List<SpanTag> tags,
            ByteString resource) {
        this.body = body;
        this.attributes = attributes;
        this.filterState = filterState;
        this.tags = tags;
        this.resource = resource;
    }

    /// @param labels of the resource
    /// @param more attributes of the resource
    static OtlpLogs compile(
            AnyValue body,
            KeyValueList attributes,
            List<String> filterState,
            List<SpanTag> tags,
            Map<String, String> labels,
            KeyValueList more,
            FormatContext context)
            throws Refused {
        var resource =
                Otlp.resource(labels).toBuilder().addAllAttributes(more.getValuesList()).build();
        return new OtlpLogs(
                body.getValueCase() == AnyValue.ValueCase.VALUE_NOT_SET
                        ? null
                        : node(body, context),
                fields(attributes, context),
                filterState,
                tags,
                ResourceLogs.newBuilder().setResource(resource).build().toByteString());
    }

    private static List<Field> fields(KeyValueList list, FormatContext context) throws Refused {
        var fields = new ArrayList<Field>();
        for (var each : list.getValuesList()) {
            fields.add(new Field(each.getKey(), node(each.getValue(), context)));
        }
        return List.copyOf(fields);
    }

    private static Node node(AnyValue value, FormatContext context) throws Refused {
        return switch (value.getValueCase()) {
            case STRING_VALUE -> new Node.Text(Formats.parts(value.getStringValue(), context));
            case ARRAY_VALUE -> {
                var values = new ArrayList<Node>();
                for (var each : value.getArrayValue().getValuesList()) {
                    values.add(node(each, context));
                }
                yield new Node.Items(List.copyOf(values));
            }
            case KVLIST_VALUE -> new Node.Fields(fields(value.getKvlistValue(), context));
            default -> new Node.Constant(value);
        };
    }

    byte[] encode(StreamInfo info) {
        var record = LogRecord.newBuilder().setTimeUnixNano(info.startMicros * NANOS_PER_MICRO);
        if (body != null) {
            record.setBody(value(body, info));
        }
        for (var field : attributes) {
            record.addAttributes(attribute(field, info));
        }
        if (info.span instanceof Span span) {
            trace(record, span);
        }
        for (var key : filterState) {
            var state = Facts.filterState(info, key);
            if (state != null) {
                record.addAttributes(KeyValue.newBuilder().setKey(key).setValue(value(state)));
            }
        }
        for (var tag : tags) {
            var value = tag.value(info);
            if (value != null) {
                record.addAttributes(Otlp.attribute(tag.name(), Plain.text(value)));
            }
        }
        return record.build().toByteArray();
    }

    private static void trace(LogRecord.Builder record, Span span) {
        var trace = span.traceId();
        var padded = "0".repeat(Math.max(0, TRACE_DIGITS - trace.length())) + trace;
        record.setTraceId(ByteString.copyFrom(HexFormat.of().parseHex(padded)));
        record.setSpanId(ByteString.copyFrom(HexFormat.of().parseHex(span.spanId())));
    }

    private static KeyValue attribute(Field field, StreamInfo info) {
        return KeyValue.newBuilder().setKey(field.key).setValue(value(field.value, info)).build();
    }

    private static AnyValue value(Node node, StreamInfo info) {
        return switch (node) {
            case Node.Constant(var value) -> value;
            case Node.Text(var parts) -> {
                var out = new StringBuilder();
                for (var part : parts) {
                    if (!part.append(out, info)) {
                        out.append('-');
                    }
                }
                yield AnyValue.newBuilder().setStringValue(Plain.text(out.toString())).build();
            }
            case Node.Items(var values) -> {
                var array = ArrayValue.newBuilder();
                values.forEach(each -> array.addValues(value(each, info)));
                yield AnyValue.newBuilder().setArrayValue(array).build();
            }
            case Node.Fields(var fields) -> {
                var list = KeyValueList.newBuilder();
                fields.forEach(field -> list.addValues(attribute(field, info)));
                yield AnyValue.newBuilder().setKvlistValue(list).build();
            }
        };
    }

    private static AnyValue value(Object state) {
        return switch (state) {
            case PeerMetadata peer -> {
                var list = KeyValueList.newBuilder();
                peer.fields()
                        .forEach((key, value) ->
                                list.addValues(Otlp.attribute(key, value.toString())));
                yield AnyValue.newBuilder().setKvlistValue(list).build();
            }
            default -> AnyValue.newBuilder().setStringValue(state.toString()).build();
        };
    }

    @Override
    public byte[] wrap(List<byte[]> entries, boolean first) {
        return Otlp.wrap(resource, ByteString.EMPTY, entries);
    }
}
