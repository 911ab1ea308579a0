package dev.ambit.mesh.xds;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.mesh.MeshLimits;
import dev.ambit.mesh.xds.Reconnect.End;
import io.grpc.Status;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReconnectTest {
    private static final MeshLimits LIMITS = MeshLimits.defaults();
    private static final Duration SHORT = Duration.ofSeconds(1);

    private static Reconnect after(End end, long backoffMillis) {
        return Reconnect.after(end, Duration.ofMillis(backoffMillis), LIMITS);
    }

    private static End broken(Status.Code code, String text) {
        return new End.Broken(code.toStatus().withDescription(text), SHORT);
    }

    @ParameterizedTest
    @CsvSource({"10,20", "640,1280", "8000,15000", "15000,15000"})
    void neverWorked_doubles(long backoff, long wait) {
        var next = after(new End.NeverWorked(), backoff);

        assertThat(next.reason()).isEqualTo("ConnectionError");
        assertThat(next.pause()).isEqualTo(Duration.ofMillis(wait));
        assertThat(next.backoff()).isEqualTo(Duration.ofMillis(wait));
    }

    @ParameterizedTest
    @CsvSource({
        "UNKNOWN,anything",
        "CANCELLED,anything",
        "DEADLINE_EXCEEDED,anything",
        "UNAVAILABLE,the transport is closing",
        "UNAVAILABLE,received prior goaway: code NO_ERROR",
        "UNAVAILABLE,Connection closed after GOAWAY. HTTP/2 error code: NO_ERROR"
    })
    void everydayEnds_startAnew(Status.Code code, String text) {
        assertThat(after(broken(code, text), 8000))
                .isEqualTo(
                        new Reconnect("Reconnect", LIMITS.firstBackoff(), LIMITS.firstBackoff()));
    }

    @Test
    void lostConnection_isAnEverydayEnd() {
        var reset = Status.UNAVAILABLE.withDescription("io exception").withCause(new IOException());

        assertThat(after(new End.Broken(reset, SHORT), 8000).reason()).isEqualTo("Reconnect");
    }

    @ParameterizedTest
    @CsvSource({"UNAUTHENTICATED,expired", "RESOURCE_EXHAUSTED,slow down", "UNAVAILABLE,overload"})
    void otherStatus_doubles(Status.Code code, String text) {
        var next = after(broken(code, text), 80);

        assertThat(next.reason()).isEqualTo("Error");
        assertThat(next.pause()).isEqualTo(Duration.ofMillis(160));
    }

    @Test
    void otherStatus_afterALongStream_startsAnew() {
        var end = new End.Broken(Status.INTERNAL, Duration.ofMinutes(30));

        assertThat(after(end, 8000).pause()).isEqualTo(Duration.ofMillis(20));
    }

    @Test
    void cleanEnd_startsAnew() {
        assertThat(after(new End.Finished(), 8000))
                .isEqualTo(new Reconnect("Complete", LIMITS.firstBackoff(), LIMITS.firstBackoff()));
    }
}
