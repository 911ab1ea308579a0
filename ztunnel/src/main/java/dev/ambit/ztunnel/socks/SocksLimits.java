package dev.ambit.ztunnel.socks;

import java.time.Duration;

/// @param handshake from accepted to the request complete
/// @param lookup how long resolving a hostname may take
/// @param closing how long a client that was refused may take to close its side
public record SocksLimits(Duration handshake, Duration lookup, Duration closing) {
    public static SocksLimits defaults() {
        return new SocksLimits(
                Duration.ofSeconds(10), Duration.ofSeconds(10), Duration.ofSeconds(5));
    }
}
