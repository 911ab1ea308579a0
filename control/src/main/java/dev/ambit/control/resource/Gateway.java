package dev.ambit.control.resource;

import java.util.List;
import java.util.Map;

/// A Gateway API gateway: here, only as what waypoint labels refer to.
///
/// @param addresses from its status; none means that it is not ready
public record Gateway(
        Meta meta, String className, List<Listener> listeners, List<Address> addresses)
        implements Resource {

    public Gateway {
        listeners = List.copyOf(listeners);
        addresses = List.copyOf(addresses);
    }

    public enum From {
        SAME,
        ALL,
        SELECTOR,
        NONE
    }

    /// @param selector of the namespaces that may attach, used with {@link From#SELECTOR}
    public record Listener(
            String name, int port, String protocol, From from, Map<String, String> selector) {}

    public record Address(boolean hostname, String value) {}
}
