package dev.ambit.waypoint.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.waypoint.upstream.OutlierConfig.Consecutive;
import dev.ambit.waypoint.upstream.OutlierConfig.FailurePercentage;
import dev.ambit.waypoint.upstream.OutlierConfig.SuccessRate;
import dev.ambit.waypoint.upstream.UpstreamHost.HostResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class OutlierDetectorTest {
    private static final Consecutive THREE = new Consecutive(3, 100, 3, 100, 3, 100);
    private final ManualControl control = new ManualControl();
    private final List<String> events = new ArrayList<>();
    private List<Host> hosts = List.of();

    private final OutlierDetector.Owner owner =
            new OutlierDetector.Owner() {
                @Override
                public void locked(Runnable task) {
                    task.run();
                }

                @Override
                public void onHealthChanged() {
                    events.add("changed");
                }

                @Override
                public void onEjected(Host host, Ejection why, boolean enforced) {
                    events.add(
                            (enforced ? "eject " : "would eject ")
                                    + hosts.indexOf(host)
                                    + " "
                                    + why);
                }

                @Override
                public void onReturned(Host host) {
                    events.add("return " + hosts.indexOf(host));
                }
            };

    /// One letter a result: `5` 500, `g` 503, `2` 200, `c` connect failed, `t` timeout, `r` reset.
    @ParameterizedTest
    @CsvSource(
            textBlock =
                    """
                    555,     false, eject 0 CONSECUTIVE_5XX
                    55255,   false, ''
                    552555,  false, eject 0 CONSECUTIVE_5XX
                    ggg,     false, eject 0 CONSECUTIVE_GATEWAY_FAILURE
                    gg5,     false, eject 0 CONSECUTIVE_5XX
                    ccc,     false, eject 0 CONSECUTIVE_GATEWAY_FAILURE
                    ctr,     false, eject 0 CONSECUTIVE_GATEWAY_FAILURE
                    cc2c,    false, ''
                    ctr,     true,  eject 0 CONSECUTIVE_LOCAL_ORIGIN_FAILURE
                    cc2c,    true,  eject 0 CONSECUTIVE_LOCAL_ORIGIN_FAILURE
                    cckc,    true,  ''
                    ggg,     true,  eject 0 CONSECUTIVE_GATEWAY_FAILURE
                    c5c5,    true,  ''
                    """)
    void consecutive_resultsInARow_ejectAsEnvoyDoes(
            String results, boolean split, String expected) {
        start(config(THREE, split, 100, false), 4);
        report(0, results);
        control.run();
        assertThat(events).containsAll(expected.isEmpty() ? List.of() : List.of(expected));
        assertThat(events.isEmpty()).isEqualTo(expected.isEmpty());
        assertThat(hosts.getFirst().ejected()).isEqualTo(!expected.isEmpty());
    }

    @Test
    void maxEjectionPercent_tenOfTwo_ejectsNone() {
        var detector = start(config(THREE, false, 10, false), 2);
        report(0, "555");
        control.run();
        assertThat(events).isEmpty();
        assertThat(detector.status().overflow()).isEqualTo(1);
        assertThat(detector.status().detected()).containsEntry(Ejection.CONSECUTIVE_5XX, 1L);
    }

    @Test
    void maxEjectionPercent_alwaysOne_ejectsOne() {
        start(config(THREE, false, 10, true), 2);
        report(0, "555");
        report(1, "555");
        control.run();
        assertThat(events).containsExactly("eject 0 CONSECUTIVE_5XX", "changed");
    }

    @Test
    void notEnforced_isCountedOnly_andCountsAnew() {
        var detector = start(config(new Consecutive(3, 0, 9, 0, 9, 0), false, 100, false), 2);
        report(0, "555");
        control.run();
        report(0, "555");
        control.run();
        assertThat(events)
                .containsExactly("would eject 0 CONSECUTIVE_5XX", "would eject 0 CONSECUTIVE_5XX");
        assertThat(hosts.getFirst().ejected()).isFalse();
        assertThat(detector.status().active()).isZero();
    }

    @Test
    void ejectedHost_returns_afterTimesThatGrowAndShrink() {
        start(config(THREE, false, 100, false), 2);
        report(0, "555");
        control.run();
        assertThat(downFor()).isEqualTo(30);
        // At once again: twice as long.
        report(0, "555");
        control.run();
        assertThat(downFor()).isEqualTo(60);
        // Well for two sweeps: what it grew by is forgiven.
        control.advance(Duration.ofSeconds(20));
        report(0, "555");
        control.run();
        assertThat(downFor()).isEqualTo(30);
    }

    @Test
    void ejectionTime_grows_toItsMost() {
        var config =
                new OutlierConfig(
                        Duration.ofSeconds(10),
                        Duration.ofSeconds(30),
                        Duration.ofSeconds(70),
                        Duration.ZERO,
                        100,
                        false,
                        THREE,
                        SuccessRate.DEFAULTS,
                        FailurePercentage.DEFAULTS,
                        false,
                        Set.of());
        start(config, 2);
        var times = new ArrayList<Integer>();
        for (int i = 0; i < 4; i++) {
            report(0, "555");
            control.run();
            times.add(downFor());
        }
        assertThat(times).containsExactly(30, 60, 70, 70);
    }

    @Test
    void jitter_delaysTheReturn_byNoMoreThanItsMost() {
        var base = config(THREE, false, 100, false);
        start(
                new OutlierConfig(
                        Duration.ofSeconds(1),
                        base.baseEjectionTime(),
                        base.maxEjectionTime(),
                        Duration.ofSeconds(20),
                        100,
                        false,
                        THREE,
                        base.successRate(),
                        base.failurePercentage(),
                        false,
                        Set.of()),
                2);
        report(0, "555");
        control.run();
        assertThat(downFor()).isBetween(31, 51);
    }

    @Test
    void successRate_hostFarUnderTheMean_isEjected() {
        // Envoy's example: 50, 100, 100, 100, 100 has mean 90, deviation 20, and 52 as threshold.
        var detector = start(config(new Consecutive(0, 0, 0, 0, 0, 0), false, 100, false), 5);
        for (int i = 0; i < 100; i++) {
            for (int host = 0; host < 5; host++) {
                report(host, host == 0 && i % 2 == 0 ? "5" : "2");
            }
        }
        control.advance(Duration.ofSeconds(10));
        assertThat(events).containsExactly("eject 0 SUCCESS_RATE", "changed");
        assertThat(detector.status().successRateMean()).isEqualTo(90);
        assertThat(detector.status().successRateThreshold()).isEqualTo(52);
        assertThat(detector.status().localSuccessRateMean()).isEqualTo(-1);
    }

    @Test
    void successRate_tooFewHostsOrRequests_judgesNobody() {
        start(config(new Consecutive(0, 0, 0, 0, 0, 0), false, 100, false), 5);
        for (int host = 0; host < 5; host++) {
            var results = (host == 0 ? "52" : "22").repeat(50);
            report(host, host == 4 ? results.substring(1) : results);
        }
        control.advance(Duration.ofSeconds(10));
        assertThat(events).isEmpty();
        // What an interval had does not count in the next.
        report(4, "2");
        control.advance(Duration.ofSeconds(10));
        assertThat(events).isEmpty();
    }

    @Test
    void failurePercentage_overTheThreshold_ejects() {
        var base = OutlierConfig.DEFAULTS;
        start(
                new OutlierConfig(
                        base.interval(),
                        base.baseEjectionTime(),
                        base.maxEjectionTime(),
                        Duration.ZERO,
                        100,
                        false,
                        new Consecutive(0, 0, 0, 0, 0, 0),
                        new SuccessRate(99, 100, 1900, 0, 0),
                        new FailurePercentage(40, 2, 10, 100, 0),
                        false,
                        Set.of()),
                3);
        report(0, "5555222222");
        report(1, "5552222222");
        report(2, "222222222");
        control.advance(Duration.ofSeconds(10));
        assertThat(events).containsExactly("eject 0 FAILURE_PERCENTAGE", "changed");
    }

    @Test
    void errorStatuses_configured_areTheOnlyErrors() {
        var base = config(THREE, false, 100, false);
        start(
                new OutlierConfig(
                        base.interval(),
                        base.baseEjectionTime(),
                        base.maxEjectionTime(),
                        Duration.ZERO,
                        100,
                        false,
                        THREE,
                        base.successRate(),
                        base.failurePercentage(),
                        false,
                        Set.of(429)),
                2);
        report(0, "555");
        control.run();
        assertThat(events).isEmpty();
        for (int i = 0; i < 3; i++) {
            hosts.get(1).report(new HostResult.Answered(429));
        }
        control.run();
        assertThat(events).containsExactly("eject 1 CONSECUTIVE_5XX", "changed");
    }

    @Test
    void removedHost_isForgotten_andMakesRoom() {
        var detector = start(config(THREE, false, 50, false), 2);
        report(0, "555");
        control.run();
        var gone = hosts.getFirst();
        detector.hosts(List.of(hosts.get(1)));
        assertThat(detector.status().active()).isZero();
        assertThat(gone.ejected()).isFalse();
        gone.report(new HostResult.Answered(500));
        control.run();
        assertThat(gone.outlier()).isNull();
    }

    @Test
    void stopped_sweepsNoMore() {
        var detector = start(config(THREE, false, 50, false), 2);
        detector.stop();
        control.advance(Duration.ofSeconds(60));
        assertThat(control.timers()).isZero();
    }

    private int downFor() {
        int seconds = 0;
        while (hosts.getFirst().ejected()) {
            assertThat(seconds).isLessThan(1000);
            control.advance(Duration.ofSeconds(1));
            seconds++;
        }
        return seconds;
    }

    private OutlierDetector start(OutlierConfig config, int count) {
        var set = Samples.flat(count);
        var state =
                Samples.state(
                        Samples.cluster(set, Samples.roundRobin(), Samples.shared(0, false)),
                        set,
                        control);
        hosts = List.of(state.priorities().getFirst().all());
        var detector = new OutlierDetector(config, control, owner);
        detector.hosts(hosts);
        detector.start();
        return detector;
    }

    private static OutlierConfig config(
            Consecutive consecutive, boolean split, int maxPercent, boolean alwaysOne) {
        var base = OutlierConfig.DEFAULTS;
        return new OutlierConfig(
                base.interval(),
                base.baseEjectionTime(),
                base.maxEjectionTime(),
                Duration.ZERO,
                maxPercent,
                alwaysOne,
                consecutive,
                base.successRate(),
                base.failurePercentage(),
                split,
                Set.of());
    }

    private void report(int host, String results) {
        for (char c : results.toCharArray()) {
            var target = hosts.get(host);
            switch (c) {
                case '5' -> target.report(new HostResult.Answered(500));
                case 'g' -> target.report(new HostResult.Answered(503));
                case '2' -> target.report(new HostResult.Answered(200));
                case 'c' -> target.report(new HostResult.ConnectFailed());
                case 't' -> target.report(new HostResult.Timeout());
                case 'r' -> target.report(new HostResult.Reset());
                case 'k' -> target.report(new HostResult.Connected());
                default -> throw new IllegalArgumentException("no result: " + c);
            }
        }
    }
}
