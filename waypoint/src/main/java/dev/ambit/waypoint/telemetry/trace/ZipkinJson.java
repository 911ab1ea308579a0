package dev.ambit.waypoint.telemetry.trace;

import dev.ambit.waypoint.telemetry.export.Envelope;
import dev.ambit.waypoint.telemetry.format.JsonText;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/// Spans in Zipkin's JSON, version 2.
///
/// @param service name
/// @param address of this proxy, an IP literal
/// @param shared whether spans may share their id with the caller's
public record ZipkinJson(String service, String address, boolean shared)
        implements SpanEncoder, Envelope {

    @Override
    public byte[] encode(FinishedSpan span) {
        var out = new StringBuilder(1_024);
        var context = span.context();
        out.append("{\"traceId\":\"").append(context.traceId()).append('"');
        if (context.parentId() != 0) {
            out.append(",\"parentId\":\"").append(Hex.text(context.parentId())).append('"');
        }
        out.append(",\"id\":\"").append(Hex.text(context.spanId())).append('"');
        out.append(",\"kind\":\"SERVER\"");
        if (!span.name().isEmpty()) {
            out.append(",\"name\":");
            JsonText.octets(out, span.name());
        }
        if (shared && context.parentId() != 0) {
            out.append(",\"shared\":true");
        }
        out.append(",\"timestamp\":").append(span.startMicros());
        out.append(",\"duration\":").append(Math.max(1, span.endMicros() - span.startMicros()));
        out.append(",\"localEndpoint\":{\"serviceName\":");
        JsonText.octets(out, service);
        if (!address.isEmpty()) {
            out.append(address.indexOf(':') < 0 ? ",\"ipv4\":\"" : ",\"ipv6\":\"");
            out.append(address).append('"');
        }
        out.append(",\"port\":0},\"annotations\":[");
        for (var event : span.events()) {
            annotation(out, event.micros(), event.name()).append(',');
        }
        annotation(out, span.endMicros(), "ss").append("],\"tags\":{");
        String comma = "";
        for (Map.Entry<String, String> tag : span.tags().entrySet()) {
            out.append(comma);
            comma = ",";
            JsonText.octets(out, tag.getKey());
            out.append(':');
            JsonText.octets(out, tag.getValue());
        }
        return out.append("}}").toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    private static StringBuilder annotation(StringBuilder out, long micros, String value) {
        return out.append("{\"timestamp\":")
                .append(micros)
                .append(",\"value\":\"")
                .append(value)
                .append("\"}");
    }

    @Override
    public byte[] wrap(List<byte[]> entries, boolean first) {
        int size = 1;
        for (var entry : entries) {
            size += entry.length + 1;
        }
        var out = new byte[size];
        int at = 0;
        for (var entry : entries) {
            out[at] = (byte) (at == 0 ? '[' : ',');
            at++;
            System.arraycopy(entry, 0, out, at, entry.length);
            at += entry.length;
        }
        if (entries.isEmpty()) {
            return new byte[] {'[', ']'};
        }
        out[at] = ']';
        return out;
    }
}
