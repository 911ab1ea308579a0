package dev.ambit.bench.macro;

import java.time.Duration;

/// How long a macro run measures, waits and tolerates.
///
/// @param rounds how often each measurement is taken, per arm
/// @param bulkWarmup and `bulkWindow`: one throughput measurement
/// @param pacedWarmup and `pacedWindow`: one latency measurement
/// @param churnWarmup and `churnWindow`: one measurement of new connections
/// @param firstLoad load of each kind on each arm before the first round, so that what is measured
///   is a compiled program
/// @param ratePerSecond messages a second of the latency measurement
/// @param connections of the latency measurement
/// @param messageBytes of each message
/// @param connectionsInFlight of the measurement of new connections
/// @param mostNewConnections of one such measurement: ports of an address pair are finite
/// @param idleConnections held for the measurement of memory
/// @param settle before memory is read
/// @param leastIdlePercent of the machine before a measurement may begin
/// @param patience how long to wait for that
/// @param mostStolenPercent taken by the hypervisor during a measurement
/// @param mostForeignPercent of the machine used by other processes during a measurement
record MacroLimits(
        int rounds,
        Duration bulkWarmup,
        Duration bulkWindow,
        Duration pacedWarmup,
        Duration pacedWindow,
        Duration churnWarmup,
        Duration churnWindow,
        Duration firstLoad,
        int ratePerSecond,
        int connections,
        int messageBytes,
        int connectionsInFlight,
        int mostNewConnections,
        int idleConnections,
        Duration settle,
        int leastIdlePercent,
        Duration patience,
        double mostStolenPercent,
        double mostForeignPercent) {
    /// Half an hour: p99.9 rests on 20,000 messages an arm and round.
    static MacroLimits defaults() {
        return new MacroLimits(
                5,
                Duration.ofSeconds(2),
                Duration.ofSeconds(8),
                Duration.ofSeconds(2),
                Duration.ofSeconds(20),
                Duration.ofSeconds(1),
                Duration.ofSeconds(4),
                Duration.ofSeconds(15),
                1_000,
                4,
                1_024,
                8,
                50_000,
                1_000,
                Duration.ofSeconds(3),
                85,
                Duration.ofSeconds(30),
                1.0,
                5.0);
    }

    /// Under five minutes with four arms. Its p99.9 rests on 3,000 messages a round: a hint, no
    /// more.
    static MacroLimits quick() {
        return new MacroLimits(
                3,
                Duration.ofMillis(500),
                Duration.ofMillis(1_500),
                Duration.ofMillis(500),
                Duration.ofSeconds(3),
                Duration.ofMillis(500),
                Duration.ofSeconds(2),
                Duration.ofSeconds(6),
                1_000,
                4,
                1_024,
                8,
                50_000,
                1_000,
                Duration.ofSeconds(1),
                85,
                Duration.ofSeconds(2),
                1.0,
                5.0);
    }

    MacroLimits withRounds(int count) {
        return new MacroLimits(
                count,
                bulkWarmup,
                bulkWindow,
                pacedWarmup,
                pacedWindow,
                churnWarmup,
                churnWindow,
                firstLoad,
                ratePerSecond,
                connections,
                messageBytes,
                connectionsInFlight,
                mostNewConnections,
                idleConnections,
                settle,
                leastIdlePercent,
                patience,
                mostStolenPercent,
                mostForeignPercent);
    }
}
