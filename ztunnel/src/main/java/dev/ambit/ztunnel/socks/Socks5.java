package dev.ambit.ztunnel.socks;

import io.netty.buffer.ByteBuf;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;

/// SOCKS 5 (RFC 1928) as far as a proxy without authentication needs it: CONNECT to an address or
/// to a hostname. Pure: reads what there is, and takes only what is complete.
final class Socks5 {
    private static final int VERSION = 5;
    private static final int CONNECT = 1;
    private static final int IPV4 = 1;
    private static final int NAME = 3;
    private static final int IPV6 = 4;

    private static final int SUCCEEDED = 0;
    static final int GENERAL_FAILURE = 1;
    static final int HOST_UNREACHABLE = 4;
    static final int COMMAND_NOT_SUPPORTED = 7;
    static final int ADDRESS_TYPE_NOT_SUPPORTED = 8;

    private Socks5() {}

    /// Codes of our own, for what is not answered in the form of section 6: a client that does not
    /// speak SOCKS 5 is told nothing, one that wants to authenticate that no method will do.
    static final int SILENCE = -1;

    static final int NO_METHOD = 0xff;

    /// What the client's next message is.
    sealed interface Message {
        /// More bytes are needed; none was taken.
        record Incomplete() implements Message {}

        /// The client offers "no authentication".
        record Greeting() implements Message {}

        /// @param code for `refusal`
        record Bad(int code, String why) implements Message {}
    }

    /// What to connect to.
    sealed interface Request extends Message {
        record Address(InetSocketAddress address) implements Request {}

        record Hostname(String host, int port) implements Request {}
    }

    private static final Message INCOMPLETE = new Message.Incomplete();

    /// Section 3, the first message: version, and the methods that the client offers.
    static Message greeting(ByteBuf in) {
        int at = in.readerIndex();
        if (in.isReadable() && in.getUnsignedByte(at) != VERSION) {
            return new Message.Bad(
                    SILENCE, "version " + in.getUnsignedByte(at) + " (expected: SOCKS 5)");
        }
        if (in.readableBytes() < 2) {
            return INCOMPLETE;
        }
        int methods = in.getUnsignedByte(at + 1);
        if (in.readableBytes() < 2 + methods) {
            return INCOMPLETE;
        }
        in.skipBytes(2 + methods);
        for (int i = 0; i < methods; i++) {
            if (in.getByte(at + 2 + i) == 0) {
                return new Message.Greeting();
            }
        }
        return new Message.Bad(
                NO_METHOD, methods + " methods (expected: one is 0, no authentication)");
    }

    /// Section 4, the second: what to connect to.
    static Message request(ByteBuf in) {
        int at = in.readerIndex();
        if (in.readableBytes() < 5) {
            return INCOMPLETE;
        }
        int version = in.getUnsignedByte(at);
        int command = in.getUnsignedByte(at + 1);
        int type = in.getUnsignedByte(at + 3);
        if (version != VERSION || command != CONNECT) {
            return bad(
                    COMMAND_NOT_SUPPORTED,
                    "version " + version + ", command " + command + " (expected: 5, CONNECT)");
        }
        int length =
                switch (type) {
                    case IPV4 -> 4;
                    case IPV6 -> 16;
                    case NAME -> 1 + in.getUnsignedByte(at + 4);
                    default -> -1;
                };
        if (length < 0) {
            return bad(
                    ADDRESS_TYPE_NOT_SUPPORTED, "address type " + type + " (expected: 1, 3 or 4)");
        }
        if (in.readableBytes() < 4 + length + 2) {
            return INCOMPLETE;
        }
        in.skipBytes(4);
        var destination = new byte[length];
        in.readBytes(destination);
        int port = in.readUnsignedShort();
        if (port == 0) {
            return bad(GENERAL_FAILURE, "port 0 (expected: 1 to 65535)");
        }
        return type == NAME ? name(destination, port) : address(destination, port);
    }

    private static Message name(byte[] counted, int port) {
        var host = new String(counted, 1, counted.length - 1, StandardCharsets.ISO_8859_1);
        var literal = NetUtil.createByteArrayFromIpAddressString(host);
        if (literal != null) {
            return address(literal, port);
        }
        boolean printable = host.chars().allMatch(c -> c > 0x20 && c < 0x7f);
        if (host.isEmpty() || !printable) {
            return bad(
                    GENERAL_FAILURE, "hostname of " + host.length() + " bytes (expected: ASCII)");
        }
        return new Request.Hostname(host, port);
    }

    private static Message address(byte[] bytes, int port) {
        try {
            var address = InetAddress.getByAddress(bytes);
            return new Request.Address(new InetSocketAddress(address, port));
        } catch (UnknownHostException impossible) {
            throw new AssertionError("4 or 16 bytes", impossible);
        }
    }

    private static Message bad(int code, String why) {
        return new Message.Bad(code, why);
    }

    /// The answer to a greeting: no authentication.
    static byte[] noAuthentication() {
        return new byte[] {VERSION, 0};
    }

    /// Section 6, success: the proxy's own end of the connection is not said.
    static byte[] success() {
        return reply(SUCCEEDED);
    }

    /// What a client is told for one of the codes above.
    static byte[] refusal(int code) {
        return switch (code) {
            case SILENCE -> new byte[0];
            case NO_METHOD -> new byte[] {VERSION, (byte) NO_METHOD};
            default -> reply(code);
        };
    }

    /// With 0.0.0.0:0 as the address that is bound.
    private static byte[] reply(int code) {
        return new byte[] {VERSION, (byte) code, 0, IPV4, 0, 0, 0, 0, 0, 0};
    }
}
