package dev.ambit.waypoint.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.waypoint.exchange.ResponseFlag;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.HttpVersion;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.http.StreamReset;
import dev.ambit.waypoint.route.RouteAction;
import dev.ambit.waypoint.upstream.UpstreamFailure.Kind;
import dev.ambit.waypoint.upstream.UpstreamHost.HostResult;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Requests through one chain, with codecs and hosts in memory. The answers are those of Envoy
/// 1.40.
class HttpExchangeTest {
    private final StoryLab lab = new StoryLab();

    // ---- forwarded and answered

    @Test
    void request_withoutBody_isForwardedAndAnswered() {
        var caller = lab.get("/a", "x", "y");
        var asked = lab.up.last();
        assertThat(asked.bodyFollows).isFalse();
        assertThat(asked.sent.headers().get("x")).isEqualTo("y");
        assertThat(asked.sent.headers().get("x-forwarded-proto")).isEqualTo("http");
        assertThat(asked.sent.headers().get("x-request-id"))
                .matches("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
        lab.pass(Duration.ofMillis(3));
        asked.head(200, "server", "me", "content-length", "2").data("hi").end();
        assertThat(caller.status()).isEqualTo(200);
        assertThat(caller.header("server")).isEqualTo("istio-envoy");
        assertThat(caller.header("date")).isEqualTo("Tue, 14 Jul 2026 03:33:20 GMT");
        assertThat(caller.header("x-envoy-upstream-service-time")).isEqualTo("3");
        assertThat(caller.body).hasToString("hi");
        assertThat(caller.trailers).isNotNull();
        assertThat(lab.told)
                .containsExactly("request", "attempt 10.0.0.1:8080", "response 200", "end");
        assertThat(lab.info().responseCodeDetails).isEqualTo("via_upstream");
        assertThat(lab.info().bytesSent).isEqualTo(2);
        assertThat(lab.info().attempts).isEqualTo(1);
        assertThat(lab.info().upstreamHost).isEqualTo("10.0.0.1:8080");
        assertThat(asked.host.results).containsExactly(new HostResult.Answered(200));
    }

    @Test
    void bodies_bothWays_withTrailers_arePassed() {
        var caller = lab.post("/a", "te", "trailers");
        caller.data("one");
        caller.data("two");
        var last = new Headers();
        last.add("sum", "6");
        caller.inlet().onEnd(last);
        var asked = lab.up.last();
        assertThat(asked.body).hasToString("onetwo");
        assertThat(asked.trailers().get("sum")).isEqualTo("6");
        assertThat(caller.granted).isEqualTo(6);
        asked.head(200).data("abc").end("grpc-status", "0");
        assertThat(caller.body).hasToString("abc");
        assertThat(caller.trailers().get("grpc-status")).isEqualTo("0");
        assertThat(asked.granted).isEqualTo(3);
        assertThat(lab.info().bytesReceived).isEqualTo(6);
    }

    @Test
    void credit_goesBack_whenTheOtherSideTook() {
        lab.up.holds = true;
        var caller = lab.post("/a");
        caller.data("12345");
        assertThat(caller.granted).isZero();
        lab.up.proceed();
        assertThat(caller.granted).isEqualTo(5);
        var asked = lab.up.last();
        asked.slow = true;
        caller.data("678");
        assertThat(caller.granted).isEqualTo(5);
        asked.take(2);
        assertThat(caller.granted).isEqualTo(7);
        caller.slow = true;
        asked.head(200).data("abcd");
        assertThat(asked.granted).isZero();
        caller.take(3);
        assertThat(asked.granted).isEqualTo(3);
    }

    @Test
    void response_thatNobodyHasTaken_isNotTheEnd() {
        var caller = new CallerStream(lab.loop);
        caller.slow = true;
        lab.ask(caller, StoryLab.request("GET", "/"), false);
        lab.up.last().answer(200, "hello");
        assertThat(lab.ended).isEmpty();
        caller.take(5);
        assertThat(lab.ended).hasSize(1);
    }

    @Test
    void informational_isPassed_andEndsRetries() {
        lab.routes.retry = TestRoutes.retry("5xx", 2, 0);
        lab.routes.to("/", "up");
        var caller = lab.post("/", "expect", "100-continue");
        lab.up.last().inlet.onInformational(new ResponseHead(100, new Headers()));
        assertThat(caller.interim).hasSize(1);
        lab.up.last().answer(503, "no");
        assertThat(caller.status()).isEqualTo(503);
    }

    // ---- answers of this side

    @Test
    void directResponse_isGivenAsText() {
        lab.routes.add("/", new RouteAction.Direct(418, Optional.of("teapot")));
        var caller = lab.get("/x");
        assertThat(caller.status()).isEqualTo(418);
        assertThat(caller.body).hasToString("teapot");
        assertThat(caller.header("content-length")).isEqualTo("6");
        assertThat(caller.header("content-type")).isEqualTo("text/plain");
        assertThat(lab.info().responseCodeDetails).isEqualTo("direct_response");
    }

    @Test
    void grpcRequest_isAnsweredInGrpcWords() {
        lab.up.failures.add(Kind.CONNECT_FAILED);
        var caller = lab.get("/s/m", "content-type", "application/grpc");
        assertThat(caller.status()).isEqualTo(200);
        assertThat(caller.header("content-type")).isEqualTo("application/grpc");
        assertThat(caller.header("grpc-status")).isEqualTo("14");
        assertThat(caller.header("grpc-message"))
                .isEqualTo(
                        "upstream connect error or disconnect/reset before headers. reset reason:"
                                + " remote connection failure");
        assertThat(caller.bodyFollows).isFalse();
        assertThat(lab.flags()).isEqualTo("UF");
    }

    @Test
    void cluster_missing_is503() {
        lab.routes.to("/", "nowhere");
        var caller = lab.get("/");
        assertThat(caller.status()).isEqualTo(503);
        assertThat(caller.bodyFollows).isFalse();
        assertThat(lab.flags()).isEqualTo("NC");
        assertThat(lab.info().responseCodeDetails).isEqualTo("cluster_not_found");
        assertThat(lab.info().attempts).isZero();
    }

    @ParameterizedTest
    @CsvSource({
        "NO_HEALTHY_HOST, 503, UH, no healthy upstream, no_healthy_upstream",
        "OVERFLOW, 503, UO, overflow, upstream_reset_before_response_started{overflow}",
        "CONNECT_FAILED, 503, UF, remote connection failure,"
                + " upstream_reset_before_response_started{remote_connection_failure|refused_by_it}",
        "CONNECT_TIMEOUT, 503, UF, connection timeout,"
                + " upstream_reset_before_response_started{connection_timeout}",
        "DNS, 503, DF, DNS resolution failure, dns_resolution_failure{}"
    })
    void connection_notHad_isAnswered(
            Kind kind, int status, String flags, String body, String details) {
        lab.up.failures.add(kind);
        var caller = lab.get("/");
        assertThat(caller.status()).isEqualTo(status);
        assertThat(caller.body.toString()).endsWith(body);
        assertThat(lab.flags()).isEqualTo(flags);
        assertThat(lab.info().responseCodeDetails).isEqualTo(details);
        assertThat(lab.info().attempts).isEqualTo(kind == Kind.DNS ? 0 : 1);
        assertThat(caller.header("x-envoy-overloaded"))
                .isEqualTo(kind == Kind.OVERFLOW ? "true" : null);
    }

    @ParameterizedTest
    @CsvSource({
        "REMOTE, 503, UR, remote reset",
        "REMOTE_REFUSED, 503, UR, remote refused stream reset",
        "CONNECTION_LOST, 503, UC, connection termination",
        "PROTOCOL_ERROR, 502, UPE, protocol error",
        "LOCAL, 503, LR, local reset"
    })
    void attempt_lostBeforeAResponse_isAnswered(
            StreamReset.Kind kind, int status, String flags, String reason) {
        var caller = lab.get("/");
        lab.up.last().lose(kind);
        assertThat(caller.status()).isEqualTo(status);
        assertThat(caller.body)
                .hasToString(
                        "upstream connect error or disconnect/reset before headers. reset reason: "
                                + reason);
        assertThat(lab.flags()).isEqualTo(flags);
        assertThat(lab.info().responseCodeDetails)
                .isEqualTo(
                        "upstream_reset_before_response_started{" + reason.replace(' ', '_') + "}");
        assertThat(lab.up.last().host.results).containsExactly(new HostResult.Reset());
    }

    @Test
    void attempt_lostInAResponse_resetsTheCaller() {
        var caller = lab.get("/");
        lab.up.last().head(200).data("part");
        lab.up.last().lose(StreamReset.Kind.CONNECTION_LOST);
        assertThat(caller.status()).isEqualTo(200);
        assertThat(caller.reset).isNotNull();
        assertThat(lab.flags()).isEqualTo("UC");
        assertThat(lab.info().responseCodeDetails)
                .isEqualTo("upstream_reset_after_response_started{connection_termination}");
    }

    @ParameterizedTest
    @CsvSource({
        "GET, '', 404, missing_path_rejected",
        "OPTIONS, '*', 404, absolute_path_rejected",
        "GET, '/a#b', 400, path_normalization_failed"
    })
    void head_notUnderstood_isRefused(String method, String path, int status, String details) {
        var caller = lab.ask(StoryLab.request(method, path), false);
        assertThat(caller.status()).isEqualTo(status);
        assertThat(lab.info().responseCodeDetails).isEqualTo(details);
        assertThat(lab.drained).isEqualTo(status == 400);
        assertThat(caller.header("connection")).isEqualTo(status == 400 ? "close" : null);
        assertThat(lab.up.streams).isEmpty();
        assertThat(lab.told).containsExactly("end");
    }

    @Test
    void head_notUnderstood_ofGrpc_isRefusedInItsWords() {
        var request = StoryLab.request("POST", "/a#b");
        request.headers().add("content-type", "application/grpc");
        var caller = lab.ask(request, false);
        assertThat(caller.status()).isEqualTo(200);
        assertThat(caller.header("grpc-status")).isEqualTo("13");
        assertThat(lab.info().responseCodeDetails).isEqualTo("path_normalization_failed");
    }

    @Test
    void head_notUnderstood_butWithItsScheme_isToldWithItsRoute() {
        var request = StoryLab.request("GET", "/a#b");
        lab.ask(request, false);
        assertThat(lab.info().clusterName).isEmpty();

        var other = StoryLab.request("GET", "/a#b");
        other.headers().add("x-forwarded-proto", "https");
        lab.ask(other, false);
        assertThat(lab.info().clusterName).isNotEmpty();
    }

    @Test
    void head_request_isAnsweredWithoutBody() {
        lab.routes.add("/", new RouteAction.Direct(200, Optional.of("text")));
        var caller = lab.ask(StoryLab.request("HEAD", "/"), false);
        assertThat(caller.header("content-length")).isEqualTo("4");
        assertThat(caller.bodyFollows).isFalse();
    }

    // ---- who ends it

    @Test
    void caller_gone_endsTheAttempt() {
        var caller = lab.get("/");
        caller.inlet().onReset(new StreamReset(StreamReset.Kind.CONNECTION_LOST, ""));
        assertThat(lab.up.last().reset).isNotNull();
        assertThat(lab.flags()).isEqualTo("DC");
        assertThat(lab.info().responseCode).isZero();
        assertThat(lab.info().responseCodeDetails).isEqualTo("downstream_remote_disconnect");
    }

    @Test
    void caller_goneWhileWaiting_givesTheWaitUp() {
        lab.up.holds = true;
        var caller = lab.get("/");
        caller.inlet().onReset(new StreamReset(StreamReset.Kind.REMOTE, ""));
        assertThat(lab.up.cancelled).isEqualTo(1);
        assertThat(lab.flags()).isEqualTo("DR");
    }

    @Test
    void response_beforeTheRequestEnded_endsTheAttempt() {
        var caller = lab.post("/");
        caller.data("abc");
        lab.up.last().answer(413, "too much");
        assertThat(caller.status()).isEqualTo(413);
        assertThat(caller.header("x-envoy-upstream-service-time")).isNull();
        assertThat(lab.up.last().reset).isNotNull();
        caller.data("rest");
        assertThat(caller.granted).isEqualTo(7);
        assertThat(lab.ended).hasSize(1);
    }

    // ---- times

    @Test
    void globalTimeout_beginsWithTheRequestsEnd() {
        lab.routes.timeouts = TestRoutes.timeouts(300);
        lab.routes.to("/", "up");
        var caller = lab.post("/");
        lab.pass(Duration.ofSeconds(5));
        assertThat(caller.status()).isZero();
        caller.end();
        lab.pass(Duration.ofMillis(300));
        assertThat(caller.status()).isEqualTo(504);
        assertThat(caller.body).hasToString("upstream request timeout");
        assertThat(lab.flags()).isEqualTo("UT");
        assertThat(lab.info().responseCodeDetails).isEqualTo("response_timeout");
        assertThat(lab.up.last().reset).isNotNull();
        assertThat(lab.up.last().host.results).containsExactly(new HostResult.Timeout());
    }

    @Test
    void streamIdle_isAnsweredOrEnded() {
        lab.options = Options.streamIdle(lab.options, Duration.ofSeconds(1));
        var silent = lab.get("/");
        lab.pass(Duration.ofSeconds(1));
        assertThat(silent.status()).isEqualTo(504);
        assertThat(silent.body).hasToString("stream timeout");
        assertThat(lab.flags()).isEqualTo("SI");
        var slow = lab.get("/");
        lab.pass(Duration.ofMillis(700));
        lab.up.last().head(200).data("a");
        lab.pass(Duration.ofMillis(700));
        assertThat(slow.reset).isNull();
        lab.pass(Duration.ofMillis(700));
        assertThat(slow.reset).isNotNull();
        assertThat(lab.info().responseCodeDetails).isEqualTo("stream_idle_timeout");
    }

    @Test
    void maxDuration_isAnswered() {
        lab.options = Options.maxStream(lab.options, Duration.ofSeconds(1));
        var caller = lab.post("/");
        lab.pass(Duration.ofSeconds(1));
        assertThat(caller.status()).isEqualTo(408);
        assertThat(caller.body).hasToString("downstream duration timeout");
        assertThat(lab.info().responseCodeDetails).isEqualTo("max_duration_timeout");
        assertThat(lab.flags()).isEmpty();
    }

    @Test
    void attemptDuration_isWhatTheRequestSays() {
        var caller = lab.get("/", "x-envoy-upstream-stream-duration-ms", "50");
        assertThat(lab.up.last().sent.headers().contains("x-envoy-upstream-stream-duration-ms"))
                .isFalse();
        lab.up.last().head(200).data("part");
        lab.pass(Duration.ofMillis(50));
        assertThat(caller.reset).isNotNull();
        assertThat(lab.flags()).isEqualTo("UMSDR");
        var other = lab.get("/", "x-envoy-upstream-stream-duration-ms", "50");
        lab.pass(Duration.ofMillis(50));
        assertThat(other.status()).isEqualTo(504);
        assertThat(lab.info().responseCodeDetails)
                .isEqualTo("upstream_max_stream_duration_reached");
    }

    // ---- upgrades

    @Test
    void upgrade_allowed_carriesBytesBothWays() {
        var head = StoryLab.request("GET", "/ws");
        head.upgrade("websocket");
        var caller = lab.ask(head, true);
        lab.up.last().head(101, "upgrade", "websocket");
        assertThat(caller.status()).isEqualTo(101);
        caller.data("ping");
        assertThat(lab.up.last().body).hasToString("ping");
        lab.up.last().data("pong");
        assertThat(caller.body).hasToString("pong");
        lab.up.last().end();
        assertThat(lab.ended).hasSize(1);
    }

    @Test
    void upgrade_notAllowed_is403() {
        var head = StoryLab.request("GET", "/ws");
        head.upgrade("smoke-signals");
        assertThat(lab.ask(head, true).status()).isEqualTo(403);
        assertThat(lab.info().responseCodeDetails).isEqualTo("upgrade_failed");
        assertThat(lab.up.streams).isEmpty();
    }

    // ---- the connection

    @Test
    void requests_ofAConnection_getTheNewestChain() {
        lab.get("/");
        lab.up.last().answer(200, "");
        lab.routes.add("/", new RouteAction.Direct(403, Optional.empty()));
        lab.publish();
        assertThat(lab.get("/").status()).isEqualTo(403);
    }

    @Test
    void rejected_isTold() {
        lab.get("/");
        lab.handler()
                .onRejected(
                        new dev.ambit.waypoint.http.ServerConnection.Rejected(
                                HttpVersion.HTTP_1_1, 400, "http1.codec_error", "cause"));
        assertThat(lab.info().responseCode).isEqualTo(400);
        assertThat(lab.info().flags())
                .isEqualTo(java.util.Set.of(ResponseFlag.DOWNSTREAM_PROTOCOL_ERROR));
    }

    @Test
    void connection_idle_isDrained() {
        lab.get("/");
        lab.pass(Duration.ofHours(2));
        assertThat(lab.drained).isFalse();
        lab.up.last().answer(200, "");
        lab.pass(Duration.ofMinutes(59));
        assertThat(lab.drained).isFalse();
        lab.pass(Duration.ofMinutes(1));
        assertThat(lab.drained).isTrue();
    }
}
