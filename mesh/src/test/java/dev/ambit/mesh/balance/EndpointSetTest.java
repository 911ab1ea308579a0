package dev.ambit.mesh.balance;

import static dev.ambit.mesh.Records.byAddress;
import static dev.ambit.mesh.Records.pod;
import static dev.ambit.mesh.Records.put;
import static dev.ambit.mesh.Records.service;
import static dev.ambit.mesh.Records.store;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.mesh.Records;
import dev.ambit.mesh.model.Service;
import dev.ambit.mesh.model.Service.LoadBalancing.HealthPolicy;
import dev.ambit.mesh.model.Service.LoadBalancing.Mode;
import dev.ambit.mesh.model.Service.LoadBalancing.Scope;
import dev.ambit.mesh.model.Workload;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EndpointSetTest {
    private static final HealthPolicy HEALTHY = HealthPolicy.ONLY_HEALTHY;

    private static List<String> names(EndpointTable table) {
        return table.upstreams().stream().map(u -> u.workload().name()).sorted().toList();
    }

    private static Vantage from(String network, String region, String zone) {
        return new Vantage(
                network, "Kubernetes", "node-1", new Workload.Locality(region, zone, ""));
    }

    private static EndpointSet localities(Mode mode, Scope... scopes) {
        var service = service("ns", "s").vip("10.0.0.1").balancing(mode, HEALTHY, scopes).build();
        return store(
                        service,
                        pod("nowhere").network("network").ip("10.1.0.1").behind(service).build(),
                        pod("match")
                                .network("network")
                                .ip("10.1.0.2")
                                .in("reg", "zone", "")
                                .behind(service)
                                .build(),
                        pod("almost")
                                .network("network")
                                .ip("10.1.0.3")
                                .in("reg", "not-zone", "")
                                .behind(service)
                                .build(),
                        pod("other")
                                .network("other")
                                .ip("10.1.0.5")
                                .in("reg", "zone", "")
                                .behind(service)
                                .build(),
                        pod("no-address")
                                .network("network")
                                .in("reg", "zone", "")
                                .behind(service)
                                .build())
                .endpointSet(service.key());
    }

    @ParameterizedTest(name = "{0} from network {1}, region {2}, zone {3}")
    @CsvSource(
            value = {
                "STRICT, '', '', '', ''",
                "STRICT, network, reg, zone, match",
                "STRICT, other, reg, zone, other",
                "STRICT, other, reg, elsewhere, ''",
                "FAILOVER, none, none, none, almost match nowhere other",
                "FAILOVER, network, reg, zone, match",
                "FAILOVER, network, reg, '', almost match",
                "FAILOVER, network, none, none, almost match nowhere",
                "FAILOVER, none, reg, zone, match other",
                "FAILOVER, none, reg, none, almost match other",
                "UNSPECIFIED, network, reg, zone, almost match nowhere other",
                "PASSTHROUGH, network, reg, zone, match",
            })
    void networkRegionZone(Mode mode, String network, String region, String zone, String expected) {
        var set = localities(mode, Scope.NETWORK, Scope.REGION, Scope.ZONE);

        assertThat(
                        String.join(
                                " ",
                                names(set.table(from(network, region, zone), 80, Purpose.SERVICE))))
                .isEqualTo(expected);
    }

    /// One endpoint shares nothing with the client; the other shares just what the scope looks at.
    @ParameterizedTest
    @CsvSource({"REGION", "ZONE", "SUBZONE", "NODE", "CLUSTER", "NETWORK"})
    void eachScope_comparesItsOwnFieldOnly(Scope scope) {
        for (var mode : List.of(Mode.STRICT, Mode.FAILOVER)) {
            var service = service("ns", "s").balancing(mode, HEALTHY, scope).build();
            var near = pod("near").ip("10.1.0.1").behind(service);
            near =
                    switch (scope) {
                        case REGION -> near.in("r", "-", "-").node("-").cluster("-").network("-");
                        case ZONE -> near.in("-", "z", "-").node("-").cluster("-").network("-");
                        case SUBZONE -> near.in("-", "-", "s").node("-").cluster("-").network("-");
                        case NODE -> near.in("-", "-", "-").node("n").cluster("-").network("-");
                        case CLUSTER -> near.in("-", "-", "-").node("-").cluster("c").network("-");
                        case NETWORK -> near.in("-", "-", "-").node("-").cluster("-").network("w");
                    };
            var far = pod("far").ip("10.1.0.2").behind(service).in("-", "-", "-");
            var set =
                    store(service, near.build(), far.node("-").cluster("-").network("-").build())
                            .endpointSet(service.key());
            var from = new Vantage("w", "c", "n", new Workload.Locality("r", "z", "s"));

            assertThat(names(set.table(from, 80, Purpose.SERVICE))).containsExactly("near");
        }
    }

    /// The walk ends at the first mismatch: the same zone name in another region is not near.
    @Test
    void sameZoneOfAnotherRegion_isNotNearer() {
        var service =
                service("ns", "s")
                        .balancing(Mode.FAILOVER, HEALTHY, Scope.REGION, Scope.ZONE)
                        .build();
        var set =
                store(
                                service,
                                pod("a").ip("10.1.0.1").in("r2", "z1", "").behind(service).build(),
                                pod("b").ip("10.1.0.2").in("r1", "z2", "").behind(service).build())
                        .endpointSet(service.key());

        assertThat(names(set.table(from("", "r1", "z1"), 80, Purpose.SERVICE)))
                .containsExactly("b");
    }

    /// A network that isn't first is one scope among others.
    @Test
    void networkThatIsNotFirst_endsTheWalkLikeAnyOther() {
        var service =
                service("ns", "s")
                        .balancing(Mode.FAILOVER, HEALTHY, Scope.REGION, Scope.NETWORK, Scope.ZONE)
                        .build();
        var set =
                store(
                                service,
                                pod("a").ip("10.1.0.1")
                                        .network("far")
                                        .in("r", "z", "")
                                        .behind(service)
                                        .build(),
                                pod("b").ip("10.1.0.2").in("r", "x", "").behind(service).build())
                        .endpointSet(service.key());

        assertThat(names(set.table(from("", "r", "z"), 80, Purpose.SERVICE))).containsExactly("b");
    }

    @Test
    void failover_passesOverThoseWithoutWeight() {
        var service = service("ns", "s").balancing(Mode.FAILOVER, HEALTHY, Scope.REGION).build();
        var set =
                store(
                                service,
                                pod("near")
                                        .ip("10.1.0.1")
                                        .in("r", "", "")
                                        .capacity(0)
                                        .behind(service)
                                        .build(),
                                pod("far").ip("10.1.0.2").behind(service).build())
                        .endpointSet(service.key());

        assertThat(names(set.table(from("", "r", ""), 80, Purpose.SERVICE))).containsExactly("far");
    }

    /// The columns: what the service says of port 80, what the endpoint says (- nothing), its
    /// application tunnel's port (- no tunnel, 0 as dialled), the purpose; the port that is
    /// dialled.
    @ParameterizedTest(name = "service {0}, endpoint {1}, tunnel {2}, {3}: {4}")
    @CsvSource({
        "0, 9090, -, SERVICE, 9090",
        "8080, -, -, SERVICE, 8080",
        "8080, 9090, -, SERVICE, 9090",
        "0, -, -, SERVICE, none",
        "-, 9090, -, SERVICE, none",
        "0, -, 15088, SERVICE, none",
        "0, -, 15088, WAYPOINT, 80",
        "-, -, 15088, WAYPOINT, 80",
        "-, -, 0, WAYPOINT, none",
        "-, 9090, 0, WAYPOINT, 9090",
        "-, 9090, -, WAYPOINT, none",
        "8080, -, 15088, WAYPOINT, 8080",
        "8080, -, -, WAYPOINT, 8080",
    })
    void port_isTheEndpointsOwn_elseTheServices_elseTheTunnelTakesAny(
            String shared, String own, String tunnel, Purpose purpose, String expected) {
        Service service = service("ns", "s").ports(ports(shared)).build();
        var endpoint = pod("e").ip("10.1.0.1").behind(service, ports(own));
        if (!tunnel.equals("-")) {
            endpoint.tunnel(Integer.parseInt(tunnel));
        }
        var table =
                store(service, endpoint.build())
                        .endpointSet(service.key())
                        .table(from("", "", ""), 80, purpose);

        assertThat(
                        table.upstreams().isEmpty()
                                ? "none"
                                : Integer.toString(table.upstreams().getFirst().port()))
                .isEqualTo(expected);
    }

    private static Map<Integer, Integer> ports(String target) {
        return target.equals("-") ? Map.of() : Map.of(80, Integer.parseInt(target));
    }

    /// Whether an endpoint without an address may be chosen.
    @ParameterizedTest(name = "hostname {0}, network {1}, gateway {2}")
    @CsvSource({
        "'', '', false, false",
        "'', far, false, false",
        "'', far, true, true",
        // The gateway is told to clients of its own network too; to them it is no way in.
        "'', '', true, false",
        "ext.example.com, '', false, true",
        "ext.example.com, far, true, true",
    })
    void endpointWithoutAnAddress(
            String hostname, String network, boolean gateway, boolean chosen) {
        var service = service("ns", "s").build();
        var endpoint = pod("e").hostname(hostname).network(network).behind(service);
        if (gateway) {
            endpoint.gateway(byAddress("172.16.0.1"));
        }
        var table =
                store(service, endpoint.build())
                        .endpointSet(service.key())
                        .table(from("", "", ""), 80, Purpose.SERVICE);

        assertThat(table.upstreams()).hasSize(chosen ? 1 : 0);
    }

    @Test
    void allowAll_bringsBackThoseThatWereLeftOut() {
        var service = service("ns", "s").build();
        var mesh = store(service, pod("ill").ip("10.1.0.1").unhealthy().behind(service).build());
        assertThat(mesh.endpoints(service.key())).isEmpty();

        put(mesh, service("ns", "s").balancing(Mode.UNSPECIFIED, HealthPolicy.ALLOW_ALL).build());
        assertThat(mesh.endpoints(service.key())).hasSize(1);

        put(mesh, service("ns", "s").balancing(Mode.UNSPECIFIED, HEALTHY).build());
        assertThat(mesh.endpoints(service.key())).isEmpty();
    }

    @Test
    void workloadThatTurnsUnhealthy_isLeftOut_andComesBack() {
        var service = service("ns", "s").build();
        var mesh = store(service, pod("w").ip("10.1.0.1").behind(service).build());
        put(mesh, pod("w").ip("10.1.0.1").unhealthy().behind(service).build());
        assertThat(mesh.endpoints(service.key())).isEmpty();

        put(mesh, pod("w").ip("10.1.0.1").behind(service, Map.of(80, 9090)).build());
        assertThat(mesh.endpoints(service.key()).getFirst().ports()).isEqualTo(Map.of(80, 9090));
    }

    @Test
    void table_isWorkedOutOncePerPlace_untilTheStateChanges() {
        var service = service("ns", "s").build();
        var mesh = store(service, pod("w").ip("10.1.0.1").behind(service).build());
        var before = mesh.endpointSet(service.key());
        var table = before.table(from("", "r", "z"), 80, Purpose.SERVICE);

        assertThat(before.table(from("", "r", "z"), 80, Purpose.SERVICE)).isSameAs(table);
        put(mesh, pod("x").ip("10.1.0.2").behind(service).build());
        assertThat(
                        names(
                                mesh.endpointSet(service.key())
                                        .table(from("", "r", "z"), 80, Purpose.SERVICE)))
                .containsExactly("w", "x");
    }

    @Test
    void placesBeyondTheLimit_areAnsweredAndNotRemembered() {
        var service = service("ns", "s").build();
        var endpoints =
                store(service, pod("w").ip("10.1.0.1").behind(service).build())
                        .endpoints(service.key());
        var set = EndpointSet.of(service, endpoints, 1);
        var first = set.table(from("", "r1", ""), 80, Purpose.SERVICE);
        var second = set.table(from("", "r2", ""), 80, Purpose.SERVICE);

        assertThat(names(second)).containsExactly("w");
        assertThat(set.table(from("", "r1", ""), 80, Purpose.SERVICE)).isSameAs(first);
        assertThat(set.table(from("", "r2", ""), 80, Purpose.SERVICE)).isNotSameAs(second);
    }

    /// Each is drawn in proportion to its weight, those without weight never.
    @Property(tries = 20)
    void draws_followTheWeights(
            @ForAll @Size(min = 1, max = 6) List<@IntRange(max = 5) Integer> weights) {
        var service = service("ns", "s").build();
        var records = new Object[weights.size() + 1];
        records[0] = service;
        for (int i = 0; i < weights.size(); i++) {
            records[i + 1] =
                    pod("w" + i)
                            .ip("10.1.0." + (i + 1))
                            .capacity(weights.get(i))
                            .behind(service)
                            .build();
        }
        var table =
                Records.store(records)
                        .endpointSet(service.key())
                        .table(from("", "", ""), 80, Purpose.SERVICE);
        int total = weights.stream().mapToInt(Integer::intValue).sum();
        var random = new SplittableRandom(7);
        if (total == 0) {
            assertThat(table.pick(random)).isEmpty();
            return;
        }
        var counts = new HashMap<String, Integer>();
        int draws = 4000;
        for (int i = 0; i < draws; i++) {
            counts.merge(table.pick(random).orElseThrow().workload().name(), 1, Integer::sum);
        }
        for (int i = 0; i < weights.size(); i++) {
            double share = counts.getOrDefault("w" + i, 0) / (double) draws;
            assertThat(share)
                    .as("w%d of %s", i, Arrays.toString(weights.toArray()))
                    .isBetween(
                            weights.get(i) == 0 ? 0 : weights.get(i) / (double) total - 0.05,
                            weights.get(i) == 0 ? 0 : weights.get(i) / (double) total + 0.05);
        }
    }
}
