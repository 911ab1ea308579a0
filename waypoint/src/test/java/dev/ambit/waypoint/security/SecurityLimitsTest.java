package dev.ambit.waypoint.security;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class SecurityLimitsTest {
    @Test
    void defaults_areTheseUntilSomebodyDecidesOtherwise() {
        assertThat(SecurityLimits.DEFAULT)
                .isEqualTo(
                        new SecurityLimits(
                                1_000,
                                4_096,
                                65_536,
                                1_048_576,
                                1_000,
                                1_048_576,
                                100,
                                Duration.ofSeconds(5)));
        assertThat(SecurityLimits.JSON_DEPTH).isEqualTo(100);
        assertThat(SecurityLimits.EXPLAINED_POLICIES).isEqualTo(32);
    }
}
