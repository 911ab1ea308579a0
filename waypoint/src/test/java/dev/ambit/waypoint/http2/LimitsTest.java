package dev.ambit.waypoint.http2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ambit.waypoint.model.HttpOptions;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/// The defaults are promises.
class LimitsTest {
    @Test
    void defaults_areThese() {
        assertThat(Http2Limits.defaults())
                .isEqualTo(
                        new Http2Limits(
                                262_144,
                                10_000,
                                1_000,
                                1,
                                100,
                                10,
                                500,
                                Duration.ofSeconds(1),
                                16_777_216,
                                262_144,
                                4_096,
                                Duration.ofSeconds(10),
                                Duration.ofMinutes(5),
                                Duration.ofSeconds(5),
                                Duration.ofSeconds(1)));
        assertThat(Http2Limits.of(HttpOptions.DEFAULTS)).isEqualTo(Http2Limits.defaults());
        assertThat(Http2Options.of(HttpOptions.DEFAULTS))
                .isEqualTo(
                        new Http2Options(
                                1_024,
                                262_144,
                                1_048_576,
                                65_536,
                                4_096,
                                61_440,
                                100,
                                HttpOptions.Underscores.ALLOW,
                                false,
                                true,
                                Duration.ZERO,
                                Duration.ZERO));
    }

    @Test
    void optionOutOfRange_isRefused_namingItself() {
        assertThatThrownBy(() -> TestOptions.windows(0, 65_535))
                .hasMessage("streamWindow: 0 (expected: at least 1)");
        assertThatThrownBy(() -> TestOptions.windows(1, 65_534))
                .hasMessageStartingWith("connectionWindow: 65534 (expected: ");
    }
}
