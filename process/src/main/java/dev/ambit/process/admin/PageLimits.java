package dev.ambit.process.admin;

import java.time.Duration;

/// What the servers of a process's own pages may hold at most.
///
/// @param header from a connection to a page until its request is there
/// @param headerBytes of a request
/// @param connections open at a time, per page; more are closed at once
/// @param acceptPause how long a listener rests after a failed accept
public record PageLimits(Duration header, int headerBytes, int connections, Duration acceptPause) {
    public static PageLimits defaults() {
        return new PageLimits(Duration.ofSeconds(2), 8 << 10, 128, Duration.ofMillis(100));
    }
}
