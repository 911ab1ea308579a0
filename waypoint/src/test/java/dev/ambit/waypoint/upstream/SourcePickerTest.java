package dev.ambit.waypoint.upstream;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SourcePickerTest {
    private static final SharedConfig FLAT = Samples.shared(0, false);
    private final ManualControl control = new ManualControl();

    @Test
    void roundRobin_equalWeights_takesEachInTurn() {
        var picks = picks(Samples.flat(4), Samples.roundRobin(), FLAT, 400);
        assertThat(picks.values()).containsOnly(100).hasSize(4);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void weights_differ_areMetExactly(boolean roundRobin) {
        var set = weighted(1, 2, 5);
        var balancer = roundRobin ? Samples.roundRobin() : Samples.leastRequest();
        var picks = picks(set, balancer, FLAT, 800);
        assertThat(picks)
                .isEqualTo(Map.of("10.0.0.1:80", 100, "10.0.0.2:80", 200, "10.0.0.3:80", 500));
    }

    @Test
    void leastRequest_weightsDiffer_loadTakesAwayFromWeight() {
        var set = weighted(1, 3);
        var state = state(set, Samples.leastRequest(), FLAT);
        var busy = state.priorities().getFirst().all()[1];
        for (int i = 0; i < 2; i++) {
            busy.requestStarted();
        }
        // 3 / (2 + 1) is as much as 1 / (0 + 1).
        var picks = picks(state, 1000);
        assertThat(picks.get("10.0.0.1:80")).isCloseTo(500, within(5));
    }

    @Test
    void leastRequest_twoChoices_avoidsTheBusiest() {
        var state = state(Samples.flat(3), Samples.leastRequest(), FLAT);
        var hosts = state.priorities().getFirst().all();
        for (int i = 0; i < 5; i++) {
            hosts[0].requestStarted();
        }
        var picks = picks(state, 9000);
        // Only when it is drawn twice: one in nine.
        assertThat(picks.get("10.0.0.1:80")).isCloseTo(1000, within(150));
    }

    @Test
    void random_hosts_getAboutTheSame() {
        var picks = picks(Samples.flat(4), new BalancerConfig.Random(), FLAT, 8000);
        assertThat(picks.values()).allSatisfy(n -> assertThat(n).isCloseTo(2000, within(200)));
    }

    @Test
    void localities_weighted_shareByWeightAndHealth() {
        var up = Endpoint.Health.HEALTHY;
        var down = Endpoint.Health.UNHEALTHY;
        var set =
                Samples.set(
                        Samples.group(0, 1, Samples.endpoint("10.0.0.1", 80, up, 1)),
                        Samples.group(
                                0,
                                2,
                                Samples.endpoint("10.0.0.2", 80, up, 1),
                                Samples.endpoint("10.0.0.3", 80, down, 1)),
                        Samples.group(0, 0, Samples.endpoint("10.0.0.4", 80, up, 1)),
                        Samples.group(0, 5));
        var picks = picks(set, Samples.roundRobin(), Samples.shared(0, true), 2400);
        // The second locality has half its hosts: 2 * 1.4 * 0.5 = 1.4 against 1.
        assertThat(picks.keySet()).containsExactlyInAnyOrder("10.0.0.1:80", "10.0.0.2:80");
        assertThat(picks.get("10.0.0.2:80")).isCloseTo(1400, within(3));
    }

    @Test
    void localities_notWeighted_hostsShareAlike() {
        var set =
                Samples.set(
                        Samples.group(0, 1, Samples.endpoint("10.0.0.1")),
                        Samples.group(
                                0, 9, Samples.endpoint("10.0.0.2"), Samples.endpoint("10.0.0.3")));
        assertThat(picks(set, Samples.roundRobin(), FLAT, 300).values()).containsOnly(100);
    }

    @Test
    void nothingHealthy_noPanic_isNothing() {
        var set =
                Samples.set(
                        Samples.group(
                                0,
                                1,
                                Samples.endpoint("10.0.0.1", 80, Endpoint.Health.DRAINING, 1)));
        assertThat(picker(state(set, Samples.roundRobin(), FLAT)).pick(Samples.request())).isNull();
    }

    @Test
    void nothingHealthy_panic_isAny() {
        var set =
                Samples.set(
                        Samples.group(
                                0,
                                1,
                                Samples.endpoint("10.0.0.1", 80, Endpoint.Health.UNHEALTHY, 1),
                                Samples.endpoint("10.0.0.2", 80, Endpoint.Health.UNHEALTHY, 1)));
        assertThat(picks(set, Samples.roundRobin(), Samples.shared(50, false), 10).values())
                .containsOnly(5);
        var failing = new SharedConfig(50, false, true, false);
        assertThat(picker(state(set, Samples.roundRobin(), failing)).pick(Samples.request()))
                .isNull();
    }

    @Test
    void degraded_onlyWhenHealthyAreTooFew() {
        var set =
                Samples.set(
                        Samples.group(
                                0,
                                1,
                                Samples.endpoint("10.0.0.1", 80, Endpoint.Health.HEALTHY, 1),
                                Samples.endpoint("10.0.0.2", 80, Endpoint.Health.DEGRADED, 1)));
        var picks = picks(set, Samples.roundRobin(), FLAT, 10_000);
        assertThat(picks.get("10.0.0.2:80")).isCloseTo(3000, within(200));
    }

    @Test
    void triedHosts_areAvoidedAsLongAsPicksLast() {
        var state = state(Samples.flat(2), Samples.roundRobin(), FLAT);
        var hosts = state.priorities().getFirst().all();
        var picker = picker(state);
        for (int i = 0; i < 20; i++) {
            var again = Samples.request(OptionalLong.empty(), List.of(hosts[0]), List.of(), 1);
            assertThat(picker.pick(again)).isSameAs(hosts[1]);
        }
        var all = Samples.request(OptionalLong.empty(), List.of(hosts), List.of(), 3);
        assertThat(picker.pick(all)).isNotNull();
    }

    @Test
    void triedPriorities_areAvoided() {
        var set =
                Samples.set(
                        Samples.group(0, 1, Samples.endpoint("10.0.0.1")),
                        Samples.group(1, 1, Samples.endpoint("10.0.1.1")));
        var picker = picker(state(set, Samples.roundRobin(), FLAT));
        for (int i = 0; i < 20; i++) {
            var host = picker.pick(Samples.request(OptionalLong.empty(), List.of(), List.of(0), 0));
            assertThat(host).isNotNull().extracting(Host::address).isEqualTo("10.0.1.1:80");
        }
    }

    @Test
    void slowStart_newHost_getsItsShareOverTime() {
        var slow = new BalancerConfig.SlowStart(Duration.ofSeconds(100), 1, 0.1);
        var state = state(Samples.flat(2), new BalancerConfig.RoundRobin(Optional.of(slow)), FLAT);
        var hosts = state.priorities().getFirst().all();
        hosts[0].healthySinceNanos(control.nanoTime() - Duration.ofSeconds(1000).toNanos());
        assertThat(share(state, hosts[1])).isCloseTo(0.1 / 1.1, within(0.01));
        control.advance(Duration.ofSeconds(50));
        assertThat(share(state, hosts[1])).isCloseTo(0.5 / 1.5, within(0.01));
        control.advance(Duration.ofSeconds(51));
        assertThat(share(state, hosts[1])).isCloseTo(0.5, within(0.001));
    }

    @Test
    void slowStart_aggression_bendsTheCurve() {
        var slow = new BalancerConfig.SlowStart(Duration.ofSeconds(100), 2, 0.1);
        var state = state(Samples.flat(2), new BalancerConfig.RoundRobin(Optional.of(slow)), FLAT);
        var hosts = state.priorities().getFirst().all();
        hosts[0].healthySinceNanos(control.nanoTime() - Duration.ofSeconds(1000).toNanos());
        control.advance(Duration.ofSeconds(25));
        // The root of a quarter.
        assertThat(share(state, hosts[1])).isCloseTo(0.5 / 1.5, within(0.01));
    }

    private double share(ClusterState state, Host host) {
        return picks(state, 2000).getOrDefault(host.address(), 0) / 2000.0;
    }

    private static EndpointSet weighted(int... weights) {
        var all = new Endpoint[weights.length];
        for (int i = 0; i < weights.length; i++) {
            all[i] = Samples.endpoint("10.0.0." + (i + 1), 80, Endpoint.Health.HEALTHY, weights[i]);
        }
        return Samples.set(Samples.group(0, 1, all));
    }

    private ClusterState state(EndpointSet set, BalancerConfig balancer, SharedConfig shared) {
        return Samples.state(Samples.cluster(set, balancer, shared), set, control);
    }

    private Picker picker(ClusterState state) {
        return Picker.of(state, new SplittableRandom(42), control::nanoTime);
    }

    private Map<String, Integer> picks(
            EndpointSet set, BalancerConfig balancer, SharedConfig shared, int count) {
        return picks(state(set, balancer, shared), count);
    }

    private Map<String, Integer> picks(ClusterState state, int count) {
        var picker = picker(state);
        var counts = new TreeMap<String, Integer>();
        for (int i = 0; i < count; i++) {
            var host = requireNonNull(picker.pick(Samples.request()));
            counts.merge(host.address(), 1, Integer::sum);
        }
        return counts;
    }
}
