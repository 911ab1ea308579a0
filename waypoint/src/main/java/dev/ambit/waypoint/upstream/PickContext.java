package dev.ambit.waypoint.upstream;

import dev.ambit.waypoint.exchange.ConnectionInfo;
import dev.ambit.waypoint.http.HttpVersion;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// What a choice of host depends on.
///
/// @param connection the downstream connection: addresses, identity, the destination asked for
/// @param hash of the route's hash policy
/// @param version the downstream's, for clusters that use the same; null for TCP
/// @param authority after rewrites, for clusters that resolve it; of bytes what a stage found out,
///   mostly nothing
/// @param upgrade whether the exchange will become a stream of bytes, and can't share HTTP/1
/// @param tried hosts of earlier attempts, to be avoided where the route says so
/// @param triedPriorities priorities of earlier attempts, to be avoided where the route says so
/// @param maxPicks how often to choose again for `tried`
public record PickContext(
        ConnectionInfo connection,
        OptionalLong hash,
        @Nullable HttpVersion version,
        String authority,
        boolean upgrade,
        List<UpstreamHost> tried,
        List<Integer> triedPriorities,
        int maxPicks) {}
