package dev.ambit.ztunnel.outbound;

import java.net.InetSocketAddress;

/// The address that this node dials.
public record NextHop(InetSocketAddress address) {
    @Override
    public String toString() {
        return Addresses.text(address);
    }
}
