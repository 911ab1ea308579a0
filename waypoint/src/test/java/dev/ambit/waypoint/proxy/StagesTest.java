package dev.ambit.waypoint.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.http.StreamReset;
import dev.ambit.waypoint.route.StageConfigs;
import dev.ambit.waypoint.stage.Exchange;
import dev.ambit.waypoint.stage.HttpStage;
import dev.ambit.waypoint.stage.LocalReply;
import dev.ambit.waypoint.stage.OffStage;
import dev.ambit.waypoint.stage.Step;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What stages may do on a request's way.
class StagesTest {
    private final StoryLab lab = new StoryLab();
    private final List<String> seen = new ArrayList<>();

    private class Stage implements HttpStage {
        private final String name;
        private final Function<Exchange, Step> step;

        Stage(String name, Function<Exchange, Step> step) {
            this.name = name;
            this.step = step;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public Step onRequest(Exchange exchange) {
            seen.add(name);
            return step.apply(exchange);
        }

        @Override
        public void onResponse(Exchange exchange, ResponseHead head) {
            seen.add(name + " back");
            head.headers().add("seen-by", name);
        }
    }

    private Stage passes(String name) {
        return new Stage(name, _ -> Step.NEXT);
    }

    @Test
    void stages_runInOrder_andBackInReverse() {
        lab.stages.addAll(List.of(passes("a"), passes("b")));
        var caller = lab.get("/");
        lab.up.last().answer(200, "");
        assertThat(seen).containsExactly("a", "b", "b back", "a back");
        assertThat(caller.head().headers().all("seen-by")).containsExactly("b", "a");
    }

    @Test
    void answer_goesBackFromTheStageThatMadeIt() {
        lab.stages.add(passes("a"));
        lab.stages.add(
                new Stage(
                        "b",
                        _ ->
                                Step.answer(
                                        LocalReply.of(
                                                403,
                                                "RBAC: access denied",
                                                "rbac_access_denied_matched_policy[none]"))));
        lab.stages.add(passes("c"));
        var caller = lab.get("/");
        assertThat(caller.status()).isEqualTo(403);
        assertThat(caller.body).hasToString("RBAC: access denied");
        assertThat(seen).containsExactly("a", "b", "b back", "a back");
        assertThat(lab.up.contexts).isEmpty();
        assertThat(lab.info().responseCodeDetails)
                .isEqualTo("rbac_access_denied_matched_policy[none]");
    }

    @Test
    void later_waits_andNothingIsDialledBefore() {
        var waiting = new ArrayList<Exchange>();
        lab.stages.add(
                new Stage(
                        "a",
                        exchange -> {
                            waiting.add(exchange);
                            return Step.LATER;
                        }));
        var caller = lab.post("/");
        caller.data("early");
        assertThat(lab.up.contexts).isEmpty();
        assertThat(caller.granted).isZero();
        waiting.getFirst().resume(Step.NEXT);
        assertThat(lab.up.last().body).hasToString("early");
        assertThat(caller.granted).isEqualTo(5);
    }

    @Test
    void resume_beforeLaterIsReturned_goesOn() {
        lab.stages.add(
                new Stage(
                        "a",
                        exchange -> {
                            exchange.resume(Step.NEXT);
                            return Step.LATER;
                        }));
        lab.get("/");
        assertThat(lab.up.streams).hasSize(1);
    }

    @Test
    void caller_gone_tellsTheStageThatWaits() {
        var ends = new ArrayList<String>();
        lab.stages.add(
                new Stage(
                        "a",
                        exchange -> {
                            exchange.whenEnded(() -> ends.add("told"));
                            return Step.LATER;
                        }));
        var caller = lab.get("/");
        caller.inlet().onReset(new StreamReset(StreamReset.Kind.CONNECTION_LOST, ""));
        assertThat(ends).containsExactly("told");
        assertThat(lab.up.contexts).isEmpty();
    }

    @Test
    void route_switchesAStageOff() {
        lab.stages.addAll(List.of(passes("a"), passes("b")));
        lab.routes.stages = new StageConfigs(Map.of(), Set.of("a"), Set.of());
        lab.routes.to("/", "up");
        lab.get("/");
        lab.up.last().answer(200, "");
        assertThat(seen).containsExactly("b", "b back");
    }

    @ParameterizedTest
    @CsvSource({"false, 'b,b back'", "true, 'a,b,b back,a back'"})
    void stageThatIsOff_runsOnlyWhereTheRouteSaysSo(boolean on, String expected) {
        lab.stages.addAll(List.of(new OffStage(passes("a")), passes("b")));
        lab.routes.stages = new StageConfigs(Map.of(), Set.of(), on ? Set.of("a") : Set.of());
        lab.routes.to("/", "up");
        lab.get("/");
        lab.up.last().answer(200, "");
        assertThat(String.join(",", seen)).isEqualTo(expected);
    }

    @Test
    void stageThatIsOff_leavesBodiesAlone() {
        var transform =
                new HttpStage.BodyTransform() {
                    @Override
                    public ByteBuf onData(ByteBuf bytes) {
                        throw new AssertionError("must not be asked");
                    }
                };
        lab.stages.add(
                new OffStage(
                        new Stage("a", _ -> Step.NEXT) {
                            @Override
                            public BodyTransform requestBody(Exchange exchange) {
                                return transform;
                            }

                            @Override
                            public BodyTransform responseBody(
                                    Exchange exchange, ResponseHead head) {
                                return transform;
                            }
                        }));
        lab.get("/");
        lab.up.last().answer(200, "hello");
        assertThat(lab.up.streams).hasSize(1);
    }

    @Test
    void clearedRoute_isFoundAnew() {
        lab.cluster("other");
        lab.routes.to("/other", "other");
        lab.stages.add(
                new Stage(
                        "a",
                        exchange -> {
                            exchange.request().path("/other");
                            exchange.clearRoute();
                            return Step.NEXT;
                        }));
        lab.get("/first");
        assertThat(lab.cluster("other").streams).hasSize(1);
        assertThat(lab.up.streams).isEmpty();
    }

    // ---- bodies

    private final class Reader extends Stage {
        private final int most;
        private final boolean partial;
        @Nullable String body;
        boolean complete;

        Reader(int most, boolean partial) {
            super("reader", _ -> new Step.NeedBody(most, partial));
            this.most = most;
            this.partial = partial;
        }

        @Override
        public Step onBody(Exchange exchange, ByteBuf bytes, boolean whole) {
            body = bytes.toString(StandardCharsets.ISO_8859_1);
            complete = whole;
            return Step.NEXT;
        }
    }

    @Test
    void neededBody_isCollected_andStillForwarded() {
        var reader = new Reader(10, false);
        lab.stages.add(reader);
        var caller = lab.post("/");
        caller.data("abc");
        caller.data("def");
        assertThat(caller.granted).isEqualTo(6);
        assertThat(reader.body).isNull();
        caller.end();
        assertThat(reader.body).isEqualTo("abcdef");
        assertThat(reader.complete).isTrue();
        assertThat(lab.up.last().body).hasToString("abcdef");
        assertThat(caller.granted).isEqualTo(6);
    }

    @Test
    void neededBody_tooLong_is413() {
        lab.stages.add(new Reader(4, false));
        var caller = lab.post("/");
        caller.data("abcdef");
        assertThat(caller.status()).isEqualTo(413);
        assertThat(caller.body).hasToString("Payload Too Large");
        assertThat(lab.info().responseCodeDetails).isEqualTo("request_payload_too_large");
    }

    @Test
    void neededBody_partial_getsWhatFits() {
        var reader = new Reader(4, true);
        lab.stages.add(reader);
        var caller = lab.post("/");
        caller.data("abcdef");
        assertThat(reader.body).isEqualTo("abcd");
        assertThat(reader.complete).isFalse();
        caller.data("gh");
        caller.end();
        assertThat(lab.up.last().body).hasToString("abcdefgh");
        assertThat(caller.granted).isEqualTo(8);
    }

    /// Doubles each byte of one body; puts `!` at its end.
    private static final class Doubling implements HttpStage {
        private final boolean ofRequest;

        Doubling(boolean ofRequest) {
            this.ofRequest = ofRequest;
        }

        @Override
        public String name() {
            return "doubling";
        }

        @Override
        public Step onRequest(Exchange exchange) {
            return Step.NEXT;
        }

        @Override
        public @Nullable BodyTransform requestBody(Exchange exchange) {
            return ofRequest ? new Doubled() : null;
        }

        @Override
        public @Nullable BodyTransform responseBody(Exchange exchange, ResponseHead head) {
            return ofRequest ? null : new Doubled();
        }
    }

    private static final class Doubled implements HttpStage.BodyTransform {
        @Override
        public ByteBuf onData(ByteBuf bytes) {
            var text = bytes.toString(StandardCharsets.ISO_8859_1);
            bytes.release();
            return Unpooled.copiedBuffer(text + text, StandardCharsets.ISO_8859_1);
        }

        @Override
        public ByteBuf onEnd(Headers trailers) {
            return Unpooled.copiedBuffer("!", StandardCharsets.ISO_8859_1);
        }
    }

    @Test
    void changedRequestBody_givesAllCreditBack() {
        lab.stages.add(new Doubling(true));
        lab.up.holds = true;
        var caller = lab.post("/");
        caller.data("ab");
        lab.up.proceed();
        caller.data("c");
        caller.end();
        assertThat(lab.up.last().body).hasToString("ababcc!");
        assertThat(caller.granted).isEqualTo(3);
    }

    @Test
    void changedResponseBody_givesAllCreditBack() {
        lab.stages.add(new Doubling(false));
        var caller = lab.get("/");
        lab.up.last().head(200).data("ab").data("c").end();
        assertThat(caller.body).hasToString("ababcc!");
        assertThat(lab.up.last().granted).isEqualTo(3);
        assertThat(lab.ended).hasSize(1);
    }
}
