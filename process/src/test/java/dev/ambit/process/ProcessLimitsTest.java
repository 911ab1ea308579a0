package dev.ambit.process;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.process.admin.PageLimits;
import dev.ambit.process.log.LogLimits;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ProcessLimitsTest {
    @Test
    void log_defaults() {
        assertThat(LogLimits.defaults())
                .isEqualTo(new LogLimits(10_000, 64, 16_384, Duration.ofMillis(10)));
    }

    @Test
    void pages_defaults() {
        assertThat(PageLimits.defaults())
                .isEqualTo(
                        new PageLimits(
                                Duration.ofSeconds(2), 8 << 10, 128, Duration.ofMillis(100)));
    }
}
