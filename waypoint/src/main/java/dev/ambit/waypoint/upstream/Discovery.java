package dev.ambit.waypoint.upstream;

import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;

/// Where a cluster's hosts come from: `type` and what belongs to it.
public sealed interface Discovery {
    /// From the control plane, under this name.
    record Eds(String serviceName) implements Discovery {}

    record Static(EndpointSet endpoints) implements Discovery {}

    /// Every address of every name is a host.
    record StrictDns(List<Named> names, DnsSettings dns, int overprovisioning)
            implements Discovery {}

    /// One host, whatever its name resolves to at the time.
    record LogicalDns(Named name, DnsSettings dns) implements Discovery {}

    /// Where the connection was going anyway.
    ///
    /// @param port in place of the connection's own
    /// @param cleanup how long an address is kept that nobody goes to
    record OriginalDst(OptionalInt port, Duration cleanup) implements Discovery {}

    /// By tunnel to where the connection was going (`encap`: the internal listener
    /// `connect_originate`, which takes the destination from the connection).
    record OriginalTunnel(String address) implements Discovery {}

    /// Whatever host the request names.
    record DynamicForward(DnsSettings dns, int maxHosts, Duration hostTtl, boolean allowInsecure)
            implements Discovery {}

    /// A listener inside Envoy (`main_internal`, `outer_connect_originate`), of which this side has
    /// no equal: the tunnel code does its work. It has no hosts.
    record Internal(String listener) implements Discovery {}

    /// An endpoint whose address is a name.
    ///
    /// @param endpoint everything but the address
    record Named(
            String name,
            int port,
            Endpoint endpoint,
            Locality locality,
            int priority,
            int localityWeight) {}

    /// @param refresh between look-ups, unless `respectTtl`
    /// @param failureBase first wait after a failure; doubled up to `failureMax`
    /// @param jitter added at random
    record DnsSettings(
            Family family,
            Duration refresh,
            boolean respectTtl,
            Duration jitter,
            Duration failureBase,
            Duration failureMax) {
        /// Envoy's.
        public static final Duration DEFAULT_REFRESH = Duration.ofSeconds(5);
    }

    /// `dns_lookup_family`.
    enum Family {
        /// IPv6, and IPv4 where there is none.
        AUTO,
        V4_ONLY,
        V6_ONLY,
        /// IPv4, and IPv6 where there is none.
        V4_PREFERRED,
        ALL
    }
}
