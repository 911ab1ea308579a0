package dev.ambit.waypoint.telemetry.log;

import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.telemetry.format.JsonFormat;
import dev.ambit.waypoint.telemetry.format.TextFormat;

/// Lines of text or JSON, into a file.
public record LineSink(Line line, LogFiles.LogFile file) implements LogSink {
    private static final int EXPECTED_CHARS = 512;

    public sealed interface Line {
        /// The format has the line's end itself.
        record Text(TextFormat format) implements Line {}

        record Json(JsonFormat format) implements Line {}
    }

    @Override
    public void log(StreamInfo info) {
        var out = new StringBuilder(EXPECTED_CHARS);
        switch (line) {
            case Line.Text(var format) -> format.append(out, info);
            case Line.Json(var format) -> {
                format.append(out, info);
                out.append('\n');
            }
        }
        file.write(out.toString());
    }
}
