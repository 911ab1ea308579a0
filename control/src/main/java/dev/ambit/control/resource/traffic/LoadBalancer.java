package dev.ambit.control.resource.traffic;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// @param simple used unless there is a hash
/// @param zoneAware has no effect at a waypoint
/// @param warmupDuration `warmupDurationSecs`, which `warmup` outdates
public record LoadBalancer(
        Simple simple,
        Optional<ConsistentHash> hash,
        Optional<LocalityLb> locality,
        boolean zoneAware,
        Optional<Duration> warmupDuration,
        Optional<Warmup> warmup) {

    public enum Simple {
        /// LEAST_REQUEST.
        UNSPECIFIED,
        LEAST_CONN,
        RANDOM,
        PASSTHROUGH,
        ROUND_ROBIN,
        LEAST_REQUEST
    }

    /// @param minimumRingSize the outdated field outside `ringHash`; 0: not set
    public record ConsistentHash(
            Optional<HashKey> key, Algorithm algorithm, long minimumRingSize) {}

    public sealed interface HashKey {
        record Header(String name) implements HashKey {}

        /// @param ttl absent: the cookie is only read, never set
        record Cookie(String name, String path, Optional<Duration> ttl, List<Attribute> attributes)
                implements HashKey {
            public Cookie {
                attributes = List.copyOf(attributes);
            }
        }

        /// Only of a cookie that is set here.
        record Attribute(String name, String value) {}

        record SourceIp() implements HashKey {}

        record QueryParameter(String name) implements HashKey {}
    }

    public sealed interface Algorithm {
        /// A ring of the default size.
        record NotSaid() implements Algorithm {}

        /// @param minimumSize 0: not set
        record Ring(long minimumSize) implements Algorithm {}

        /// @param tableSize a prime number
        record Maglev(long tableSize) implements Algorithm {}
    }

    /// @param minimumPercent absent: 10
    /// @param aggression absent: 1, linear
    public record Warmup(
            Duration duration, Optional<Double> minimumPercent, Optional<Double> aggression) {}
}
