package dev.ambit.waypoint.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TelemetryLimitsTest {
    @Test
    void defaults_areKnown() {
        assertThat(TelemetryLimits.defaults().toString())
                .isEqualTo(
                        "TelemetryLimits[peers=20000, series=20000, seriesIdle=PT1H,"
                                + " seriesCache=10000, logQueueLines=20000, logLineBytes=65536,"
                                + " logFlush=PT0.05S, batchBytes=16384, batchEntries=512,"
                                + " batchDelay=PT1S, exportQueue=5000, exportInFlight=8,"
                                + " exportTimeout=PT5S, exporters=256, tagValueBytes=4096,"
                                + " expressionChars=4096]");
    }
}
