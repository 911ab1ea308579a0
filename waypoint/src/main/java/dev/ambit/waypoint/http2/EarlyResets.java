package dev.ambit.waypoint.http2;

import java.time.Duration;

/// Whether a client opens streams to reset them (CVE-2023-44487), as Envoy tells: half of so many.
final class EarlyResets {
    private final int streams;
    private final long earlyNanos;
    private long ended;
    private long early;

    EarlyResets(int streams, Duration early) {
        this.streams = streams;
        this.earlyNanos = early.toNanos();
    }

    boolean isEarly(long ageNanos) {
        return ageNanos < earlyNanos;
    }

    void ended(boolean byEarlyReset) {
        ended++;
        early += byEarlyReset ? 1 : 0;
    }

    /// Also before `streams` have ended, when even good ones could not make up for it.
    boolean tooMany() {
        return 2 * early >= Math.max(streams, ended);
    }
}
