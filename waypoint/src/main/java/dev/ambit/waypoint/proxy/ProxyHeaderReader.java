package dev.ambit.waypoint.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Reads what a proxy before this one says of a connection: HAProxy's PROXY protocol, both versions
/// (proxy-protocol.txt sections 2.1 and 2.2), with the identity that a node's proxy puts into TLV
/// 0xD0. Pure.
final class ProxyHeaderReader {
    private static final byte[] V2 = {13, 10, 13, 10, 0, 13, 10, 'Q', 'U', 'I', 'T', 10};
    private static final byte[] V1 = {'P', 'R', 'O', 'X', 'Y', ' '};

    /// The longest line of version 1.
    private static final int MAX_V1 = 107;

    private static final int V2_HEAD = 16;
    private static final int PEER_TLV = 0xd0;

    /// A SPIFFE URI.
    private static final int MAX_PEER = 2_048;

    private ProxyHeaderReader() {}

    sealed interface Result {
        record NeedMore() implements Result {}

        /// @param length of the header, in bytes
        record Proxied(
                int length,
                InetSocketAddress source,
                InetSocketAddress destination,
                Optional<String> peer)
                implements Result {}

        /// The proxy speaks for itself, or does not know.
        record Local(int length) implements Result {}

        /// @param cause value, expectation and likely cause
        record Invalid(String cause) implements Result {}
    }

    private static final Result NEED_MORE = new Result.NeedMore();

    /// @param all from the connection's first byte; not changed
    static Result read(ByteBuf all) {
        int from = all.readerIndex();
        int count = all.readableBytes();
        if (begins(all, V2)) {
            return count < V2.length ? NEED_MORE : v2(all, from, count);
        }
        if (begins(all, V1)) {
            return count < V1.length ? NEED_MORE : v1(all, from, count);
        }
        return new Result.Invalid(
                "no PROXY header (expected: one first of all; does the proxy before send it?)");
    }

    private static boolean begins(ByteBuf all, byte[] with) {
        int count = Math.min(all.readableBytes(), with.length);
        for (int i = 0; i < count; i++) {
            if (all.getByte(all.readerIndex() + i) != with[i]) {
                return false;
            }
        }
        return true;
    }

    // ---- version 1

    private static Result v1(ByteBuf all, int from, int count) {
        int end = all.indexOf(from, from + Math.min(count, MAX_V1), (byte) '\n');
        if (end < 0) {
            return count < MAX_V1
                    ? NEED_MORE
                    : new Result.Invalid("PROXY line over " + MAX_V1 + " bytes");
        }
        if (all.getByte(end - 1) != '\r') {
            return new Result.Invalid("PROXY line without CR");
        }
        var line = all.toString(from, end - 1 - from, StandardCharsets.US_ASCII);
        int length = end + 1 - from;
        var words = line.split(" ", -1);
        if (words.length >= 2 && words[1].equals("UNKNOWN")) {
            return new Result.Local(length);
        }
        boolean known = words.length == 6 && (words[1].equals("TCP4") || words[1].equals("TCP6"));
        var source = known ? socket(words[2], words[4]) : null;
        var destination = known ? socket(words[3], words[5]) : null;
        if (source == null || destination == null) {
            return new Result.Invalid(
                    "PROXY line '" + line + "' (expected: PROXY TCP4|TCP6 addresses ports)");
        }
        return new Result.Proxied(length, source, destination, Optional.empty());
    }

    private static @Nullable InetSocketAddress socket(String address, String port) {
        byte[] octets =
                address.indexOf('%') >= 0
                        ? null
                        : NetUtil.createByteArrayFromIpAddressString(address);
        if (octets == null || port.isEmpty() || port.length() > 5) {
            return null;
        }
        int number = 0;
        for (int i = 0; i < port.length(); i++) {
            int digit = port.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return null;
            }
            number = 10 * number + digit;
        }
        return number > 0xffff ? null : new InetSocketAddress(address(octets), number);
    }

    private static InetAddress address(byte[] octets) {
        try {
            return InetAddress.getByAddress(octets);
        } catch (UnknownHostException impossible) {
            throw new AssertionError("4 or 16 bytes", impossible);
        }
    }

    // ---- version 2

    private static Result v2(ByteBuf all, int from, int count) {
        if (count < V2_HEAD) {
            return NEED_MORE;
        }
        int command = all.getUnsignedByte(from + 12);
        int family = all.getUnsignedByte(from + 13);
        int rest = all.getUnsignedShort(from + 14);
        if (command >> 4 != 2 || (command & 15) > 1) {
            return new Result.Invalid(
                    "PROXY version and command 0x%02x (expected: 0x20 or 0x21)".formatted(command));
        }
        if (count < V2_HEAD + rest) {
            return NEED_MORE;
        }
        int length = V2_HEAD + rest;
        if ((command & 15) == 0 || family >> 4 == 0) {
            return new Result.Local(length);
        }
        int octets = family == 0x11 ? 4 : family == 0x21 ? 16 : 0;
        if (octets == 0 || rest < 2 * octets + 4) {
            return new Result.Invalid(
                    "PROXY family 0x%02x of %d bytes (expected: TCP over IPv4 or IPv6)"
                            .formatted(family, rest));
        }
        int at = from + V2_HEAD;
        int ports = at + 2 * octets;
        return tlvs(
                all,
                ports + 4,
                from + length,
                length,
                new InetSocketAddress(address(all, at, octets), all.getUnsignedShort(ports)),
                new InetSocketAddress(
                        address(all, at + octets, octets), all.getUnsignedShort(ports + 2)));
    }

    private static InetAddress address(ByteBuf all, int at, int octets) {
        byte[] bytes = new byte[octets];
        all.getBytes(at, bytes);
        return address(bytes);
    }

    private static Result tlvs(
            ByteBuf all,
            int first,
            int end,
            int length,
            InetSocketAddress source,
            InetSocketAddress destination) {
        String peer = null;
        int at = first;
        while (at < end) {
            if (end - at < 3) {
                return new Result.Invalid("PROXY TLV cut off");
            }
            int type = all.getUnsignedByte(at);
            int size = all.getUnsignedShort(at + 1);
            at += 3;
            if (size > end - at) {
                return new Result.Invalid(
                        "PROXY TLV of %d bytes (expected: at most %d)".formatted(size, end - at));
            }
            if (type == PEER_TLV) {
                if (size > MAX_PEER || peer != null) {
                    return new Result.Invalid("PROXY TLV 0xd0: expected once, a SPIFFE URI");
                }
                peer = all.toString(at, size, StandardCharsets.US_ASCII);
            }
            at += size;
        }
        return new Result.Proxied(length, source, destination, Optional.ofNullable(peer));
    }
}
