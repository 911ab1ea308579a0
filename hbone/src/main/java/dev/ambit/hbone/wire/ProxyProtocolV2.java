package dev.ambit.hbone.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/// What an application behind a tunnel is told first: who connects, and to what. HAProxy's PROXY
/// protocol, version 2 (proxy-protocol.txt section 2.2): command PROXY, transport STREAM.
///
/// @param source the client as the tunnel's peer
/// @param destination what the client asked for
/// @param peer the proven identity, as a SPIFFE URI: TLV 0xD0, left out when there is none
public record ProxyProtocolV2(
        InetSocketAddress source, InetSocketAddress destination, Optional<String> peer) {

    /// From the range for custom use, section 2.2.7; what waypoints take the peer's identity from.
    public static final int PEER_TLV = 0xd0;

    private static final long SIGNATURE_HEAD = 0x0d0a0d0a000d0a51L;
    private static final int SIGNATURE_TAIL = 0x5549540a;
    private static final int VERSION_2_PROXY = 0x21;
    private static final int TCP_OVER_IPV4 = 0x11;
    private static final int TCP_OVER_IPV6 = 0x21;
    private static final int PORTS = 4;
    private static final int TLV_HEADER = 3;
    private static final int MOST = 0xffff;

    public ProxyProtocolV2 {
        int length = peer.map(String::length).orElse(0);
        if (length > MOST - PORTS - 32 - TLV_HEADER) {
            throw new IllegalArgumentException(
                    "peer: " + length + " characters (expected: a SPIFFE URI, at most 2048)");
        }
    }

    /// One buffer of the whole header. An IPv4 address beside an IPv6 one is written v4-mapped: the
    /// header has one family for both.
    public ByteBuf encode(ByteBufAllocator allocator) {
        boolean v4 =
                source.getAddress() instanceof Inet4Address
                        && destination.getAddress() instanceof Inet4Address;
        int addresses = (v4 ? 8 : 32) + PORTS;
        byte[] identity =
                peer.map(uri -> uri.getBytes(StandardCharsets.US_ASCII)).orElse(new byte[0]);
        int tlv = peer.isPresent() ? TLV_HEADER + identity.length : 0;
        var out = allocator.buffer(16 + addresses + tlv);
        out.writeLong(SIGNATURE_HEAD).writeInt(SIGNATURE_TAIL);
        out.writeByte(VERSION_2_PROXY).writeByte(v4 ? TCP_OVER_IPV4 : TCP_OVER_IPV6);
        out.writeShort(addresses + tlv);
        write(out, source.getAddress(), v4);
        write(out, destination.getAddress(), v4);
        out.writeShort(source.getPort()).writeShort(destination.getPort());
        if (peer.isPresent()) {
            out.writeByte(PEER_TLV).writeShort(identity.length).writeBytes(identity);
        }
        return out;
    }

    private static void write(ByteBuf out, InetAddress address, boolean v4) {
        if (!v4 && address instanceof Inet4Address) {
            out.writeZero(10).writeShort(0xffff);
        }
        out.writeBytes(address.getAddress());
    }
}
