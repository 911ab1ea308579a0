package dev.ambit.waypoint.telemetry.log;

import dev.ambit.waypoint.exchange.StreamInfo;

/// One access log of a chain.
public record AccessLog(LogFilter filter, LogSink sink) {
    public void log(StreamInfo info) {
        if (filter.accepts(info)) {
            sink.log(info);
        }
    }
}
