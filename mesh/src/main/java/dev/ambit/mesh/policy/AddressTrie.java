package dev.ambit.mesh.policy;

import dev.ambit.mesh.model.Cidr;
import java.net.Inet4Address;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/// Rules by address range: a look-up walks the address's bits once, however many ranges there are.
final class AddressTrie {
    private final Node four = new Node();
    private final Node six = new Node();
    private boolean empty = true;

    private static final class Node {
        private @Nullable Node zero;
        private @Nullable Node one;
        private int[] ordinals = RuleIndex.NONE;

        private Node makeChild(boolean bit) {
            var child = bit ? one : zero;
            if (child == null) {
                child = new Node();
                if (bit) {
                    one = child;
                } else {
                    zero = child;
                }
            }
            return child;
        }
    }

    void put(Cidr range, int[] ordinals) {
        empty = false;
        var bytes = range.address().getAddress();
        var node = root(range.address());
        for (int bit = 0; bit < range.prefixLength(); bit++) {
            node = node.makeChild(bit(bytes, bit));
        }
        node.ordinals = RuleIndex.merged(node.ordinals, ordinals);
    }

    int visit(InetAddress address, RuleIndex.Visit visit, int best) {
        if (empty) {
            return best;
        }
        var bytes = address.getAddress();
        Node node = root(address);
        for (int bit = 0; node != null; bit++) {
            best = visit.at(node.ordinals, best);
            if (bit == bytes.length * 8) {
                break;
            }
            node = bit(bytes, bit) ? node.one : node.zero;
        }
        return best;
    }

    private Node root(InetAddress address) {
        return address instanceof Inet4Address ? four : six;
    }

    private static boolean bit(byte[] bytes, int index) {
        return (bytes[index / 8] >> (7 - index % 8) & 1) == 1;
    }
}
