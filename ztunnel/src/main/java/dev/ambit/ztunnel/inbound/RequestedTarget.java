package dev.ambit.ztunnel.inbound;

import dev.ambit.ztunnel.outbound.Addresses;
import java.net.InetSocketAddress;

/// What a CONNECT's `:authority` asks for (RFC 9113 section 8.5).
public sealed interface RequestedTarget {
    record ByAddress(InetSocketAddress address) implements RequestedTarget {
        @Override
        public String toString() {
            return Addresses.text(address);
        }
    }

    record ByHostname(String hostname, int port) implements RequestedTarget {
        @Override
        public String toString() {
            return hostname + ":" + port;
        }
    }
}
