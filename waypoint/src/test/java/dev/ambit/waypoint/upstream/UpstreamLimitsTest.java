package dev.ambit.waypoint.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

final class UpstreamLimitsTest {
    @Test
    void defaults_areTheseOnes() {
        assertThat(UpstreamLimits.defaults())
                .isEqualTo(
                        new UpstreamLimits(
                                64,
                                Duration.ofSeconds(5),
                                256,
                                Duration.ofSeconds(1),
                                Duration.ofHours(1),
                                16_384,
                                1_024));
    }
}
