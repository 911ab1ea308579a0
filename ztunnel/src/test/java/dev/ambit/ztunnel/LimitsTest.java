package dev.ambit.ztunnel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.ztunnel.dns.DnsLimits;
import dev.ambit.ztunnel.telemetry.TelemetryLimits;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class LimitsTest {
    @Test
    void ztunnel_defaults() {
        assertThat(ZtunnelLimits.defaults())
                .isEqualTo(
                        new ZtunnelLimits(
                                Duration.ofSeconds(5),
                                Duration.ofSeconds(10),
                                Duration.ofSeconds(10),
                                Duration.ofSeconds(5),
                                1024,
                                Duration.ofMillis(100),
                                Duration.ofMillis(700)));
    }

    @Test
    void ztunnel_withDrain_changesOnlyThat() {
        var limits = ZtunnelLimits.defaults().withDrain(Duration.ofSeconds(40));

        assertThat(limits.drain()).isEqualTo(Duration.ofSeconds(40));
        assertThat(limits.withDrain(Duration.ofSeconds(5))).isEqualTo(ZtunnelLimits.defaults());
    }

    @Test
    void telemetry_defaults() {
        assertThat(TelemetryLimits.defaults())
                .isEqualTo(new TelemetryLimits(50_000, Duration.ofMinutes(5), Duration.ofHours(1)));
    }

    @Test
    void dns_defaults() {
        assertThat(DnsLimits.defaults())
                .isEqualTo(
                        new DnsLimits(
                                512,
                                128,
                                Duration.ofSeconds(5),
                                1_048_576,
                                65_535,
                                4096,
                                Duration.ofSeconds(2),
                                Duration.ofMillis(4500),
                                Duration.ofMillis(500),
                                Duration.ofSeconds(30),
                                65_536,
                                10_000));
    }
}
