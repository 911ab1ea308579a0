package dev.ambit.waypoint.upstream;

import java.net.InetAddress;
import java.time.Duration;
import java.util.List;

/// Looks up names. It blocks: virtual threads ask it.
public interface Resolver {
    Answer resolve(String name, Discovery.Family family);

    sealed interface Answer {
        /// @param addresses in the order of preference; at least one
        /// @param ttl the least of the records'; zero where none says
        record Addresses(List<InetAddress> addresses, Duration ttl) implements Answer {}

        /// The name has no addresses of that family, for certain.
        record None() implements Answer {}

        record Failed(String reason) implements Answer {}
    }
}
