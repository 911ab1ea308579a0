package dev.ambit.control.compile;

import dev.ambit.mesh.proto.workload.NetworkAddress;

/// Addresses as RFC 5952 writes them.
public final class PrefixText {
    private static final int GROUPS = 8;

    private PrefixText() {}

    /// `address/length`, what istiod sorts addresses by.
    static String of(NetworkAddress address) {
        var bytes = address.getAddress().toByteArray();
        int length = address.hasLength() ? address.getLength() : bytes.length * 8;
        return ip(bytes) + "/" + length;
    }

    /// @param bytes 4 or 16
    public static String ip(byte[] bytes) {
        return bytes.length == 4 ? v4(bytes) : v6(bytes);
    }

    private static String v4(byte[] bytes) {
        return (bytes[0] & 0xff)
                + "."
                + (bytes[1] & 0xff)
                + "."
                + (bytes[2] & 0xff)
                + "."
                + (bytes[3] & 0xff);
    }

    /// The longest run of two or more zero groups, the first of equals, becomes `::`.
    private static String v6(byte[] bytes) {
        var groups = new int[GROUPS];
        for (int i = 0; i < GROUPS; i++) {
            groups[i] = (bytes[2 * i] & 0xff) << 8 | (bytes[2 * i + 1] & 0xff);
        }
        int start = -1;
        int longest = 1;
        for (int i = 0; i < GROUPS; i++) {
            int run = 0;
            while (i + run < GROUPS && groups[i + run] == 0) {
                run++;
            }
            if (run > longest) {
                longest = run;
                start = i;
            }
        }
        var text = new StringBuilder();
        for (int i = 0; i < GROUPS; i++) {
            if (i == start) {
                text.append("::");
                i += longest - 1;
                continue;
            }
            if (!text.isEmpty() && text.charAt(text.length() - 1) != ':') {
                text.append(':');
            }
            text.append(Integer.toHexString(groups[i]));
        }
        return text.toString();
    }
}
