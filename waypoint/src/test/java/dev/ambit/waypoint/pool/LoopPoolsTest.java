package dev.ambit.waypoint.pool;

import static dev.ambit.waypoint.http.HttpVersion.HTTP_1_1;
import static dev.ambit.waypoint.http.HttpVersion.HTTP_2;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.waypoint.pool.HostPools.PoolFailure;
import dev.ambit.waypoint.upstream.Upstream;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class LoopPoolsTest {
    private static final Duration HOUR = Duration.ofHours(1);

    private final PoolLab lab = new PoolLab(PoolLimits.defaults());
    private final PoolKey http1 = PoolLab.key(HTTP_1_1, PoolLab.http(HOUR, Duration.ZERO, 0));
    private final PoolKey http2 = PoolLab.key(HTTP_2, PoolLab.http(HOUR, Duration.ZERO, 0));

    @Test
    void limits_byDefault_areThese() {
        assertThat(PoolLimits.defaults())
                .isEqualTo(new PoolLimits(4_096, 16_384, Duration.ofMillis(500), 1_024));
    }

    @Test
    void exchange_withoutConnection_waitsForOneThatIsDialled() {
        var asked = lab.ask(http1);
        assertThat(asked.got).isNull();
        assertThat(lab.dials).hasSize(1);
        assertThat(lab.breakers.pending).isEqualTo(1);

        lab.answerDial();

        assertThat(asked.got).isSameAs(lab.connections.getFirst());
        assertThat(asked.facts).isEqualTo(new Upstream.ConnectionFacts("10.0.0.9:40000", 0));
        assertThat(lab.breakers.pending).isZero();
        assertThat(lab.breakers.open).isEqualTo(1);
    }

    @Test
    void http1_busy_dialsAnother_idleIsUsedAgain() {
        var first = lab.ask(http1);
        lab.answerDial();
        var second = lab.ask(http1);
        assertThat(lab.dials).hasSize(1);
        lab.answerDial();
        assertThat(second.got).isNotSameAs(first.got);

        requireNonNull(first.got).end();
        var third = lab.ask(http1);

        assertThat(third.got).isSameAs(first.got);
        assertThat(requireNonNull(third.facts).requests()).isEqualTo(1);
        assertThat(lab.dials).isEmpty();
    }

    @Test
    void http2_withRoom_isShared() {
        var first = lab.ask(http2);
        var second = lab.ask(http2);
        assertThat(lab.dials).hasSize(1);

        lab.answerDial();

        assertThat(first.got).isNotNull().isSameAs(second.got);
        var third = lab.ask(http2);
        assertThat(third.got).isNull();
        assertThat(lab.dials).as("for the third, beyond two streams").hasSize(1);
    }

    @Test
    void dial_fails_everyoneWhoWaitsIsTold() {
        var first = lab.ask(http1);
        var second = lab.ask(http1);

        lab.failDial("refused");

        var refused = new PoolFailure(PoolFailure.Kind.CONNECT_FAILED, "refused");
        assertThat(first.failure).isEqualTo(refused);
        assertThat(second.failure).isEqualTo(refused);
        assertThat(lab.breakers.pending).isZero();
        assertThat(lab.breakers.open).as("the second dial goes on").isEqualTo(1);
    }

    @Test
    void dial_takesTooLong_isATimeout() {
        var asked = lab.ask(http1);

        lab.pass(Duration.ofSeconds(11));

        assertThat(requireNonNull(asked.failure).kind())
                .isEqualTo(PoolFailure.Kind.CONNECT_TIMEOUT);
        assertThat(lab.breakers.open).isZero();
    }

    @Test
    void breaker_ofPending_refuses() {
        lab.breakers.mostPending = 1;
        lab.ask(http1);

        var second = lab.ask(http1);

        assertThat(requireNonNull(second.failure).kind()).isEqualTo(PoolFailure.Kind.OVERFLOW);
    }

    @Test
    void breaker_ofConnections_letsOneBe_theNextWaitsForIt() {
        lab.breakers.mostOpen = 0;
        var first = lab.ask(http1);
        lab.answerDial();
        var second = lab.ask(http1);
        assertThat(lab.dials).isEmpty();
        assertThat(second.got).isNull();

        requireNonNull(first.got).end();

        assertThat(second.got).isSameAs(first.got);
    }

    @Test
    void exchange_cancelled_isNotServed() {
        var asked = lab.ask(http1);
        asked.cancel.cancel();

        lab.answerDial();

        assertThat(asked.got).isNull();
        assertThat(lab.breakers.pending).isZero();
        assertThat(lab.pools.load(http1)).isEqualTo(new HostPools.Load(1, 0, 0));
    }

    @Test
    void connection_afterItsLastRequest_drains() {
        var once = PoolLab.key(HTTP_1_1, PoolLab.http(HOUR, Duration.ZERO, 1));
        var asked = lab.ask(once);
        lab.answerDial();

        assertThat(requireNonNull(asked.got).draining).isTrue();
        asked.got.end();
        assertThat(lab.breakers.open).isZero();
    }

    @Test
    void connection_idleForTooLong_isClosed() {
        var key = PoolLab.key(HTTP_1_1, PoolLab.http(Duration.ofSeconds(5), Duration.ZERO, 0));
        var asked = lab.ask(key);
        lab.answerDial();
        lab.pass(Duration.ofSeconds(6));
        assertThat(requireNonNull(asked.got).closed).as("busy, not idle").isFalse();
        asked.got.end();

        for (int halfSeconds = 0; halfSeconds < 11; halfSeconds++) {
            lab.pass(Duration.ofMillis(500));
        }

        assertThat(asked.got.closed).isTrue();
        assertThat(lab.pools.load(key).connections()).isZero();
    }

    @Test
    void connection_oldEnough_drains() {
        var key = PoolLab.key(HTTP_1_1, PoolLab.http(HOUR, Duration.ofSeconds(1), 0));
        var asked = lab.ask(key);
        lab.answerDial();

        lab.pass(Duration.ofMillis(500));
        assertThat(requireNonNull(asked.got).draining).isFalse();
        lab.pass(Duration.ofMillis(600));

        assertThat(asked.got.draining).isTrue();
        assertThat(asked.got.closed).as("its exchange goes on").isFalse();
    }

    @Test
    void connection_retired_isNotUsedAgain() {
        var first = lab.ask(http2);
        lab.answerDial();
        lab.pools.retire(key -> key.equals(http2));

        var second = lab.ask(http2);

        assertThat(second.got).isNull();
        lab.answerDial();
        assertThat(second.got).isNotNull().isNotSameAs(first.got);
    }

    @Test
    void connection_lostWhileOthersWait_isReplaced() {
        lab.breakers.mostOpen = 1;
        var first = lab.ask(http1);
        lab.answerDial();
        var second = lab.ask(http1);

        requireNonNull(first.got).lose();
        lab.answerDial();

        assertThat(second.got).isNotNull().isNotSameAs(first.got);
    }

    @Test
    void pools_closed_refuse() {
        lab.pools.close();

        assertThat(requireNonNull(lab.ask(http1).failure).kind())
                .isEqualTo(PoolFailure.Kind.CLOSED);
    }
}
