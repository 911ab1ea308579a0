package dev.ambit.waypoint.telemetry.log;

import dev.ambit.waypoint.exchange.StreamInfo;

/// Where an access log goes. On the exchange's loop; never blocks.
public interface LogSink {
    void log(StreamInfo info);
}
