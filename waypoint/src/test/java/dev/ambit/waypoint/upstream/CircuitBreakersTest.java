package dev.ambit.waypoint.upstream;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.waypoint.upstream.BreakerConfig.RetryBudget;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class CircuitBreakersTest {
    private final ManualControl control = new ManualControl();

    @Test
    void eachLimit_reached_saysNoAndCounts() {
        var breakers =
                new CircuitBreakers(
                        new BreakerConfig(1, 1, 1, 1, Optional.empty(), false), control);
        assertThat(breakers.tryConnection()).isTrue();
        breakers.connectionOpened();
        assertThat(breakers.tryConnection()).isFalse();
        assertThat(breakers.tryPending()).isTrue();
        assertThat(breakers.tryPending()).isFalse();
        assertThat(breakers.tryRequest()).isTrue();
        assertThat(breakers.tryRequest()).isFalse();
        var retry = requireNonNull(breakers.tryRetry());
        assertThat(breakers.tryRetry()).isNull();
        assertThat(breakers.status())
                .isEqualTo(
                        new CircuitBreakers.BreakerStatus(
                                1, 1, 1, 1, true, true, true, true, 1, 1, 1, 1));
        breakers.connectionClosed();
        breakers.pendingDone();
        breakers.requestDone();
        retry.run();
        assertThat(breakers.tryConnection()).isTrue();
        assertThat(breakers.tryPending()).isTrue();
        assertThat(breakers.tryRequest()).isTrue();
        assertThat(breakers.tryRetry()).isNotNull();
    }

    @ParameterizedTest
    @CsvSource(
            textBlock =
                    """
                    0,   20, 3, 3
                    10,  20, 3, 3
                    20,  20, 3, 4
                    24,  20, 3, 4
                    100, 33.5, 0, 33
                    100, 0,  0, 0
                    """)
    void retryBudget_ofWhatGoesOn_limitsRetries(
            int requests, double percent, long min, int retries) {
        var breakers =
                new CircuitBreakers(budget(new RetryBudget(percent, min, Duration.ZERO)), control);
        for (int i = 0; i < requests; i++) {
            if (i % 2 == 0) {
                breakers.tryRequest();
            } else {
                breakers.tryPending();
            }
        }
        int allowed = 0;
        while (breakers.tryRetry() != null) {
            allowed++;
        }
        assertThat(allowed).isEqualTo(retries);
    }

    @Test
    void retryBudget_withAnInterval_countsRequestsThatEnded_andForgetsThem() {
        var breakers =
                new CircuitBreakers(
                        budget(new RetryBudget(10, 0, Duration.ofSeconds(10))), control);
        for (int i = 0; i < 50; i++) {
            breakers.tryRequest();
            breakers.requestDone();
        }
        for (int i = 0; i < 5; i++) {
            assertThat(breakers.tryRetry()).isNotNull().satisfies(Runnable::run);
        }
        control.advance(Duration.ofSeconds(9));
        assertThat(breakers.tryRetry()).isNotNull().satisfies(Runnable::run);
        control.advance(Duration.ofSeconds(3));
        assertThat(breakers.tryRetry()).isNull();
    }

    @Test
    void config_changed_countsGoOn() {
        var breakers = new CircuitBreakers(BreakerConfig.DEFAULTS, control);
        breakers.tryRequest();
        breakers.tryRequest();
        breakers.config(new BreakerConfig(1, 1, 2, 1, Optional.empty(), false));
        assertThat(breakers.tryRequest()).isFalse();
        breakers.requestDone();
        assertThat(breakers.tryRequest()).isTrue();
    }

    private static BreakerConfig budget(RetryBudget budget) {
        return new BreakerConfig(1000, 1000, 1000, 0, Optional.of(budget), false);
    }
}
