package dev.ambit.mesh.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.mesh.MeshView.Target;
import dev.ambit.mesh.model.Cidr;
import dev.ambit.mesh.model.NetworkAddress;
import dev.ambit.mesh.model.Service;
import dev.ambit.mesh.model.ServiceKey;
import dev.ambit.mesh.model.Workload;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class MeshStoreTest {
    private static final String HOST = "cart.ns.svc";

    private static InetAddress ip(String literal) {
        try {
            return InetAddress.getByName(literal);
        } catch (UnknownHostException bad) {
            throw new AssertionError(bad);
        }
    }

    private static NetworkAddress at(String literal) {
        return new NetworkAddress("", ip(literal));
    }

    private static Workload workload(String uid, String address, boolean healthy, String... hosts) {
        var services = new HashMap<ServiceKey, Map<Integer, Integer>>();
        for (var host : hosts) {
            services.put(new ServiceKey("ns", host), Map.of(80, 8080));
        }
        return new Workload(
                uid,
                uid,
                "ns",
                List.of(ip(address)),
                "",
                "",
                Workload.TunnelProtocol.HBONE,
                "cluster.local",
                "sa",
                Optional.empty(),
                Optional.empty(),
                "node-1",
                "",
                "",
                Workload.WorkloadType.POD,
                "",
                false,
                Optional.empty(),
                services,
                List.of(),
                healthy ? Workload.Health.HEALTHY : Workload.Health.UNHEALTHY,
                "Kubernetes",
                Workload.Locality.NONE,
                Workload.NetworkMode.STANDARD,
                1);
    }

    private static Service service(String namespace, String host, String vip, boolean allHealth) {
        return service(namespace, host, List.of(at(vip)), List.of(), allHealth);
    }

    private static Service service(
            String namespace,
            String host,
            List<NetworkAddress> vips,
            List<Service.CidrVip> ranges,
            boolean allHealth) {
        return new Service(
                new ServiceKey(namespace, host),
                host,
                vips,
                ranges,
                Map.of(80, 8080),
                List.of(),
                Optional.empty(),
                List.of(),
                allHealth
                        ? Optional.of(
                                new Service.LoadBalancing(
                                        List.of(),
                                        Service.LoadBalancing.Mode.UNSPECIFIED,
                                        Service.LoadBalancing.HealthPolicy.ALLOW_ALL))
                        : Optional.empty(),
                Service.IpFamilies.AUTOMATIC,
                false,
                Service.Visibility.PUBLIC);
    }

    private final MeshStore store = new MeshStore("node-1");

    private void put(Object... records) {
        var batch = new ArrayList<Change>();
        for (var record : records) {
            batch.add(
                    record instanceof Workload workload
                            ? new Change.PutWorkload(workload)
                            : new Change.PutService((Service) record));
        }
        store.apply(batch);
    }

    @Test
    void vip_comesBeforeWorkload_workloadBeforeRange() {
        var range =
                service(
                        "ns",
                        "range.ns",
                        List.of(),
                        List.of(new Service.CidrVip("", new Cidr(ip("10.0.0.0"), 8))),
                        false);
        put(range, workload("w", "10.0.0.1", true), service("ns", HOST, "10.0.0.2", false));

        assertThat(store.lookup(at("10.0.0.2"), "ns")).isInstanceOf(Target.OfService.class);
        assertThat(store.lookup(at("10.0.0.1"), "ns")).isInstanceOf(Target.OfWorkload.class);
        assertThat(store.lookup(at("10.9.9.9"), "ns")).isEqualTo(new Target.OfService(range));
        assertThat(store.lookup(at("11.0.0.1"), "ns")).isInstanceOf(Target.Unknown.class);
    }

    @Test
    void ranges_theLongestPrefixWins() {
        var wide =
                service(
                        "ns",
                        "wide",
                        List.of(),
                        List.of(new Service.CidrVip("", new Cidr(ip("10.0.0.0"), 8))),
                        false);
        var narrow =
                service(
                        "ns",
                        "narrow",
                        List.of(),
                        List.of(new Service.CidrVip("", new Cidr(ip("10.1.2.3"), 16))),
                        false);
        put(wide, narrow);

        assertThat(store.lookup(at("10.1.9.9"), "ns")).isEqualTo(new Target.OfService(narrow));
        assertThat(store.lookup(at("10.2.9.9"), "ns")).isEqualTo(new Target.OfService(wide));
        store.apply(List.of(new Change.RemoveAddress("ns/narrow")));
        assertThat(store.lookup(at("10.1.9.9"), "ns")).isEqualTo(new Target.OfService(wide));
    }

    @Test
    void hostname_theClientsNamespaceWins_andInvisibleOnesDoNotExist() {
        var own = service("ns", HOST, "10.1.0.1", false);
        var other = service("other", HOST, "10.1.0.2", false);
        var hidden = visibleInItsNamespace(service("secret", HOST, "10.1.0.3", false));
        put(own, other, hidden);

        assertThat(store.serviceNamed(HOST, "ns")).hasValue(own);
        assertThat(store.serviceNamed(HOST, "other")).hasValue(other);
        assertThat(store.serviceNamed(HOST, "secret")).hasValue(hidden);
        assertThat(store.serviceNamed(HOST, "third")).hasValue(own);
        assertThat(store.serviceNamed("x", "ns")).isEmpty();
        store.apply(
                List.of(
                        new Change.RemoveAddress("ns/" + HOST),
                        new Change.RemoveAddress("other/" + HOST)));
        assertThat(store.serviceNamed(HOST, "ns")).isEmpty();
        store.apply(List.of(new Change.RemoveAddress("secret/" + HOST)));
        assertThat(store.isEmpty()).isTrue();
    }

    @Test
    void servicesAt_areAllThatHaveTheAddress_elseTheLongestRanges() {
        var hidden = visibleInItsNamespace(service("ns", HOST, "10.1.0.1", false));
        var other = service("other", "x.other", "10.1.0.1", false);
        var range =
                service(
                        "ns",
                        "range",
                        List.of(),
                        List.of(new Service.CidrVip("", new Cidr(ip("10.0.0.0"), 8))),
                        false);
        put(hidden, other, range);

        assertThat(store.servicesAt(at("10.1.0.1"))).containsExactlyInAnyOrder(hidden, other);
        assertThat(store.servicesAt(at("10.1.0.2"))).containsExactly(range);
        assertThat(store.servicesAt(at("11.0.0.1"))).isEmpty();
    }

    private static Service visibleInItsNamespace(Service s) {
        return new Service(
                s.key(),
                s.name(),
                s.vips(),
                s.cidrVips(),
                s.ports(),
                s.subjectAltNames(),
                s.waypoint(),
                s.weightedWaypoints(),
                s.loadBalancing(),
                s.ipFamilies(),
                s.canonical(),
                Service.Visibility.NAMESPACE);
    }

    @Test
    void sharedVip_theClientsNamespaceWins_andRemovalRestoresTheOther() {
        var own = service("ns", HOST, "10.1.0.1", false);
        var other = service("other", "x.other", "10.1.0.1", false);
        var second = service("ns", "b.ns", "10.1.0.1", false);
        put(other, own, second);

        assertThat(store.lookup(at("10.1.0.1"), "other")).isEqualTo(new Target.OfService(other));
        assertThat(store.lookup(at("10.1.0.1"), "ns")).isEqualTo(new Target.OfService(second));
        store.apply(List.of(new Change.RemoveAddress("ns/b.ns")));
        assertThat(store.lookup(at("10.1.0.1"), "ns")).isEqualTo(new Target.OfService(own));
    }

    @Test
    void endpointsOfAServiceThatComesLater_areThere() {
        put(workload("w", "10.0.0.1", true, HOST));
        assertThat(store.endpoints(new ServiceKey("ns", HOST))).isEmpty();
        put(service("ns", HOST, "10.1.0.1", false));
        assertThat(store.endpoints(new ServiceKey("ns", HOST))).hasSize(1);
    }

    @Test
    void servicesByHost_areThoseOfAllNamespaces_inAnyCase() {
        var one = service("a", "Cart.Example.com", "10.1.0.1", false);
        var two = service("b", "cart.example.com", "10.1.0.2", false);
        put(two, one);

        assertThat(store.servicesByHost("cart.EXAMPLE.com")).containsExactly(one, two);
        store.apply(List.of(new Change.RemoveAddress("a/Cart.Example.com")));
        assertThat(store.servicesByHost("cart.example.com")).containsExactly(two);
        store.apply(List.of(new Change.RemoveAddress("b/cart.example.com")));
        assertThat(store.servicesByHost("cart.example.com")).isEmpty();
    }

    @Test
    void healthPolicyThatChanges_losesNoEndpoint() {
        put(workload("w", "10.0.0.1", false, HOST), service("ns", HOST, "10.1.0.1", false));
        assertThat(store.endpoints(new ServiceKey("ns", HOST))).isEmpty();
        put(service("ns", HOST, "10.1.0.1", true));
        assertThat(store.endpoints(new ServiceKey("ns", HOST))).hasSize(1);
    }

    @Test
    void addressOfTwoWorkloads_isThePods_andRemovalRestoresTheOther() {
        put(
                workload("Kubernetes//Pod/ns/w", "10.0.0.1", true),
                workload("Kubernetes/x/ServiceEntry/ns/e", "10.0.0.1", true));
        assertThat(store.workloadAt(at("10.0.0.1")).orElseThrow().uid()).contains("//Pod/");
        store.apply(List.of(new Change.RemoveAddress("Kubernetes//Pod/ns/w")));
        assertThat(store.workloadAt(at("10.0.0.1")).orElseThrow().uid()).contains("ServiceEntry");
    }

    @Test
    void replacedWorkload_leavesNothingOfTheOldOne() {
        put(workload("w", "10.0.0.1", true, HOST), service("ns", HOST, "10.1.0.1", false));
        put(workload("w", "10.0.0.2", true));

        assertThat(store.workloadAt(at("10.0.0.1"))).isEmpty();
        assertThat(store.workloadAt(at("10.0.0.2"))).isPresent();
        assertThat(store.endpoints(new ServiceKey("ns", HOST))).isEmpty();
    }

    /// Whatever the order, and however it is cut into batches, the end is the same; and when all is
    /// removed nothing is left.
    @Property(tries = 100)
    void order_changesNothing_andRemovalLeavesNoTrace(@ForAll long seed) {
        var random = new Random(seed);
        var records = new ArrayList<Change>();
        for (int i = 0; i < 12; i++) {
            records.add(
                    new Change.PutWorkload(
                            workload(
                                    "w" + i,
                                    "10.0.0." + (1 + random.nextInt(6)),
                                    random.nextBoolean(),
                                    "s" + random.nextInt(3),
                                    "t" + random.nextInt(3))));
        }
        for (int i = 0; i < 3; i++) {
            records.add(
                    new Change.PutService(
                            service("ns", "s" + i, "10.1.0." + random.nextInt(3), i == 0)));
        }
        var one = applied(records, random);
        var other = applied(records, random);

        for (int i = 0; i < 3; i++) {
            var key = new ServiceKey("ns", "s" + i);
            assertThat(one.endpoints(key))
                    .containsExactlyInAnyOrderElementsOf(other.endpoints(key));
            assertThat(one.lookup(at("10.1.0." + i), "ns"))
                    .isEqualTo(other.lookup(at("10.1.0." + i), "ns"));
        }
        var removals = new ArrayList<Change>();
        for (int i = 0; i < 12; i++) {
            removals.add(new Change.RemoveAddress("w" + i));
        }
        for (int i = 0; i < 3; i++) {
            removals.add(new Change.RemoveAddress("ns/s" + i));
        }
        Collections.shuffle(removals, random);
        one.apply(removals);
        assertThat(one.isEmpty()).isTrue();
    }

    private static MeshStore applied(List<Change> records, Random random) {
        var shuffled = new ArrayList<>(records);
        Collections.shuffle(shuffled, random);
        var store = new MeshStore("");
        int at = 0;
        while (at < shuffled.size()) {
            int next = Math.min(shuffled.size(), at + 1 + random.nextInt(4));
            store.apply(List.copyOf(shuffled.subList(at, next)));
            at = next;
        }
        return store;
    }
}
