package dev.ambit.e2e.lab;

import java.net.InetAddress;
import java.net.UnknownHostException;

/// Who has which address; pods and services as the control plane plans them. Everything lies in
/// private ranges that exist only inside namespaces:
///
/// | what | IPv4 | IPv6 |
/// |---|---|---|
/// | control plane | 10.85.0.1 | fd85::1 |
/// | node *n* | 10.85.0.(10+n) | fd85::(10+n) |
/// | pod *k* of node *n* | 10.42.n.k | fd42:0:0:n::k |
/// | pod's gateway | 10.42.n.1 | fe80::1 |
/// | services | 10.43.0.0/16 | none |
final class AddressPlan {
    static final String CONTROL = "10.85.0.1";
    static final String CONTROL6 = "fd85::1";
    static final String GATEWAY6 = "fe80::1";
    private static final int FIRST_POD = 2;

    private AddressPlan() {}

    static String node(int index) {
        return "10.85.0." + (10 + index);
    }

    static String node6(int index) {
        return "fd85::" + Integer.toHexString(10 + index);
    }

    static String gateway(int node) {
        return "10.42." + node + ".1";
    }

    static String pods(int node) {
        return "10.42." + node + ".0/24";
    }

    static String pods6(int node) {
        return "fd42:0:0:" + Integer.toHexString(node) + "::/64";
    }

    /// @param ordinal 0 for the node's first pod
    static String pod(int node, int ordinal) {
        return "10.42." + node + "." + (FIRST_POD + ordinal);
    }

    static String pod6(int node, int ordinal) {
        return "fd42:0:0:"
                + Integer.toHexString(node)
                + "::"
                + Integer.toHexString(FIRST_POD + ordinal);
    }

    /// A literal address; never a look-up.
    static InetAddress literal(String text) {
        try {
            return InetAddress.getByName(text);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("not an address literal: " + text, e);
        }
    }
}
