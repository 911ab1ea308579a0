package dev.ambit.e2e.lab;

import java.time.Duration;

/// What the lab waits for at most, and how large it grows.
///
/// @param command how long one `ip`, `nft` or `sysctl` command may take
/// @param processReady how long a started process may take until it answers
/// @param processStop how long a process may take to end after SIGTERM, before SIGKILL
/// @param poll between two looks at a condition that is waited for
/// @param nodes most nodes; each pair of nodes gets a link of its own
/// @param podsPerNode most pods behind one node (the last octet of their address)
/// @param logTailBytes how much of a process's log goes into an error message
public record LabLimits(
        Duration command,
        Duration processReady,
        Duration processStop,
        Duration poll,
        int nodes,
        int podsPerNode,
        int logTailBytes) {
    public static LabLimits defaults() {
        return new LabLimits(
                Duration.ofSeconds(20),
                Duration.ofSeconds(60),
                Duration.ofSeconds(8),
                Duration.ofMillis(20),
                8,
                200,
                4_096);
    }
}
