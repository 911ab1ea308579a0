package dev.ambit.waypoint.route.limit;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.UnknownHostException;

/// The network that an address is in, as `10.1.0.0/16`.
final class MaskedAddress {
    private MaskedAddress() {}

    static String text(InetAddress address, int v4Bits, int v6Bits) {
        var bytes = address.getAddress();
        int bits = bytes.length == 4 ? v4Bits : v6Bits;
        for (int at = 0; at < bytes.length; at++) {
            int keep = Math.clamp(bits - 8L * at, 0, 8);
            bytes[at] &= (byte) (0xFF << (8 - keep));
        }
        try {
            return NetUtil.toAddressString(InetAddress.getByAddress(bytes)) + "/" + bits;
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address of " + bytes.length + " bytes", e);
        }
    }
}
