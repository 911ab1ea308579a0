package dev.ambit.waypoint.proxy;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;

/// Who calls, by `x-forwarded-for`.
final class ForwardedFor {
    /// The longest text of an address (INET6_ADDRSTRLEN).
    private static final int MAX_ADDRESS = 46;

    private ForwardedFor() {}

    /// @param list addresses, separated by commas
    /// @param trustedHops how many at the end belong to proxies
    /// @return with port 0; null where there is no address at that place
    static @Nullable InetSocketAddress last(String list, int trustedHops) {
        int end = list.length();
        for (int hop = 0; hop < trustedHops; hop++) {
            end = list.lastIndexOf(',', end - 1);
            if (end < 0) {
                return null;
            }
        }
        int start = list.lastIndexOf(',', end - 1) + 1;
        var text = list.substring(start, end).strip();
        if (text.isEmpty() || text.length() > MAX_ADDRESS || text.indexOf('%') >= 0) {
            return null;
        }
        byte[] octets = NetUtil.createByteArrayFromIpAddressString(text);
        if (octets == null) {
            return null;
        }
        try {
            return new InetSocketAddress(InetAddress.getByAddress(octets), 0);
        } catch (UnknownHostException impossible) {
            throw new AssertionError("4 or 16 bytes", impossible);
        }
    }
}
