package dev.ambit.waypoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.waypoint.config.WaypointConfig.Drain;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DrainPlanTest {
    @ParameterizedTest
    @CsvSource({
        // untilIdle, seconds since, connections, over
        "false, 0, 0, false",
        "false, 4, 0, false",
        "false, 5, 0, true",
        "false, 5, 9, true",
        "true, 1, 0, false",
        "true, 2, 0, true",
        "true, 2, 1, false",
        "true, 600, 1, false"
    })
    void over(boolean untilIdle, int seconds, int connections, boolean expected) {
        var drain = new Drain(Duration.ofSeconds(5), Duration.ofSeconds(2), untilIdle);

        assertThat(DrainPlan.over(drain, Duration.ofSeconds(seconds), connections))
                .isEqualTo(expected);
    }
}
