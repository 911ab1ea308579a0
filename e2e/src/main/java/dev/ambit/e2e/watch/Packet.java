package dev.ambit.e2e.watch;

import java.nio.ByteBuffer;
import java.util.Optional;

/// What a captured frame carried, as far as looking for payload needs it.
sealed interface Packet {
    /// One direction of a connection: addresses and ports in packet order.
    record Flow(String source, int sourcePort, String destination, int destinationPort) {
        @Override
        public String toString() {
            return source + ":" + sourcePort + " > " + destination + ":" + destinationPort;
        }
    }

    /// @param opens whether this is the first segment of a new connection (SYN)
    /// @param sequence of the first payload byte, as on the wire (SYN counted in)
    record Tcp(Flow flow, boolean opens, int sequence, ByteBuffer payload) implements Packet {}

    /// Anything else; looked at by itself.
    record Other(ByteBuffer bytes) implements Packet {}

    int ETHERTYPE_IPV4 = 0x0800;
    int ETHERTYPE_IPV6 = 0x86dd;
    int PROTOCOL_TCP = 6;

    /// Reads an Ethernet frame. A frame that is cut short or not TCP is `Other`: never an error,
    /// because these are strangers' bytes.
    static Packet parse(ByteBuffer frame) {
        return tcp(frame).orElseGet(() -> new Other(frame));
    }

    private static Optional<Packet> tcp(ByteBuffer frame) {
        if (frame.remaining() < 14) {
            return Optional.empty();
        }
        int start = frame.position();
        int type = Short.toUnsignedInt(frame.getShort(start + 12));
        ByteBuffer ip = frame.slice(start + 14, frame.remaining() - 14);
        return switch (type) {
            case ETHERTYPE_IPV4 -> ipv4(ip);
            case ETHERTYPE_IPV6 -> ipv6(ip);
            default -> Optional.empty();
        };
    }

    private static Optional<Packet> ipv4(ByteBuffer ip) {
        if (ip.remaining() < 20) {
            return Optional.empty();
        }
        int header = (ip.get(0) & 0xf) * 4;
        int total = Short.toUnsignedInt(ip.getShort(2));
        boolean fragment = (ip.getShort(6) & 0x1fff) != 0;
        if (header < 20 || ip.get(9) != PROTOCOL_TCP || fragment) {
            return Optional.empty();
        }
        // Segments beyond 64 KB, which the kernel passes over virtual cables, have no length here.
        int end = total == 0 ? ip.remaining() : Math.min(total, ip.remaining());
        return segment(text(ip, 12, 4), text(ip, 16, 4), ip, header, end);
    }

    /// Extension headers make a packet `Other`: the kernel's own TCP uses none.
    private static Optional<Packet> ipv6(ByteBuffer ip) {
        if (ip.remaining() < 40 || ip.get(6) != PROTOCOL_TCP) {
            return Optional.empty();
        }
        int payload = Short.toUnsignedInt(ip.getShort(4));
        int end = payload == 0 ? ip.remaining() : Math.min(40 + payload, ip.remaining());
        return segment(text(ip, 8, 16), text(ip, 24, 16), ip, 40, end);
    }

    private static Optional<Packet> segment(
            String source, String destination, ByteBuffer ip, int at, int end) {
        if (end - at < 20) {
            return Optional.empty();
        }
        int header = ((ip.get(at + 12) >> 4) & 0xf) * 4;
        if (header < 20 || at + header > end) {
            return Optional.empty();
        }
        var flow =
                new Flow(
                        source,
                        Short.toUnsignedInt(ip.getShort(at)),
                        destination,
                        Short.toUnsignedInt(ip.getShort(at + 2)));
        boolean syn = (ip.get(at + 13) & 0x02) != 0;
        int sequence = ip.getInt(at + 4) + (syn ? 1 : 0);
        ByteBuffer payload = ip.slice(at + header, end - at - header);
        return Optional.of(new Tcp(flow, syn, sequence, payload));
    }

    private static String text(ByteBuffer ip, int at, int length) {
        var text = new StringBuilder();
        if (length == 4) {
            for (int i = 0; i < 4; i++) {
                text.append(i == 0 ? "" : ".").append(Byte.toUnsignedInt(ip.get(at + i)));
            }
        } else {
            for (int i = 0; i < length; i += 2) {
                text.append(i == 0 ? "" : ":");
                text.append(Integer.toHexString(Short.toUnsignedInt(ip.getShort(at + i))));
            }
        }
        return text.toString();
    }
}
