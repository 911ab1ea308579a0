package dev.ambit.ztunnel.outbound;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/// How addresses are written in authorities, headers and logs: `10.0.0.1:80`, `[2001:db8::1]:80`.
public final class Addresses {
    private Addresses() {}

    public static String text(InetSocketAddress address) {
        return text(address.getAddress(), address.getPort());
    }

    public static String text(InetAddress address, int port) {
        var host = io.netty.util.NetUtil.toAddressString(address);
        return address instanceof Inet6Address ? "[" + host + "]:" + port : host + ":" + port;
    }
}
