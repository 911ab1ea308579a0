package dev.ambit.waypoint.http1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class Http1LimitsTest {
    @Test
    void defaults_arePinned() {
        assertThat(Http1Limits.defaults())
                .isEqualTo(
                        new Http1Limits(
                                61_440,
                                100,
                                61_440,
                                16_384,
                                65_536,
                                1_048_576,
                                Duration.ofSeconds(10),
                                Duration.ofSeconds(1)));
        assertThat(Http1ClientOptions.defaults().limits().maxHeadBytes()).isEqualTo(81_920);
    }

    @Test
    void limit_tooSmall_isRefusedWithWhatWasExpected() {
        assertThatThrownBy(() -> Http1Limits.defaults().with(10, 100))
                .hasMessage("maxHeadBytes: 10 (expected: at least 64)");
    }
}
