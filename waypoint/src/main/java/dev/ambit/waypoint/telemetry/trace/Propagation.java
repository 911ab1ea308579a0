package dev.ambit.waypoint.telemetry.trace;

import dev.ambit.waypoint.http.Headers;
import org.jspecify.annotations.Nullable;

/// The fields that carry a trace from one process to the next, read and written as Envoy's tracers
/// do. <https://github.com/openzipkin/b3-propagation>, <https://www.w3.org/TR/trace-context/>
public final class Propagation {
    static final String B3 = "b3";
    static final String B3_TRACE = "x-b3-traceid";
    static final String B3_SPAN = "x-b3-spanid";
    static final String B3_PARENT = "x-b3-parentspanid";
    static final String B3_SAMPLED = "x-b3-sampled";
    static final String PARENT = "traceparent";
    static final String STATE = "tracestate";

    private static final int ID = 16;
    private static final int TRACE = 32;
    private static final int PARENT_LENGTH = 55;
    private static final int MOST_B3 = TRACE + 1 + ID + 2 + 1 + ID;

    private Propagation() {}

    /// What a request's fields say.
    public sealed interface Extracted {
        /// Nothing, but perhaps whether to record.
        ///
        /// @param sampled null where that is not said either
        record Nothing(@Nullable Boolean sampled) implements Extracted {}

        record Found(TraceContext context) implements Extracted {}

        /// Fields that can't be understood: there is no span, and they go on as they are.
        record Malformed() implements Extracted {}
    }

    private static final Extracted NOTHING = new Extracted.Nothing(null);
    private static final Extracted MALFORMED = new Extracted.Malformed();

    // ---- B3

    /// @param w3c whether `traceparent` counts where there is no B3
    /// @param otherwise whether to record where the fields do not say
    static Extracted b3(Headers headers, boolean w3c, boolean otherwise) {
        var single = headers.get(B3);
        if (single != null) {
            return b3Single(single, otherwise);
        }
        var sampledText = headers.get(B3_SAMPLED);
        Boolean sampled =
                sampledText == null
                        ? null
                        : (Boolean) (sampledText.equals("1") || sampledText.equals("true"));
        var trace = headers.get(B3_TRACE);
        var span = headers.get(B3_SPAN);
        if (trace == null || span == null) {
            if (w3c && headers.contains(PARENT)) {
                return w3c(headers);
            }
            return sampled == null ? NOTHING : new Extracted.Nothing(sampled);
        }
        var parent = headers.get(B3_PARENT);
        var parentId = parent == null ? "" : parent;
        if (!isId(trace, TRACE) || !isId(span, ID) || !parentId.isEmpty() && !isId(parentId, ID)) {
            return MALFORMED;
        }
        boolean wide = trace.length() > ID;
        int split = wide ? trace.length() - ID : 0;
        return new Extracted.Found(
                new TraceContext(
                        wide ? Hex.value(trace, 0, split) : 0,
                        Hex.value(trace, split, trace.length()),
                        Hex.value(span, 0, span.length()),
                        parentId.isEmpty() ? 0 : Hex.value(parentId, 0, parentId.length()),
                        sampled == null ? otherwise : sampled,
                        ""));
    }

    private static boolean isId(String text, int most) {
        return text.length() <= most && Hex.is(text, 0, text.length());
    }

    /// `{trace}-{span}[-{sampled}[-{parent}]]`, or the sampling state alone.
    private static Extracted b3Single(String text, boolean otherwise) {
        if (text.length() == 1) {
            return isFlag(text.charAt(0))
                    ? new Extracted.Nothing(text.charAt(0) != '0')
                    : MALFORMED;
        }
        int trace = text.indexOf('-');
        int span = trace + 1 + ID;
        if (text.length() > MOST_B3
                || trace != ID && trace != TRACE
                || text.length() < span
                || !Hex.is(text, 0, trace)
                || !Hex.is(text, trace + 1, span)) {
            return MALFORMED;
        }
        boolean sampled = otherwise;
        long parent = 0;
        if (text.length() > span) {
            int flag = span + 1;
            if (text.charAt(span) != '-' || text.length() <= flag || !isFlag(text.charAt(flag))) {
                return MALFORMED;
            }
            sampled = text.charAt(flag) != '0';
            int from = flag + 2;
            if (text.length() > flag + 1) {
                if (text.charAt(flag + 1) != '-'
                        || text.length() != from + ID
                        || !Hex.is(text, from, from + ID)) {
                    return MALFORMED;
                }
                parent = Hex.value(text, from, from + ID);
            }
        }
        return new Extracted.Found(
                new TraceContext(
                        trace == TRACE ? Hex.value(text, 0, ID) : 0,
                        Hex.value(text, trace - ID, trace),
                        Hex.value(text, trace + 1, span),
                        parent,
                        sampled,
                        ""));
    }

    private static boolean isFlag(char c) {
        return c == '0' || c == '1' || c == 'd';
    }

    /// In the form in which the request came: one field, or several.
    ///
    /// @param w3c whether `traceparent` is set too
    static void injectB3(Headers headers, TraceContext context, boolean w3c) {
        var sampled = context.sampled() ? "1" : "0";
        if (headers.contains(B3)) {
            var text = context.traceId() + "-" + Hex.text(context.spanId()) + "-" + sampled;
            headers.set(
                    B3, context.parentId() == 0 ? text : text + "-" + Hex.text(context.parentId()));
        } else {
            headers.set(B3_TRACE, context.traceId());
            headers.set(B3_SPAN, Hex.text(context.spanId()));
            if (context.parentId() != 0) {
                headers.set(B3_PARENT, Hex.text(context.parentId()));
            }
            headers.set(B3_SAMPLED, sampled);
        }
        if (w3c) {
            headers.set(PARENT, parent(context));
        }
    }

    // ---- W3C

    static Extracted w3c(Headers headers) {
        var text = headers.get(PARENT);
        if (text == null) {
            return NOTHING;
        }
        // {version}-{trace}-{span}-{flags}
        if (text.length() != PARENT_LENGTH
                || text.charAt(2) != '-'
                || text.charAt(35) != '-'
                || text.charAt(52) != '-'
                || !Hex.is(text, 0, 2)
                || !Hex.is(text, 3, 35)
                || !Hex.is(text, 36, 52)
                || !Hex.is(text, 53, 55)) {
            return MALFORMED;
        }
        long high = Hex.value(text, 3, 19);
        long low = Hex.value(text, 19, 35);
        long span = Hex.value(text, 36, 52);
        if (high == 0 && low == 0 || span == 0) {
            return MALFORMED;
        }
        boolean sampled = (Hex.value(text, 53, 55) & 1) != 0;
        var state = headers.joined(STATE);
        return new Extracted.Found(
                new TraceContext(high, low, span, 0, sampled, state == null ? "" : state));
    }

    /// `tracestate` is set even where it is empty, as Envoy does.
    static void injectW3c(Headers headers, TraceContext context) {
        headers.set(PARENT, parent(context));
        headers.set(STATE, context.state());
    }

    private static String parent(TraceContext context) {
        return "00-"
                + context.fullTraceId()
                + "-"
                + Hex.text(context.spanId())
                + (context.sampled() ? "-01" : "-00");
    }
}
