package dev.ambit.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class IdentityLimitsTest {
    @Test
    void defaults_arePinned() {
        assertThat(IdentityLimits.defaults())
                .isEqualTo(
                        new IdentityLimits(
                                Duration.ofHours(24),
                                8,
                                Duration.ofSeconds(10),
                                Duration.ofSeconds(1),
                                Duration.ofSeconds(150),
                                0.1,
                                4_096,
                                Duration.ofSeconds(2),
                                64 << 20));
    }

    @Test
    void withCertificateTtl_changesNothingElse() {
        var changed = IdentityLimits.defaults().withCertificateTtl(Duration.ofMinutes(1));

        assertThat(changed.certificateTtl()).isEqualTo(Duration.ofMinutes(1));
        assertThat(changed.withCertificateTtl(Duration.ofHours(24)))
                .isEqualTo(IdentityLimits.defaults());
    }
}
