package dev.ambit.e2e.redirect;

/// One condition of a rule. All conditions of a rule must hold.
sealed interface Match {
    /// TCP, whatever the port.
    record Tcp() implements Match {}

    record SourceIs(Address address) implements Match {}

    record DestinationIs(Address address) implements Match {}

    record DestinationIsNot(Address address) implements Match {}

    record TcpPortIs(int port) implements Match {}

    record TcpPortIsNot(int port) implements Match {}

    record UdpToPort(int port) implements Match {}

    record UdpFromPort(int port) implements Match {}

    record MarkIs(int mark) implements Match {}

    record MarkIsNot(int mark) implements Match {}

    record ConnectionMarkIs(int mark) implements Match {}

    record LeavesBy(String networkInterface) implements Match {}

    record LeavesNotBy(String networkInterface) implements Match {}

    record EntersBy(String networkInterface) implements Match {}

    /// Only the first packet of a connection: those under way are left alone.
    record OpensConnection() implements Match {}

    /// An address or range, with the family that nftables wants to be told.
    ///
    /// @param text for example `127.0.0.1/32`
    record Address(boolean ipv6, String text) {
        static Address v4(String text) {
            return new Address(false, text);
        }

        static Address v6(String text) {
            return new Address(true, text);
        }

        String keyword() {
            return ipv6 ? "ip6" : "ip";
        }
    }
}
