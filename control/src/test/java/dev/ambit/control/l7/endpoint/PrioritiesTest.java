package dev.ambit.control.l7.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.control.compile.MeshModel.RemoteGateway;
import dev.ambit.control.l7.WaypointNode;
import dev.ambit.control.l7.endpoint.EndpointGroup.Member;
import dev.ambit.control.resource.traffic.LocalityLb;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Tables of what is preferred, and of how networks are crossed.
class PrioritiesTest {
    private static final Priorities HERE =
            new Priorities(
                    EndpointGroup.locality("eu/eu-1/rack-1"),
                    Map.of("topology.istio.io/network", "n1", "zone", "a", "host", "h1"));

    @ParameterizedTest
    @CsvSource({
        "eu/eu-1/rack-1, 0",
        "eu/eu-1/rack-2, 1",
        "eu/eu-2/rack-1, 2",
        "us/us-1/rack-1, 3",
    })
    void failover_byPlace_nearestFirst(String place, int rank) {
        var all = List.of("eu/eu-1/rack-1", "eu/eu-1/rack-2", "eu/eu-2/rack-1", "us/us-1/rack-1");
        var groups = all.stream().map(p -> group(p, Map.of())).toList();

        var ranked = HERE.apply(new Preference.Failover(List.of(), List.of()), groups, true);

        assertThat(ranked.get(all.indexOf(place)).priority()).isEqualTo(rank);
    }

    @Test
    void failover_gapsBetweenPlaces_closed() {
        var groups = List.of(group("us/us-1", Map.of()), group("eu/eu-2", Map.of()));

        assertThat(priorities(new Preference.Failover(List.of(), List.of()), groups))
                .containsExactly(1, 0);
    }

    @Test
    void failover_regionThatIsNotTheNext_lastOfAll() {
        var next = List.of(new LocalityLb.Failover("eu", "us"));
        var groups =
                List.of(
                        group("ap/ap-1", Map.of()),
                        group("us/us-1", Map.of()),
                        group("eu/eu-1", Map.of()));

        assertThat(priorities(new Preference.Failover(List.of(), next), groups))
                .containsExactly(2, 1, 0);
    }

    @Test
    void failover_byLabels_splitsGroups() {
        var group =
                new EndpointGroup(
                        EndpointGroup.locality("eu/eu-1"),
                        List.of(
                                member(Map.of("zone", "a", "host", "h2")),
                                member(Map.of("zone", "a", "host", "h1")),
                                member(Map.of("zone", "b", "host", "h1"))),
                        OptionalLong.of(3),
                        0);

        assertThat(
                        priorities(
                                new Preference.Failover(List.of("zone", "host"), List.of()),
                                List.of(group)))
                .containsExactly(0, 1, 2);
    }

    @Test
    void failover_anotherNetwork_worseThanAnythingOfThisOne() {
        var labels = List.of("topology.istio.io/network", "zone");
        var groups =
                List.of(
                        group("x", Map.of("topology.istio.io/network", "n2", "zone", "a")),
                        group("y", Map.of("topology.istio.io/network", "n1", "zone", "b")),
                        group("z", Map.of("topology.istio.io/network", "n1", "zone", "a")));

        assertThat(priorities(new Preference.Failover(labels, List.of()), groups))
                .containsExactly(2, 1, 0);
    }

    @Test
    void failover_valueInTheRule_insteadOfTheProxys() {
        var groups = List.of(group("x", Map.of("zone", "a")), group("y", Map.of("zone", "b")));

        assertThat(priorities(new Preference.Failover(List.of("zone=b"), List.of()), groups))
                .containsExactly(1, 0);
    }

    @Test
    void shares_placeThatIsNotNamed_hasNobody() {
        var share = new TreeMap<>(Map.of("eu/eu-1/*", 100));
        var shares = new Preference.Shares(List.of(new LocalityLb.Distribute("eu/*", share)));
        var groups = List.of(group("eu/eu-1", Map.of()), group("us/us-1", Map.of()));

        var result = HERE.apply(shares, groups, true);

        assertThat(result.get(0).weight()).hasValue(100);
        assertThat(result.get(0).members()).hasSize(1);
        assertThat(result.get(1).members()).isEmpty();
    }

    @Test
    void shares_ofAnotherPlace_haveNoEffect() {
        var share = new TreeMap<>(Map.of("eu/eu-1/*", 100));
        var shares = new Preference.Shares(List.of(new LocalityLb.Distribute("us/*", share)));
        var groups = List.of(group("eu/eu-1", Map.of()));

        assertThat(HERE.apply(shares, groups, true)).isEqualTo(groups);
    }

    @ParameterizedTest
    @CsvSource({
        // network of the proxy, of the endpoint, crossing allowed, way
        "n1, n1, true, Direct",
        "n1, '', true, Direct",
        "n1, n2, true, Through",
        "n1, n2, false, Unreachable",
        "n1, n3, true, Unreachable",
        "'', n2, true, Through",
        "'', n3, true, Direct",
    })
    void networks_fromAndTo_way(String own, String other, boolean crosses, String way) {
        var gateways = List.of(new RemoteGateway("n2", "two", "203.0.113.2", 15008));
        var split = new NetworkSplit(gateways, node(own, "10.0.0.1"), true, crosses);

        assertThat(split.to(other, "two").getClass().getSimpleName()).isEqualTo(way);
    }

    @Test
    void networks_gatewayOfAnotherFamily_unreachable() {
        var gateways = List.of(new RemoteGateway("n2", "two", "2001:db8::2", 15008));
        var split = new NetworkSplit(gateways, node("n1", "10.0.0.1"), true, true);

        assertThat(split.to("n2", "two")).isInstanceOf(NetworkSplit.Unreachable.class);
    }

    @Test
    void networks_severalGateways_thoseOfTheClusterFirstAndWeightsDivisible() {
        var gateways =
                List.of(
                        new RemoteGateway("n2", "two", "203.0.113.2", 15008),
                        new RemoteGateway("n2", "two", "203.0.113.3", 15008),
                        new RemoteGateway("n2", "three", "203.0.113.4", 15008));
        var split = new NetworkSplit(gateways, node("n1", "10.0.0.1"), true, true);

        assertThat(split.to("n2", "three"))
                .isEqualTo(new NetworkSplit.Through(gateways.subList(2, 3)));
        assertThat(split.to("n2", "four")).isEqualTo(new NetworkSplit.Through(gateways));
        assertThat(split.scale()).isEqualTo(6);
    }

    private static WaypointNode node(String network, String ip) {
        return new WaypointNode(
                "",
                "shop",
                "wp",
                false,
                "wp",
                List.of(ip),
                "Kubernetes",
                network,
                "",
                "",
                "",
                Map.of(),
                Map.of(),
                com.google.protobuf.Struct.getDefaultInstance());
    }

    private static List<Integer> priorities(Preference preference, List<EndpointGroup> groups) {
        return HERE.apply(preference, groups, true).stream().map(EndpointGroup::priority).toList();
    }

    private static EndpointGroup group(String place, Map<String, String> labels) {
        return new EndpointGroup(
                EndpointGroup.locality(place), members(labels), OptionalLong.of(1), 0);
    }

    private static List<Member> members(Map<String, String> labels) {
        return Arrays.asList(member(labels));
    }

    private static Member member(Map<String, String> labels) {
        return new Member(
                labels, LbEndpoint.newBuilder().setLoadBalancingWeight(Weights.wire(1)).build());
    }
}
