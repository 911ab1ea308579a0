package dev.ambit.waypoint.http;

import dev.ambit.waypoint.http.ProtocolSniffer.Decision;
import dev.ambit.waypoint.http.ProtocolSniffer.NeedMore;
import dev.ambit.waypoint.http.ProtocolSniffer.Other;
import dev.ambit.waypoint.http.ProtocolSniffer.Refused;
import dev.ambit.waypoint.http.ProtocolSniffer.Tls;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Finds the server name and the protocols in a TLS ClientHello (RFC 8446 section 4.1.2), which may
/// be spread over several records.
final class ClientHello {
    static final int HANDSHAKE = 22;

    /// As Envoy's `max_client_hello_size`, octets.
    static final int MAX_BYTES = 16 << 10;

    private static final int RECORD_HEADER = 5;
    private static final int MESSAGE_HEADER = 4;
    private static final int CLIENT_HELLO = 1;
    private static final int SERVER_NAME = 0;
    private static final int ALPN = 16;
    private static final int MAX_NAME = 255;
    private static final int TLS_1_0 = 0x0301;

    private static final Other OTHER = new Other();
    private static final NeedMore NEED_MORE = new NeedMore();

    private ClientHello() {}

    static Decision look(ByteBuf all) {
        int at = all.readerIndex();
        int end = all.writerIndex();
        int needed = MESSAGE_HEADER;
        int have = 0;
        int records = 0;
        while (have < needed) {
            if (end - at < RECORD_HEADER) {
                return more(all);
            }
            int length = all.getUnsignedShort(at + 3);
            if (all.getByte(at) != HANDSHAKE || all.getByte(at + 1) != 3 || length == 0) {
                return OTHER;
            }
            int data = at + RECORD_HEADER;
            if (records == 0 && end > data && all.getByte(data) != CLIENT_HELLO) {
                return OTHER;
            }
            if (records == 0 && end - data >= MESSAGE_HEADER) {
                needed = MESSAGE_HEADER + all.getUnsignedMedium(data + 1);
                if (needed > MAX_BYTES) {
                    return OTHER;
                }
            }
            if (end - data < length) {
                return more(all);
            }
            have += length;
            records++;
            at = data + length;
            if (records > 1 && needed == MESSAGE_HEADER) {
                return OTHER; // Four octets in more than one record: nobody's client.
            }
        }
        return parse(message(all, needed));
    }

    private static Decision more(ByteBuf all) {
        return all.readableBytes() < MAX_BYTES
                ? NEED_MORE
                : new Refused("ClientHello longer than " + MAX_BYTES + " bytes");
    }

    /// The message without record headers; a copy, so that nothing need be released.
    private static ByteBuf message(ByteBuf all, int length) {
        var bytes = new byte[length];
        int to = 0;
        int at = all.readerIndex();
        while (to < length) {
            int count = Math.min(all.getUnsignedShort(at + 3), length - to);
            all.getBytes(at + RECORD_HEADER, bytes, to, count);
            to += count;
            at += RECORD_HEADER + count;
        }
        return Unpooled.wrappedBuffer(bytes);
    }

    private static Decision parse(ByteBuf hello) {
        hello.skipBytes(MESSAGE_HEADER);
        if (hello.readableBytes() < 2 + 32 + 1 || hello.readUnsignedShort() < TLS_1_0) {
            return OTHER;
        }
        hello.skipBytes(32);
        var session = part(hello, hello.readUnsignedByte());
        var ciphers = hello.readableBytes() < 2 ? null : part(hello, hello.readUnsignedShort());
        var compressions = hello.isReadable() ? part(hello, hello.readUnsignedByte()) : null;
        if (session == null || ciphers == null || compressions == null) {
            return OTHER;
        }
        String name = "";
        List<String> protocols = List.of();
        if (!hello.isReadable()) {
            return new Tls(name, protocols);
        }
        var extensions = hello.readableBytes() < 2 ? null : part(hello, hello.readUnsignedShort());
        if (extensions == null || hello.isReadable()) {
            return OTHER;
        }
        while (extensions.isReadable()) {
            if (extensions.readableBytes() < 4) {
                return OTHER;
            }
            int type = extensions.readUnsignedShort();
            var data = part(extensions, extensions.readUnsignedShort());
            if (data == null) {
                return OTHER;
            }
            if (type == SERVER_NAME) {
                var found = serverName(data);
                if (found == null) {
                    return OTHER;
                }
                name = found;
            } else if (type == ALPN) {
                protocols = protocols(data);
            }
        }
        return new Tls(name, protocols);
    }

    private static @Nullable ByteBuf part(ByteBuf from, int length) {
        return length > from.readableBytes() ? null : from.readSlice(length);
    }

    /// RFC 6066 section 3; null for what TLS libraries refuse.
    private static @Nullable String serverName(ByteBuf data) {
        var list = data.readableBytes() < 2 ? null : part(data, data.readUnsignedShort());
        if (list == null || list.readableBytes() < 3 || list.readByte() != 0) {
            return null;
        }
        var name = part(list, list.readUnsignedShort());
        if (name == null || !name.isReadable() || name.readableBytes() > MAX_NAME) {
            return null;
        }
        var text = name.toString(StandardCharsets.ISO_8859_1);
        return text.indexOf('\0') >= 0 ? null : text;
    }

    /// RFC 7301 section 3.1; what is malformed is left to the handshake.
    private static List<String> protocols(ByteBuf data) {
        var list = data.readableBytes() < 2 ? null : part(data, data.readUnsignedShort());
        var all = new ArrayList<String>(2);
        while (list != null && list.isReadable()) {
            var name = part(list, list.readUnsignedByte());
            if (name == null || !name.isReadable()) {
                return List.of();
            }
            all.add(name.toString(StandardCharsets.ISO_8859_1));
        }
        return List.copyOf(all);
    }
}
