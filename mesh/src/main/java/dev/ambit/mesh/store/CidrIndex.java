package dev.ambit.mesh.store;

import dev.ambit.mesh.model.NetworkAddress;
import dev.ambit.mesh.model.Service;
import dev.ambit.mesh.model.Service.CidrVip;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// Services by address range: one hash lookup for each prefix length that is in use (33 of IPv4 and
/// 129 of IPv6 at most), whatever the number of ranges.
final class CidrIndex {
    private static final int[] NO_LENGTHS = {};

    private final Map<Key, List<Service>> services = new ConcurrentHashMap<>();
    private final Lengths v4 = new Lengths();
    private final Lengths v6 = new Lengths();

    /// An address cut down to a prefix.
    ///
    /// @param bits 32 or 128: the same bytes mean something else in the other family
    /// @param high the first 64 bits; 0 in IPv4
    private record Key(String network, int bits, int prefixLength, long high, long low) {
        static Key of(NetworkAddress address, int prefixLength) {
            var bytes = address.address().getAddress();
            if (bytes.length == 4) {
                long all = word(bytes, 0, 4);
                return new Key(
                        address.network(), 32, prefixLength, 0, all & mask(prefixLength + 32));
            }
            long high = word(bytes, 0, 8) & mask(Math.min(prefixLength, 64));
            long low = word(bytes, 8, 16) & mask(Math.max(prefixLength - 64, 0));
            return new Key(address.network(), 128, prefixLength, high, low);
        }

        /// The first `length` of 64 bits.
        private static long mask(int length) {
            return length == 0 ? 0 : -1L << (64 - length);
        }

        private static long word(byte[] bytes, int from, int to) {
            long word = 0;
            for (int i = from; i < to; i++) {
                word = word << 8 | bytes[i] & 0xff;
            }
            return word;
        }
    }

    /// The prefix lengths in use. One writer.
    private static final class Lengths {
        private final Map<Integer, Integer> ranges = new HashMap<>();
        private volatile int[] descending = NO_LENGTHS;

        void add(int length) {
            ranges.merge(length, 1, Integer::sum);
            publish();
        }

        void remove(int length) {
            ranges.computeIfPresent(length, (_, n) -> n == 1 ? null : n - 1);
            publish();
        }

        private void publish() {
            descending =
                    new TreeSet<>(ranges.keySet())
                            .descendingSet().stream().mapToInt(Integer::intValue).toArray();
        }
    }

    /// Adds a service, or replaces the one of the same name.
    void put(CidrVip vip, Service service) {
        var key = key(vip);
        boolean fresh = !services.containsKey(key);
        services.compute(key, (_, all) -> ServiceIndex.with(all, service));
        if (fresh) {
            lengths(key.bits).add(key.prefixLength);
        }
    }

    void remove(CidrVip vip, Service service) {
        var key = key(vip);
        if (services.containsKey(key)
                && services.compute(key, (_, all) -> ServiceIndex.without(all, service.key()))
                        == null) {
            lengths(key.bits).remove(key.prefixLength);
        }
    }

    /// The client's own namespace first, then the longest prefix.
    @Nullable Service best(NetworkAddress address, Client client) {
        Service longest = null;
        for (int length : lengths(bits(address.address())).descending) {
            var found = services.get(Key.of(address, length));
            var chosen = found == null ? null : client.best(found);
            if (chosen != null && client.owns(chosen)) {
                return chosen;
            }
            if (chosen != null && longest == null) {
                longest = chosen;
            }
        }
        return longest;
    }

    /// Everybody's, of the longest prefix.
    List<Service> longest(NetworkAddress address) {
        for (int length : lengths(bits(address.address())).descending) {
            var found = services.get(Key.of(address, length));
            if (found != null) {
                return found;
            }
        }
        return List.of();
    }

    boolean isEmpty() {
        return services.isEmpty() && v4.ranges.isEmpty() && v6.ranges.isEmpty();
    }

    private Lengths lengths(int bits) {
        return bits == 32 ? v4 : v6;
    }

    private static Key key(CidrVip vip) {
        var range = vip.range();
        return Key.of(new NetworkAddress(vip.network(), range.address()), range.prefixLength());
    }

    private static int bits(InetAddress address) {
        return address.getAddress().length * 8;
    }
}
