package dev.ambit.waypoint.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.waypoint.http.StreamReset;
import dev.ambit.waypoint.match.Fraction;
import dev.ambit.waypoint.route.MirrorPolicy;
import dev.ambit.waypoint.upstream.UpstreamFailure.Kind;
import dev.ambit.waypoint.upstream.UpstreamHost.HostResult;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// Attempts after the first, beside the first, and copies.
class RetryTest {
    private static final Duration BACK_OFF = Duration.ofMillis(250);

    private final StoryLab lab = new StoryLab();

    private void policy(String on, int retries, long perTryMillis) {
        lab.routes.retry = TestRoutes.retry(on, retries, perTryMillis);
        lab.routes.to("/", "up");
    }

    @Test
    void connectFailure_isTriedElsewhere() {
        policy("connect-failure", 2, 0);
        lab.up.failures.add(Kind.CONNECT_FAILED);
        var caller = lab.get("/");
        assertThat(caller.status()).isZero();
        lab.pass(BACK_OFF);
        assertThat(lab.up.contexts.get(1).tried()).containsExactly(lab.up.hosts.getFirst());
        assertThat(lab.up.contexts.get(1).maxPicks()).isEqualTo(5);
        lab.up.last().answer(200, "ok");
        assertThat(caller.body).hasToString("ok");
        assertThat(lab.info().attempts).isEqualTo(2);
        assertThat(lab.flags()).isEmpty();
        assertThat(lab.up.hosts.getFirst().results).containsExactly(new HostResult.ConnectFailed());
        assertThat(lab.up.retriesOut).isZero();
    }

    @Test
    void retries_spent_tellTheLast() {
        policy("connect-failure", 2, 0);
        lab.up.failures.addAll(
                List.of(Kind.CONNECT_FAILED, Kind.CONNECT_FAILED, Kind.CONNECT_FAILED));
        var caller = lab.get("/");
        lab.pass(BACK_OFF);
        lab.pass(BACK_OFF);
        assertThat(caller.body)
                .hasToString(
                        "upstream connect error or disconnect/reset before headers. retried and the"
                                + " latest reset reason: remote connection failure");
        assertThat(lab.flags()).isEqualTo("URX,UF");
        assertThat(lab.info().attempts).isEqualTo(3);
    }

    @Test
    void response_worthIt_isTriedAgain_withTheBody() {
        policy("5xx", 1, 0);
        var caller = lab.post("/");
        caller.data("one");
        lab.up.last().slow = true;
        caller.data("two");
        lab.up.last().head(503);
        assertThat(lab.up.last().reset).isNotNull();
        caller.data("three");
        lab.pass(BACK_OFF);
        assertThat(lab.up.last().body).hasToString("onetwothree");
        caller.end();
        assertThat(lab.up.last().ended()).isTrue();
        assertThat(caller.granted).isEqualTo(11);
        lab.up.last().answer(200, "ok");
        assertThat(caller.status()).isEqualTo(200);
        assertThat(lab.up.stream(0).host.results).containsExactly(new HostResult.Answered(503));
    }

    @Test
    void response_notWorthAnother_isGiven_withTheLimitTold() {
        policy("5xx", 1, 0);
        var caller = lab.get("/");
        lab.up.last().answer(503, "first");
        lab.pass(BACK_OFF);
        lab.up.last().answer(503, "second");
        assertThat(caller.body).hasToString("second");
        assertThat(lab.flags()).isEqualTo("URX");
        assertThat(lab.info().responseCodeDetails).isEqualTo("via_upstream");
    }

    @Test
    void breaker_refusesTheRetry() {
        policy("5xx", 3, 0);
        lab.up.retriesAllowed = 0;
        var caller = lab.get("/");
        lab.up.last().answer(503, "only");
        assertThat(caller.body).hasToString("only");
        assertThat(lab.flags()).isEqualTo("UO");
    }

    @Test
    void body_overTheLimit_isNotKept() {
        policy("5xx", 3, 0);
        var caller = lab.post("/");
        caller.data("x".repeat(1 << 20));
        caller.data("y");
        caller.end();
        lab.up.last().answer(503, "only");
        assertThat(caller.body).hasToString("only");
        assertThat(lab.flags()).isEmpty();
        assertThat(lab.up.streams).hasSize(1);
    }

    @Test
    void body_overTheLimit_whileNoAttemptRuns_is507() {
        policy("5xx", 3, 0);
        var caller = lab.post("/");
        lab.up.last().head(503);
        caller.data("x".repeat((1 << 20) + 1));
        assertThat(caller.status()).isEqualTo(507);
        assertThat(lab.info().responseCodeDetails)
                .isEqualTo("request_payload_exceeded_retry_buffer_limit");
        lab.pass(BACK_OFF);
        assertThat(lab.up.streams).hasSize(1);
        assertThat(lab.up.retriesOut).isZero();
    }

    @Test
    void attemptCount_isTold() {
        lab.routes.retry = TestRoutes.retry("5xx", 1, 0);
        lab.routes.countAttempts().to("/", "up");
        var caller = lab.get("/");
        assertThat(lab.up.last().sent.headers().get("x-envoy-attempt-count")).isEqualTo("1");
        lab.up.last().answer(503, "");
        lab.pass(BACK_OFF);
        assertThat(lab.up.last().sent.headers().get("x-envoy-attempt-count")).isEqualTo("2");
        lab.up.last().answer(200, "");
        assertThat(caller.header("x-envoy-attempt-count")).isEqualTo("2");
    }

    @Test
    void perTryTimeout_triesAgain_thenGivesUp() {
        policy("5xx", 1, 200);
        var caller = lab.get("/");
        lab.pass(Duration.ofMillis(200));
        assertThat(lab.up.stream(0).reset).isNotNull();
        assertThat(lab.up.stream(0).host.results).containsExactly(new HostResult.Timeout());
        lab.pass(BACK_OFF);
        assertThat(lab.up.streams).hasSize(2);
        lab.pass(Duration.ofMillis(200));
        assertThat(caller.status()).isEqualTo(504);
        assertThat(lab.flags()).isEqualTo("URX,UT");
        assertThat(lab.info().responseCodeDetails).isEqualTo("upstream_per_try_timeout");
        assertThat(lab.info().attempts).isEqualTo(2);
    }

    @Test
    void hedged_attemptsRace_andTheFirstGoodAnswerWins() {
        lab.routes.hedge = true;
        policy("5xx", 2, 100);
        var caller = lab.post("/");
        caller.data("body");
        caller.end();
        lab.pass(Duration.ofMillis(100));
        lab.pass(BACK_OFF);
        assertThat(lab.up.stream(0).reset).isNull();
        assertThat(lab.up.streams.size()).isGreaterThanOrEqualTo(2);
        assertThat(lab.up.stream(1).body).hasToString("body");
        lab.up.stream(1).answer(200, "second");
        assertThat(caller.body).hasToString("second");
        assertThat(lab.up.stream(0).reset).isNotNull();
        assertThat(lab.info().upstreamHost).isEqualTo(lab.up.stream(1).host.address());
    }

    @Test
    void hedged_badAnswer_isHeldBackWhileAnotherMayCome() {
        lab.routes.hedge = true;
        policy("5xx", 1, 100);
        var caller = lab.get("/");
        lab.pass(Duration.ofMillis(100));
        lab.pass(BACK_OFF);
        lab.up.stream(0).answer(503, "bad");
        assertThat(caller.status()).isZero();
        lab.up.stream(1).answer(200, "good");
        assertThat(caller.body).hasToString("good");
    }

    @Test
    void caller_gone_duringBackOff_endsIt() {
        policy("5xx", 2, 0);
        var caller = lab.get("/");
        lab.up.last().answer(503, "");
        caller.inlet().onReset(new StreamReset(StreamReset.Kind.CONNECTION_LOST, ""));
        lab.pass(BACK_OFF);
        assertThat(lab.up.streams).hasSize(1);
        assertThat(lab.up.retriesOut).isZero();
        assertThat(lab.ended).hasSize(1);
    }

    @Test
    void lostAfterTheHead_isNotTriedAgain() {
        policy("5xx,reset", 2, 0);
        var caller = lab.get("/");
        lab.up.last().head(200);
        lab.up.last().lose(StreamReset.Kind.REMOTE);
        lab.pass(BACK_OFF);
        assertThat(caller.reset).isNotNull();
        assertThat(lab.up.streams).hasSize(1);
    }

    @Test
    void mirror_getsACopy_andIsForgotten() {
        var shadow = lab.cluster("shadow");
        lab.routes.mirrors =
                List.of(new MirrorPolicy("shadow", "", Fraction.ALL, Optional.empty(), true));
        lab.routes.to("/", "up");
        var caller = lab.post("/m");
        caller.data("bo");
        caller.data("dy");
        assertThat(shadow.streams).isEmpty();
        caller.end();
        assertThat(shadow.last().body).hasToString("body");
        assertThat(shadow.last().ended()).isTrue();
        assertThat(shadow.last().sent.authority()).isEqualTo("web.shop-shadow");
        assertThat(lab.up.last().body).hasToString("body");
        assertThat(lab.up.last().sent.authority()).isEqualTo("web.shop");
        lab.up.last().answer(200, "ok");
        assertThat(caller.body).hasToString("ok");
        shadow.last().answer(500, "nobody reads this");
        assertThat(shadow.last().granted).isEqualTo(17);
        assertThat(lab.ended).hasSize(1);
    }

    @Test
    void mirrors_overTheLimit_areNotSent() {
        var shadow = lab.cluster("shadow");
        lab.routes.mirrors =
                List.of(new MirrorPolicy("shadow", "", Fraction.ALL, Optional.empty(), true));
        lab.routes.to("/", "up");
        for (int i = 0; i < ProxyLimits.defaults().mirrorsInFlight() + 1; i++) {
            lab.get("/");
        }
        assertThat(shadow.streams).hasSize(ProxyLimits.defaults().mirrorsInFlight());
        shadow.stream(0).lose(StreamReset.Kind.REMOTE);
        lab.get("/");
        assertThat(shadow.streams).hasSize(ProxyLimits.defaults().mirrorsInFlight() + 1);
    }

    @Test
    void limits_areThese() {
        assertThat(ProxyLimits.defaults())
                .isEqualTo(new ProxyLimits(1 << 20, 1_024, 4, 64 << 10, Duration.ofSeconds(5)));
    }
}
