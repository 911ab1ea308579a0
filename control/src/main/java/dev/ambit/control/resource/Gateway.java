package dev.ambit.control.resource;

import java.util.List;
import java.util.Optional;

/// A Gateway API gateway: a waypoint, or the way into a network.
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

    /// @param terminates TLS ends here
    /// @param selector of the namespaces that may attach, used with {@link From#SELECTOR}; empty
    ///   selects none
    public record Listener(
            String name,
            int port,
            String protocol,
            boolean terminates,
            From from,
            Optional<LabelSelector> selector) {}

    public enum AddressType {
        HOSTNAME,
        IP,
        /// Not reachable by what is written here.
        OTHER
    }

    public record Address(AddressType type, String value) {}

    public Gateway addressed(List<Address> others) {
        return new Gateway(meta, className, listeners, others);
    }
}
