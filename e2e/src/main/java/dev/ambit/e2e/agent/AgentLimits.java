package dev.ambit.e2e.agent;

import java.time.Duration;

/// What the node agent waits for, and how much it holds.
///
/// @param hello how long a connected ztunnel may take to introduce itself
/// @param ack how long it may take to answer one message
/// @param idleProbe between two looks whether an idle ztunnel is still there
/// @param acceptPause between two accepted connections
/// @param packetBytes longest packet of the protocol
/// @param queued messages waiting for one ztunnel
public record AgentLimits(
        Duration hello,
        Duration ack,
        Duration idleProbe,
        Duration acceptPause,
        int packetBytes,
        int queued) {
    public static AgentLimits defaults() {
        return new AgentLimits(
                Duration.ofSeconds(5),
                Duration.ofSeconds(5),
                Duration.ofMillis(200),
                Duration.ofMillis(200),
                1_024,
                100);
    }
}
