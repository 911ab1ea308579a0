package dev.ambit.mesh.model;

import java.net.InetAddress;

/// An address is unique within a network, not beyond it.
public record NetworkAddress(String network, InetAddress address) {
    @Override
    public String toString() {
        return network + "/" + address.getHostAddress();
    }
}
