package dev.ambit.hbone;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class HboneLimitsTest {
    @Test
    void defaults_arePinned() {
        assertThat(HboneLimits.defaults())
                .isEqualTo(
                        new HboneLimits(
                                4 << 20,
                                16 << 20,
                                64 << 20,
                                1 << 20,
                                64 << 10,
                                200,
                                100,
                                256,
                                4096,
                                Duration.ofSeconds(10),
                                Duration.ofSeconds(10),
                                Duration.ofSeconds(20),
                                Duration.ofSeconds(30),
                                Duration.ofSeconds(10),
                                Duration.ofSeconds(20),
                                Duration.ofSeconds(40),
                                Duration.ofMinutes(5),
                                2_000,
                                512 << 10,
                                1 << 20,
                                2 << 10,
                                256 << 10,
                                Duration.ofSeconds(30)));
    }

    @Test
    void with_changesOnlyWhatAnOperatorMaySet() {
        var usual = HboneLimits.defaults();
        var set = usual.with(1 << 20, 128 << 20, 32_768, 7, Duration.ofSeconds(9));

        assertThat(set.streamWindowBytes()).isEqualTo(1 << 20);
        assertThat(set.connectionWindowBytes()).isEqualTo(128 << 20);
        assertThat(set.connectionUnreadBytes()).isEqualTo(128 << 20);
        assertThat(set.maxFrameBytes()).isEqualTo(32_768);
        assertThat(set.maxClientStreams()).isEqualTo(7);
        assertThat(set.poolIdle()).isEqualTo(Duration.ofSeconds(9));
        assertThat(
                        usual.with(
                                usual.streamWindowBytes(),
                                usual.connectionWindowBytes(),
                                usual.maxFrameBytes(),
                                usual.maxClientStreams(),
                                usual.poolIdle()))
                .isEqualTo(usual);
    }
}
