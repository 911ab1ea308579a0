package dev.ambit.mesh.store;

import dev.ambit.mesh.model.Cidr;
import dev.ambit.mesh.model.NetworkAddress;
import dev.ambit.mesh.model.Service;
import dev.ambit.mesh.model.Service.CidrVip;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Services by address range, longest prefix first: one hash lookup for each prefix length that is
/// in use, whatever the number of ranges.
final class CidrIndex {
    private record Key(String network, InetAddress base, int prefixLength) {}

    private final Map<Key, List<Service>> services = new ConcurrentHashMap<>();
    private final Map<Integer, Integer> uses = new HashMap<>();
    private volatile int[] lengths = new int[0];

    void add(CidrVip vip, Service service) {
        services.merge(
                key(vip),
                List.of(service),
                (a, b) -> {
                    var all = new ArrayList<>(a);
                    all.addAll(b);
                    return List.copyOf(all);
                });
        uses.merge(vip.range().prefixLength(), 1, Integer::sum);
        lengths = descending();
    }

    void remove(CidrVip vip, Service service) {
        services.computeIfPresent(
                key(vip),
                (_, all) -> {
                    var rest = new ArrayList<>(all);
                    rest.remove(service);
                    return rest.isEmpty() ? null : List.copyOf(rest);
                });
        uses.computeIfPresent(vip.range().prefixLength(), (_, n) -> n == 1 ? null : n - 1);
        lengths = descending();
    }

    private int[] descending() {
        return new TreeSet<>(uses.keySet())
                .descendingSet().stream().mapToInt(Integer::intValue).toArray();
    }

    /// @param choose among the services of one range; null: none of them will do
    @Nullable Service longestMatch(
            NetworkAddress address, Function<List<Service>, @Nullable Service> choose) {
        int most = MeshStore.bits(address.address());
        for (int length : lengths) {
            if (length > most) {
                continue;
            }
            var base = masked(address.address(), length);
            var found = services.get(new Key(address.network(), base, length));
            if (found != null) {
                var chosen = choose.apply(found);
                if (chosen != null) {
                    return chosen;
                }
            }
        }
        return null;
    }

    boolean isEmpty() {
        return services.isEmpty() && uses.isEmpty();
    }

    private static Key key(CidrVip vip) {
        Cidr range = vip.range();
        return new Key(
                vip.network(), masked(range.address(), range.prefixLength()), range.prefixLength());
    }

    private static InetAddress masked(InetAddress address, int length) {
        var bytes = address.getAddress();
        for (int i = 0; i < bytes.length; i++) {
            int kept = Math.clamp(length - 8L * i, 0, 8);
            bytes[i] &= (byte) (0xff << (8 - kept));
        }
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException impossible) {
            throw new AssertionError("4 or 16 bytes", impossible);
        }
    }
}
