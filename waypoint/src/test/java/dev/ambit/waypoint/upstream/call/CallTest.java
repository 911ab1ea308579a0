package dev.ambit.waypoint.upstream.call;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.HttpVersion;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.http.StreamReset;
import dev.ambit.waypoint.upstream.UpstreamFailure;
import dev.ambit.waypoint.upstream.UpstreamHost.HostResult;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CallTest {
    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final OneHost host = new OneHost(channel.eventLoop(), "c");
    private final List<CallResult> results = new ArrayList<>();

    @AfterEach
    void close() {
        channel.close();
    }

    private Call start(String cluster, String body) {
        channel.freezeTime();
        var head =
                new RequestHead(
                        HttpVersion.HTTP_1_1, "POST", "http", "h", "/", new Headers(), null);
        return Call.start(
                channel.eventLoop(),
                host,
                cluster,
                head,
                body.getBytes(StandardCharsets.UTF_8),
                Duration.ofSeconds(5),
                10,
                results::add);
    }

    private void pass(int seconds) {
        channel.advanceTimeBy(seconds, TimeUnit.SECONDS);
        channel.runScheduledPendingTasks();
    }

    @Test
    void call_answered_isToldOnceWithAll() {
        start("c", "hi");
        assertThat(host.last().body).asString().isEqualTo("hi");
        assertThat(host.last().requestEnded).isTrue();
        host.last()
                .answer(
                        201,
                        new Headers().add("a", "b"),
                        "ok".getBytes(StandardCharsets.UTF_8),
                        new Headers().add("t", "u"));
        pass(6);
        assertThat(results)
                .singleElement()
                .satisfies(result -> {
                    var answered = (CallResult.Answered) result;
                    assertThat(answered.status()).isEqualTo(201);
                    assertThat(answered.headers().get("a")).isEqualTo("b");
                    assertThat(answered.body()).asString().isEqualTo("ok");
                    assertThat(answered.trailers().get("t")).isEqualTo("u");
                });
        assertThat(host.last().granted).isEqualTo(2);
        assertThat(host.last().reset).isNull();
        assertThat(host.reports).containsExactly(new HostResult.Answered(201));
    }

    @Test
    void call_withoutBody_endsWithItsHead() {
        start("c", "");
        assertThat(host.last().requestEnded).isTrue();
        assertThat(host.last().body.size()).isZero();
    }

    @Test
    void call_late_isResetAndToldOnce() {
        start("c", "hi");
        pass(6);
        assertThat(results)
                .containsExactly(
                        new CallResult.Failed(CallResult.Kind.TIMEOUT, "no answer in time"));
        assertThat(host.last().reset).isNotNull();
        assertThat(host.reports).containsExactly(new HostResult.Timeout());
    }

    @Test
    void call_waitingTooLong_givesUpItsPlace() {
        host.silent = true;
        start("c", "hi");
        pass(6);
        assertThat(host.cancelled).isEqualTo(1);
        assertThat(results).hasSize(1);
    }

    @Test
    void call_answerTooLarge_fails() {
        start("c", "hi");
        host.last().answer(200, new Headers(), new byte[11], new Headers());
        assertThat(results)
                .containsExactly(
                        new CallResult.Failed(
                                CallResult.Kind.TOO_LARGE, "an answer of more than 10 bytes"));
        assertThat(host.last().reset).isNotNull();
    }

    @Test
    void call_reset_fails() {
        start("c", "hi");
        host.last().inlet.onReset(new StreamReset(StreamReset.Kind.REMOTE, "gone"));
        assertThat(results).containsExactly(new CallResult.Failed(CallResult.Kind.RESET, "gone"));
        assertThat(host.reports).containsExactly(new HostResult.Reset());
    }

    @Test
    void call_noCluster_failsAtOnce() {
        start("other", "hi");
        assertThat(results)
                .containsExactly(
                        new CallResult.Failed(CallResult.Kind.NO_CLUSTER, "no cluster 'other'"));
    }

    @ParameterizedTest
    @CsvSource({
        "NO_HEALTHY_HOST, NO_HEALTHY_HOST",
        "OVERFLOW, OVERFLOW",
        "CONNECT_FAILED, CONNECT",
        "CONNECT_TIMEOUT, CONNECT",
        "DNS, CONNECT",
    })
    void call_noConnection_failsWithItsKind(UpstreamFailure.Kind why, CallResult.Kind kind) {
        host.failure = new UpstreamFailure(why, null, "why");
        start("c", "hi");
        assertThat(results).containsExactly(new CallResult.Failed(kind, "why"));
    }

    @Test
    void call_cancelled_tellsNobody() {
        var call = start("c", "hi");
        call.cancel();
        call.cancel();
        pass(6);
        assertThat(results).isEmpty();
        assertThat(host.last().reset).isNotNull();
    }

    // ---- gRPC

    private Grpc.Result grpc(int status, Headers headers, byte[] body, Headers trailers) {
        var told = new ArrayList<Grpc.Result>();
        Grpc.unary(
                channel.eventLoop(),
                host,
                "c",
                Grpc.head("c", "", "p.S/M", Map.of("x", "y"), Duration.ofSeconds(2)),
                new byte[] {7},
                Duration.ofSeconds(2),
                100,
                told::add);
        host.last().answer(status, headers, body, trailers);
        assertThat(told).hasSize(1);
        return told.getFirst();
    }

    @Test
    void unary_sent_isFramedWithItsHeaders() {
        grpc(200, new Headers(), new byte[0], new Headers().add("grpc-status", "0"));
        var head = host.last().head;
        assertThat(head.path()).isEqualTo("/p.S/M");
        assertThat(head.authority()).isEqualTo("c");
        assertThat(head.headers().toString())
                .isEqualTo(
                        "te: trailers\n"
                                + "grpc-timeout: 2000m\n"
                                + "content-type: application/grpc\n"
                                + "x: y\n");
        assertThat(host.last().body.toByteArray()).containsExactly(0, 0, 0, 0, 1, 7);
    }

    @Test
    void unary_answered_isItsMessage() {
        var result =
                grpc(
                        200,
                        new Headers(),
                        Grpc.frame(new byte[] {1, 2}),
                        new Headers().add("grpc-status", "0"));
        assertThat(((Grpc.Result.Message) result).bytes()).containsExactly(1, 2);
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "200, 5, -, not%20there, 0, 5, not there",
                "200, -, 7, no+way, 0, 7, no+way",
                "200, -, -, -, 0, 2, an answer without grpc-status",
                "503, -, -, -, 0, 14, HTTP status 503",
                "404, -, -, -, 0, 12, HTTP status 404",
                "200, 0, -, -, 0, 13, no message in the answer",
                "200, 0, -, -, 6, 13, a message of 0 bytes in 1: not one message",
                "200, x, -, %zz, 0, 2, %zz",
            })
    void unary_withoutMessage_isAStatus(
            int status,
            String trailer,
            String header,
            String message,
            int body,
            int code,
            String text) {
        var headers = new Headers();
        var trailers = new Headers();
        var status_ = trailer == null ? header : trailer;
        if (status_ != null) {
            (trailer == null ? headers : trailers).add("grpc-status", status_);
            if (message != null) {
                (trailer == null ? headers : trailers).add("grpc-message", message);
            }
        }
        assertThat(grpc(status, headers, new byte[body], trailers))
                .isEqualTo(new Grpc.Result.Status(code, text, null));
    }

    @Test
    void stream_opened_sendsAndHearsOfItsEnd() {
        var heard = new ArrayList<String>();
        var head = Grpc.head("c", "a", "p.S/M", Map.of(), Duration.ZERO);
        var stream = GrpcStream.open(host, "c", head, () -> heard.add("ready"), heard::add);
        stream.send(new byte[] {1});
        assertThat(stream.outstanding()).isEqualTo(6);
        host.last().inlet.onTaken(6);
        assertThat(stream.outstanding()).isZero();
        host.last().answer(200, new Headers(), new byte[3], new Headers().add("grpc-status", "0"));
        stream.send(new byte[] {2});
        assertThat(host.last().body.toByteArray()).containsExactly(0, 0, 0, 0, 1, 1);
        assertThat(heard).containsExactly("ready", "ended by the server, grpc-status 0");
        assertThat(stream.open()).isFalse();
    }

    @Test
    void stream_closed_endsAndTellsNobody() {
        var heard = new ArrayList<String>();
        var head = Grpc.head("c", "a", "p.S/M", Map.of(), Duration.ZERO);
        var stream = GrpcStream.open(host, "c", head, () -> heard.add("ready"), heard::add);
        stream.close();
        assertThat(host.last().requestEnded).isTrue();
        assertThat(heard).containsExactly("ready");
    }

    @Test
    void stream_noCluster_isClosedAtOnce() {
        var heard = new ArrayList<String>();
        var head = Grpc.head("o", "a", "p.S/M", Map.of(), Duration.ZERO);
        GrpcStream.open(host, "o", head, () -> heard.add("ready"), heard::add);
        assertThat(heard).containsExactly("no cluster 'o'");
    }
}
