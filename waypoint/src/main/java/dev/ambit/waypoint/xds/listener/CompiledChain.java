package dev.ambit.waypoint.xds.listener;

import dev.ambit.waypoint.model.HttpChain;
import dev.ambit.waypoint.model.TcpChain;
import java.util.List;
import java.util.Set;

/// One filter chain, and what it needs.
///
/// @param clusters that it sends to
/// @param secrets that it uses
/// @param skipped what was left out without harm, for the dump
record CompiledChain(
        String name, Kind kind, Set<String> clusters, Set<String> secrets, List<String> skipped) {
    sealed interface Kind {
        record Http(HttpChain chain) implements Kind {}

        record Tcp(TcpChain chain) implements Kind {}
    }
}
