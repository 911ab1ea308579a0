package dev.ambit.waypoint.upstream;

import dev.ambit.waypoint.pool.Target;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/// Endpoints out of names and what they resolve to.
final class Resolved {
    private Resolved() {}

    static Endpoint one(Discovery.Named named, InetAddress address) {
        return all(named, List.of(address));
    }

    /// One endpoint with several addresses, tried in turn; it is called by the first.
    static Endpoint all(Discovery.Named named, List<InetAddress> addresses) {
        var sockets = new ArrayList<InetSocketAddress>();
        for (var address : addresses) {
            sockets.add(new InetSocketAddress(address, named.port()));
        }
        return named.endpoint()
                .at(
                        new Target.Direct(List.copyOf(sockets)),
                        text(sockets.getFirst()),
                        named.name());
    }

    /// As Envoy prints an address: `10.0.0.1:80`, `[fd00::1]:80`.
    static String text(InetSocketAddress address) {
        return NetUtil.toSocketAddressString(address);
    }
}
