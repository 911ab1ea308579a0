package dev.ambit.bench.waypoint;

import java.util.List;

/// How much is measured, and for how long.
///
/// @param rounds how often each is measured, per arm
/// @param rules numbers of routes and policies
/// @param firstLoadMillis of each kind on each arm before the first round, so that what is measured
///   is a compiled program
/// @param warmupMillis and `windowMillis` of one measurement
/// @param leastCpuMillis of the waypoint in a window, else it goes on
/// @param mostMillis of a window
/// @param connections with HTTP/1.1, one request at once on each
/// @param multiplexed connections with HTTP/2
/// @param streams at once on each of those
/// @param rates of the open loop, requests a second
/// @param slowReaders that ask for 100 MB each and do not read
/// @param clusters of the big configuration
record WaypointLimits(
        int rounds,
        List<Integer> rules,
        int firstLoadMillis,
        int warmupMillis,
        int windowMillis,
        int leastCpuMillis,
        int mostMillis,
        int connections,
        int multiplexed,
        int streams,
        List<Integer> rates,
        int slowReaders,
        int clusters) {
    static WaypointLimits defaults() {
        return new WaypointLimits(
                7,
                List.of(0, 10, 1_000),
                20_000,
                500,
                3_000,
                2_000,
                15_000,
                64,
                4,
                16,
                List.of(1_000, 5_000),
                100,
                5_000);
    }

    /// Under five minutes: a hint, no more.
    static WaypointLimits quick() {
        return new WaypointLimits(
                3,
                List.of(0, 1_000),
                5_000,
                200,
                1_000,
                800,
                6_000,
                64,
                4,
                16,
                List.of(1_000),
                100,
                1_000);
    }

    WaypointLimits with(int otherRounds, List<Integer> otherRules, int otherFirstLoad) {
        return new WaypointLimits(
                otherRounds > 0 ? otherRounds : rounds,
                otherRules.isEmpty() ? rules : otherRules,
                otherFirstLoad >= 0 ? otherFirstLoad : firstLoadMillis,
                warmupMillis,
                windowMillis,
                leastCpuMillis,
                mostMillis,
                connections,
                multiplexed,
                streams,
                rates,
                slowReaders,
                clusters);
    }
}
