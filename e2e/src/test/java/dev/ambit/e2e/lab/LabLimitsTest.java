package dev.ambit.e2e.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class LabLimitsTest {
    @Test
    void defaults_always_arePinned() {
        assertThat(LabLimits.defaults())
                .isEqualTo(
                        new LabLimits(
                                Duration.ofSeconds(20),
                                Duration.ofSeconds(60),
                                Duration.ofSeconds(8),
                                Duration.ofMillis(20),
                                8,
                                200,
                                4_096));
    }
}
