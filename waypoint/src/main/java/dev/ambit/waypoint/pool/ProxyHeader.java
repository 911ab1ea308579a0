package dev.ambit.waypoint.pool;

import dev.ambit.hbone.wire.ProxyProtocolV2;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The PROXY header that an upstream connection begins with (proxy-protocol.txt sections 2.1, 2.2).
final class ProxyHeader {
    /// Command LOCAL: addresses are not known.
    private static final byte[] LOCAL_V2 = {
        0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a, 0x20, 0, 0, 0
    };

    private ProxyHeader() {}

    /// @param source of the downstream connection; null where it is not known
    /// @param destination that it asked for; null where it is not known
    static ByteBuf of(
            TransportConfig.ProxyProtocol version,
            @Nullable InetSocketAddress source,
            @Nullable InetSocketAddress destination,
            ByteBufAllocator allocator) {
        if (source == null || destination == null) {
            return switch (version) {
                case V1 -> text(allocator, "PROXY UNKNOWN\r\n");
                case V2 -> allocator.buffer(LOCAL_V2.length).writeBytes(LOCAL_V2);
            };
        }
        return switch (version) {
            case V1 -> v1(source, destination, allocator);
            case V2 -> new ProxyProtocolV2(source, destination, Optional.empty()).encode(allocator);
        };
    }

    private static ByteBuf v1(
            InetSocketAddress source, InetSocketAddress destination, ByteBufAllocator allocator) {
        boolean v4 = source.getAddress() instanceof Inet4Address;
        if (v4 != destination.getAddress() instanceof Inet4Address) {
            return text(allocator, "PROXY UNKNOWN\r\n");
        }
        return text(
                allocator,
                "PROXY %s %s %s %d %d\r\n"
                        .formatted(
                                v4 ? "TCP4" : "TCP6",
                                source.getAddress().getHostAddress(),
                                destination.getAddress().getHostAddress(),
                                source.getPort(),
                                destination.getPort()));
    }

    private static ByteBuf text(ByteBufAllocator allocator, String line) {
        return ByteBufUtil.writeAscii(
                allocator,
                new String(line.getBytes(StandardCharsets.US_ASCII), StandardCharsets.US_ASCII));
    }
}
