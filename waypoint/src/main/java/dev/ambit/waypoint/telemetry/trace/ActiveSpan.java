package dev.ambit.waypoint.telemetry.trace;

/// A span that has begun. On its exchange's loop.
final class ActiveSpan implements Span {
    private final TraceContext context;
    private String name;

    ActiveSpan(TraceContext context, String name) {
        this.context = context;
        this.name = name;
    }

    TraceContext context() {
        return context;
    }

    String name() {
        return name;
    }

    void name(String value) {
        name = value;
    }

    @Override
    public String traceId() {
        return context.traceId();
    }

    @Override
    public String spanId() {
        return Hex.text(context.spanId());
    }

    @Override
    public boolean sampled() {
        return context.sampled();
    }
}
