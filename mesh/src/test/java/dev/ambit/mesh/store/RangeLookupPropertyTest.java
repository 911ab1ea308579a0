package dev.ambit.mesh.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.mesh.MeshView.Target;
import dev.ambit.mesh.Records;
import dev.ambit.mesh.model.NetworkAddress;
import dev.ambit.mesh.model.Service;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/// The index of ranges against going through all of them.
class RangeLookupPropertyTest {
    private static final List<String> NAMESPACES = List.of("ns-a", "ns-b", "ns-c");

    @Property(tries = 200)
    void index_answersAsALinearSearch_throughAnyUpdates(@ForAll long seed) {
        var random = new Random(seed);
        var store = new MeshStore("");
        Map<String, Service> model = new HashMap<>();
        for (int step = 0; step < 40; step++) {
            if (random.nextInt(4) == 0 && !model.isEmpty()) {
                var gone = List.copyOf(model.keySet()).get(random.nextInt(model.size()));
                model.remove(gone);
                store.apply(List.of(new Change.RemoveAddress(gone)));
            } else {
                var service = service(random);
                model.put(service.key().toString(), service);
                store.apply(List.of(new Change.PutService(service)));
            }
            var asked = new NetworkAddress(network(random), address(random));
            var client = NAMESPACES.get(random.nextInt(NAMESPACES.size()));

            assertThat(store.lookup(asked, client)).isEqualTo(linear(model, asked, client));
        }
        model.keySet().forEach(name -> store.apply(List.of(new Change.RemoveAddress(name))));
        assertThat(store.isEmpty()).isTrue();
    }

    private static Target linear(Map<String, Service> model, NetworkAddress asked, String client) {
        Comparator<Service> order =
                Comparator.comparing((Service s) -> !s.key().namespace().equals(client))
                        .thenComparing(s -> -longest(s, asked))
                        .thenComparing(s -> !s.canonical())
                        .thenComparing(s -> s.key().toString());
        Optional<Service> best =
                model.values().stream()
                        .filter(s -> longest(s, asked) >= 0)
                        .filter(s ->
                                s.visibility() == Service.Visibility.PUBLIC
                                        || s.key().namespace().equals(client))
                        .min(order);
        return best.<Target>map(Target.OfService::new).orElse(new Target.Unknown());
    }

    private static int longest(Service service, NetworkAddress asked) {
        return service.cidrVips().stream()
                .filter(vip -> vip.network().equals(asked.network()))
                .filter(vip -> vip.range().contains(asked.address()))
                .mapToInt(vip -> vip.range().prefixLength())
                .max()
                .orElse(-1);
    }

    private static Service service(Random random) {
        var builder =
                Records.service(
                        NAMESPACES.get(random.nextInt(NAMESPACES.size())), "s" + random.nextInt(4));
        for (int i = random.nextInt(4); i >= 0; i--) {
            var base = address(random);
            int length = random.nextInt(base.getAddress().length * 8 + 1);
            builder.range(network(random), base.getHostAddress() + "/" + length);
        }
        if (random.nextBoolean()) {
            builder.canonical();
        }
        if (random.nextInt(3) == 0) {
            builder.ownNamespaceOnly();
        }
        return builder.build();
    }

    private static String network(Random random) {
        return random.nextInt(5) == 0 ? "far" : "";
    }

    /// Few different bits, so that ranges overlap.
    private static InetAddress address(Random random) {
        var bytes = new byte[random.nextBoolean() ? 4 : 16];
        bytes[0] = (byte) (random.nextBoolean() ? 0xfd : 10);
        for (int i = 1; i < bytes.length; i++) {
            bytes[i] = (byte) (random.nextInt(8) == 0 ? 1 << random.nextInt(8) : 0);
        }
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException impossible) {
            throw new AssertionError(impossible);
        }
    }
}
