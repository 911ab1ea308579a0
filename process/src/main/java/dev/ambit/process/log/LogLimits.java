package dev.ambit.process.log;

import java.time.Duration;

/// What the log may hold at most.
///
/// @param queueLines lines that wait for a slow reader of stdout; more are dropped and counted
/// @param batchLines lines per write
/// @param lineChars a longer line is cut, with a mark
/// @param gather how long a line waits for others, to be written with them
public record LogLimits(int queueLines, int batchLines, int lineChars, Duration gather) {
    public static LogLimits defaults() {
        return new LogLimits(10_000, 64, 16_384, Duration.ofMillis(10));
    }
}
