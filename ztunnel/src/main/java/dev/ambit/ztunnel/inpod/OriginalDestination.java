package dev.ambit.ztunnel.inpod;

import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.unix.RawUnixChannelOption;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// Where a redirected connection was going: the kernel's SO_ORIGINAL_DST.
public final class OriginalDestination {
    private static final RawUnixChannelOption V4 =
            new RawUnixChannelOption("SO_ORIGINAL_DST", 0, 80, 16);
    private static final RawUnixChannelOption V6 =
            new RawUnixChannelOption("IP6T_SO_ORIGINAL_DST", 41, 80, 28);

    private OriginalDestination() {}

    /// The original destination, or for a connection that was not redirected its local address.
    public static InetSocketAddress of(Channel channel) {
        var local = (InetSocketAddress) channel.localAddress();
        var v4 = read(channel, V4);
        if (v4 != null) {
            return address(v4, 4, 4);
        }
        var v6 = read(channel, V6);
        return v6 != null ? address(v6, 8, 16) : local;
    }

    private static @Nullable ByteBuffer read(Channel channel, RawUnixChannelOption option) {
        try {
            return channel.config().getOption(option);
        } catch (ChannelException notRedirected) {
            return null;
        }
    }

    /// struct sockaddr_in or sockaddr_in6: family, port in network order, address.
    private static InetSocketAddress address(ByteBuffer raw, int at, int length) {
        int port = (raw.get(2) & 0xff) << 8 | (raw.get(3) & 0xff);
        var bytes = new byte[length];
        raw.get(at, bytes);
        try {
            // A v4-mapped address comes out as IPv4.
            return new InetSocketAddress(InetAddress.getByAddress(bytes), port);
        } catch (UnknownHostException impossible) {
            throw new AssertionError("4 or 16 bytes", impossible);
        }
    }
}
