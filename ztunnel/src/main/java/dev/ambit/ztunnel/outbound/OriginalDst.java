package dev.ambit.ztunnel.outbound;

import java.net.InetSocketAddress;

/// The address that the application dialled, before redirection. Never v4-mapped.
public record OriginalDst(InetSocketAddress address) {
    public int port() {
        return address.getPort();
    }

    @Override
    public String toString() {
        return Addresses.text(address);
    }
}
