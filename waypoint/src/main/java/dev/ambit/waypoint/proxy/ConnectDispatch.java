package dev.ambit.waypoint.proxy;

import dev.ambit.hbone.ConnectRequest;
import dev.ambit.hbone.wire.Authority;
import dev.ambit.waypoint.model.ChainTable;
import dev.ambit.waypoint.model.PortRule;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/// What becomes of a request on a tunnel, by its method and authority alone. Pure.
final class ConnectDispatch {
    private ConnectDispatch() {}

    sealed interface Decision {
        /// @param destination null where the authority is a host name
        record Take(PortRule rule, @Nullable InetSocketAddress destination) implements Decision {}

        /// @param details `%RESPONSE_CODE_DETAILS%`
        /// @param noRoute whether flag `NR` goes with it
        record Refuse(int status, String details, boolean noRoute) implements Decision {}

        /// A 200, then a reset: Envoy has taken the CONNECT before it finds that no chain has the
        /// port.
        record TakeAndReset(InetSocketAddress destination, String why) implements Decision {}
    }

    static Decision decide(ConnectRequest request, ChainTable chains) {
        if (!request.method().equals("CONNECT")) {
            return new Decision.Refuse(404, "route_not_found", true);
        }
        var destination = destination(request.authority());
        return switch (chains.find(request.authority(), destination)) {
            case ChainTable.Match.Found(var rule) ->
                    new Decision.Take(rule.from(request.source().orElse("")), destination);
            case ChainTable.Match.NoPort() when destination != null ->
                    new Decision.TakeAndReset(
                            destination, "no chain for " + request.authority() + ": unknown port");
            case ChainTable.Match.NoPort(), ChainTable.Match.Nothing() ->
                    new Decision.Refuse(503, "filter_chain_not_found", false);
        };
    }

    /// Null for a host name, and for what is neither.
    private static @Nullable InetSocketAddress destination(String authority) {
        return switch (Authority.parse(authority)) {
            case Authority.Address(var address) -> address;
            case Authority.Name _, Authority.Invalid _ -> null;
        };
    }
}
