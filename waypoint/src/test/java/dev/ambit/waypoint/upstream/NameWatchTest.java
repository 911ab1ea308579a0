package dev.ambit.waypoint.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class NameWatchTest {
    private final ManualControl control = new ManualControl();
    private final MemoryResolver resolver = new MemoryResolver();
    private int changes;

    private NameWatch watch(boolean respectTtl, Duration jitter, Duration base, Duration max) {
        var watch =
                new NameWatch(
                        "a",
                        new Discovery.DnsSettings(
                                Discovery.Family.ALL,
                                Duration.ofSeconds(60),
                                respectTtl,
                                jitter,
                                base,
                                max),
                        resolver,
                        control,
                        UpstreamLimits.defaults(),
                        () -> changes++);
        watch.start();
        control.run();
        return watch;
    }

    private NameWatch watch(boolean respectTtl) {
        return watch(respectTtl, Duration.ZERO, Duration.ofSeconds(60), Duration.ofSeconds(60));
    }

    /// Seconds until the name is asked for again.
    private int nextLook() {
        int before = resolver.asked.size();
        int seconds = 0;
        while (resolver.asked.size() == before) {
            assertThat(seconds).isLessThan(10_000);
            control.advance(Duration.ofSeconds(1));
            seconds++;
        }
        return seconds;
    }

    @Test
    void ttl_respected_decidesWithinBounds() {
        resolver.put("a", Duration.ofSeconds(7), "192.0.2.1");
        watch(true);
        assertThat(nextLook()).isEqualTo(7);
        resolver.put("a", Duration.ofDays(1), "192.0.2.1");
        nextLook();
        assertThat(nextLook()).isEqualTo(3600);
        assertThat(changes).isEqualTo(1);
    }

    @Test
    void ttl_notRespected_refreshRateDecides() {
        resolver.put("a", Duration.ofSeconds(7), "192.0.2.1");
        watch(false);
        assertThat(nextLook()).isEqualTo(60);
    }

    @Test
    void ttl_zero_refreshRateDecides() {
        resolver.put("a", Duration.ZERO, "192.0.2.1");
        watch(true);
        assertThat(nextLook()).isEqualTo(60);
    }

    @Test
    void jitter_isAdded() {
        resolver.put("a", Duration.ofSeconds(7), "192.0.2.1");
        watch(false, Duration.ofSeconds(30), Duration.ofSeconds(60), Duration.ofSeconds(60));
        var waits = new ArrayList<Integer>();
        for (int i = 0; i < 20; i++) {
            waits.add(nextLook());
        }
        assertThat(waits).allMatch(w -> w >= 60 && w <= 91);
        assertThat(waits.stream().distinct().count()).isGreaterThan(3);
    }

    @Test
    void failures_waitFromBaseToMost() {
        resolver.fail("a");
        var watch = watch(true, Duration.ZERO, Duration.ofSeconds(2), Duration.ofSeconds(20));
        assertThat(watch.answered()).isTrue();
        assertThat(watch.addresses()).isEmpty();
        var waits = new ArrayList<Integer>();
        for (int i = 0; i < 30; i++) {
            waits.add(nextLook());
        }
        assertThat(waits.getFirst()).isEqualTo(2);
        assertThat(waits).allMatch(w -> w >= 2 && w <= 21);
        assertThat(waits).anyMatch(w -> w > 8);
    }

    @Test
    void manyAddresses_areCut() {
        var all = new ArrayList<String>();
        for (int i = 0; i < 300; i++) {
            all.add("10.0." + i / 250 + "." + (i % 250 + 1));
        }
        resolver.put("a", Duration.ofSeconds(9), all.toArray(String[]::new));
        assertThat(watch(true).addresses()).hasSize(256);
    }

    @Test
    void stopped_asksNoMore() {
        resolver.put("a", Duration.ofSeconds(7), "192.0.2.1");
        watch(true).stop();
        control.advance(Duration.ofHours(2));
        assertThat(resolver.asked).isEqualTo(List.of("a"));
        assertThat(control.timers()).isZero();
    }
}
