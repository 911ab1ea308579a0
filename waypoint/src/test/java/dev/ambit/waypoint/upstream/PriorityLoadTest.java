package dev.ambit.waypoint.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PriorityLoadTest {
    private final ManualControl control = new ManualControl();

    /// Per priority: healthy/degraded/unhealthy hosts. The first rows are the tables of Envoy's
    /// documentation on priority levels and panic.
    @ParameterizedTest
    @CsvSource(
            textBlock =
                    """
                    100/0/0 100/0/0,         50, 100 0,    0 0,   false false
                    72/0/28 100/0/0,         50, 100 0,    0 0,   false false
                    71/0/29 100/0/0,         50, 99 1,     0 0,   false false
                    50/0/50 100/0/0,         50, 70 30,    0 0,   false false
                    25/0/75 100/0/0,         50, 35 65,    0 0,   false false
                    0/0/100 100/0/0,         50, 0 100,    0 0,   false false
                    25/0/75 25/0/75,         50, 50 50,    0 0,   true true
                    5/0/95 65/0/35,          50, 8 92,     0 0,   true false
                    0/0/100 0/0/100,         50, 50 50,    0 0,   true true
                    0/0/100 0/0/300,         50, 25 75,    0 0,   true true
                    0/0/100 0/0/100,         0,  100 0,    0 0,   false false
                    0/0/0 0/0/0,             50, 100 0,    0 0,   true true
                    100/0/0 0/0/0 100/0/0,   50, 100 0 0,  0 0 0, false false false
                    20/0/80 20/0/80 0/0/100, 0,  50 50 0,  0 0 0, false false false
                    20/0/80 20/0/80 20/0/80, 0,  34 33 33, 0 0 0, false false false
                    0/100/0 0/0/100,         50, 0 0,      100 0, false false
                    50/50/0 0/0/100,         50, 70 0,     30 0,  false false
                    1/2/7 2/1/7 1/0/9,       50, 34 33 33, 0 0 0, true true true
                    """)
    void load_ofHealth_isAsEnvoys(
            String hosts, int panic, String healthy, String degraded, String panics) {
        var load = load(hosts, panic);
        assertThat(text(load.healthy())).isEqualTo(healthy);
        assertThat(text(load.degraded())).isEqualTo(degraded);
        assertThat(text(load.panic())).isEqualTo(panics);
    }

    @Test
    void load_ofDegraded_isSharedAsEnvoysExample() {
        var availability =
                new PriorityLoad.Availability(new int[] {10, 20, 10}, new int[] {20, 10, 0});
        var load = PriorityLoad.share(availability);
        assertThat(load.healthy()).containsExactly(16, 28, 14);
        assertThat(load.degraded()).containsExactly(28, 14, 0);
    }

    @Test
    void health_byWeights_countsWeights() {
        var set =
                new EndpointSet(
                        List.of(
                                Samples.group(
                                        0,
                                        1,
                                        Samples.endpoint(
                                                "10.0.0.1", 80, Endpoint.Health.HEALTHY, 1),
                                        Samples.endpoint(
                                                "10.0.0.2", 80, Endpoint.Health.UNHEALTHY, 9)),
                                Samples.group(1, 1, Samples.endpoint("10.0.1.1"))),
                        140,
                        true);
        var state =
                Samples.state(
                        Samples.cluster(set, Samples.roundRobin(), Samples.shared(0, false)),
                        set,
                        control);
        assertThat(state.load().healthy()).containsExactly(14, 86);
    }

    @Test
    void load_ofTriedPriorities_goesElsewhereAndBackWhenNoneIsLeft() {
        var load = load("50/0/50 100/0/0", 0);
        assertThat(load.without(List.of(0)).healthy()).containsExactly(0, 100);
        assertThat(load.without(List.of(1)).healthy()).containsExactly(100, 0);
        assertThat(load.without(List.of(0, 1)).healthy()).containsExactly(70, 30);
        assertThat(load.without(List.of(0, 1, 0)).healthy()).containsExactly(0, 100);
    }

    @Test
    void choose_everyPoint_meetsTheShares() {
        var load =
                PriorityLoad.share(
                        new PriorityLoad.Availability(new int[] {30, 20}, new int[] {0, 50}));
        int[] counts = new int[3];
        for (int i = 0; i < 100; i++) {
            int chosen = load.choose(i);
            counts[chosen < 0 ? 2 : chosen]++;
        }
        assertThat(counts).containsExactly(30, 20, 50);
        assertThat(load.choose(-1)).isBetween(-2, 1);
    }

    private PriorityLoad load(String hosts, int panic) {
        var groups = new ArrayList<EndpointSet.Group>();
        int priority = 0;
        for (var level : hosts.split(" ")) {
            var counts = Stream.of(level.split("/")).mapToInt(Integer::parseInt).toArray();
            var all = new ArrayList<Endpoint>();
            for (int health = 0; health < 3; health++) {
                for (int i = 0; i < counts[health]; i++) {
                    all.add(
                            Samples.endpoint(
                                    "10." + priority + "." + health + ".1",
                                    1 + i,
                                    List.of(
                                                    Endpoint.Health.HEALTHY,
                                                    Endpoint.Health.DEGRADED,
                                                    Endpoint.Health.UNHEALTHY)
                                            .get(health),
                                    1));
                }
            }
            groups.add(Samples.group(priority++, 1, all.toArray(Endpoint[]::new)));
        }
        var set = new EndpointSet(groups, 140, false);
        var config = Samples.cluster(set, Samples.roundRobin(), Samples.shared(panic, false));
        return Samples.state(config, set, control).load();
    }

    private static String text(int[] values) {
        return String.join(" ", Arrays.stream(values).mapToObj(Integer::toString).toList());
    }

    private static String text(boolean[] values) {
        var all = new ArrayList<String>();
        for (boolean value : values) {
            all.add(Boolean.toString(value));
        }
        return String.join(" ", all);
    }
}
