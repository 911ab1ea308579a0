package dev.ambit.mesh.model;

import java.net.Inet4Address;
import java.net.InetAddress;

/// An address range. Bits beyond the prefix are ignored, as the kernel does.
///
/// @param prefixLength bits, 0 to 32 or 128
public record Cidr(InetAddress address, int prefixLength) {
    public Cidr {
        int most = address instanceof Inet4Address ? 32 : 128;
        if (prefixLength < 0 || prefixLength > most) {
            throw new IllegalArgumentException(
                    "prefix length: "
                            + prefixLength
                            + " (expected: 0 to "
                            + most
                            + " for "
                            + address.getHostAddress()
                            + ")");
        }
    }

    public boolean contains(InetAddress candidate) {
        var range = address.getAddress();
        var bytes = candidate.getAddress();
        if (range.length != bytes.length) {
            return false;
        }
        int whole = prefixLength / 8;
        for (int i = 0; i < whole; i++) {
            if (range[i] != bytes[i]) {
                return false;
            }
        }
        int rest = prefixLength % 8;
        return rest == 0 || ((range[whole] ^ bytes[whole]) & (0xff << (8 - rest)) & 0xff) == 0;
    }

    @Override
    public String toString() {
        return address.getHostAddress() + "/" + prefixLength;
    }
}
