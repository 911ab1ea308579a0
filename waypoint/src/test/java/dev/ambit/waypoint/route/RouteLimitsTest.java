package dev.ambit.waypoint.route;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RouteLimitsTest {
    @Test
    void defaults_areWhatIsDocumented() {
        assertThat(RouteLimits.defaults()).isEqualTo(new RouteLimits(1_048_576, 1_048_576, 65_536));
    }
}
