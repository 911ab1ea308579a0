package dev.ambit.waypoint.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.http.StreamReset;
import dev.ambit.waypoint.match.Fraction;
import dev.ambit.waypoint.route.MirrorPolicy;
import dev.ambit.waypoint.upstream.UpstreamFailure;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import net.jqwik.api.constraints.Size;

/// Callers, hosts and clocks that do things in any order. Whatever they do: one response at most,
/// one end, no byte lost or doubled, no more credit than bytes, nothing left over.
class ExchangeFuzzTest {
    @Property(tries = 3_000)
    @Tag("fuzz")
    void anyOrder_endsOnce(
            @ForAll boolean hedge,
            @ForAll boolean mirror,
            @ForAll boolean holds,
            @ForAll boolean body,
            @ForAll @Size(max = 40) List<Byte> steps) {
        new Run().play(hedge, mirror, holds, body, steps);
    }

    /// One exchange.
    private static final class Run {
        private final StoryLab lab = new StoryLab();
        private final List<ByteBuf> buffers = new ArrayList<>();
        private final CallerStream caller = new CallerStream(lab.loop);
        private final StringBuilder sent = new StringBuilder();
        private boolean requestEnded;
        private boolean callerGone;

        void play(boolean hedge, boolean mirror, boolean holds, boolean body, List<Byte> steps) {
            lab.routes.hedge = hedge;
            lab.routes.retry = TestRoutes.retry("5xx,reset,connect-failure,refused-stream", 2, 100);
            lab.routes.timeouts = TestRoutes.timeouts(1_000);
            if (mirror) {
                lab.cluster("shadow");
                lab.routes.mirrors =
                        List.of(
                                new MirrorPolicy(
                                        "shadow", "", Fraction.ALL, Optional.empty(), false));
            }
            lab.routes.to("/", "up");
            lab.options = Options.streamIdle(lab.options, Duration.ofSeconds(3));
            lab.up.holds = holds;
            requestEnded = !body;
            lab.ask(caller, StoryLab.request("POST", "/"), body);
            for (byte step : steps) {
                act(step & 0xff);
                check();
            }
            finish();
            check();
            assertThat(lab.ended).hasSize(1);
            assertThat(lab.up.retriesOut).isZero();
            for (var buffer : buffers) {
                assertThat(buffer.refCnt()).isZero();
            }
        }

        private ByteBuf buffer(String text) {
            var bytes = Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1);
            buffers.add(bytes);
            return bytes;
        }

        private void act(int step) {
            int argument = step >> 4;
            switch (step & 15) {
                case 0, 1 -> request(argument);
                case 2 -> endRequest();
                case 3 -> callerGone(argument);
                case 4 -> caller.slow = !caller.slow;
                case 5 -> {
                    if (!callerGone && caller.untaken() > 0) {
                        caller.take(Math.min(caller.untaken(), 1 + argument));
                    }
                }
                case 6 -> lab.up.holds = !lab.up.holds;
                case 7 -> lab.up.proceed();
                case 8 ->
                        lab.up.failures.add(
                                UpstreamFailure.Kind.values()[
                                        argument % UpstreamFailure.Kind.values().length]);
                case 9, 10 -> lab.pass(Duration.ofMillis(1L << argument / 2));
                case 11 -> onHost(argument, this::head);
                case 12 -> onHost(argument, this::data);
                case 13 -> onHost(argument, HostExchange::end);
                case 14 -> onHost(argument, stream -> stream.lose(argument));
                default ->
                        onHost(
                                argument,
                                stream ->
                                        stream.stream.inlet.onInformational(
                                                new ResponseHead(100, new Headers())));
            }
        }

        private void request(int argument) {
            if (!requestEnded && !callerGone) {
                var text = Integer.toHexString(argument).repeat(1 + argument);
                sent.append(text);
                caller.inlet().onData(buffer(text));
                caller.inlet().onBurstEnd();
            }
        }

        private void endRequest() {
            if (!requestEnded && !callerGone) {
                requestEnded = true;
                caller.end();
                caller.inlet().onBurstEnd();
            }
        }

        private void callerGone(int argument) {
            if (!callerGone && caller.reset == null && lab.ended.isEmpty() && argument < 3) {
                callerGone = true;
                caller.inlet().onReset(new StreamReset(StreamReset.Kind.CONNECTION_LOST, ""));
            }
        }

        /// What a host's codec may still tell.
        private final class HostExchange {
            final HostStream stream;

            HostExchange(HostStream stream) {
                this.stream = stream;
            }

            boolean quiet() {
                return stream.reset != null || stream.over;
            }

            void end() {
                if (stream.headed && !quiet()) {
                    stream.over = true;
                    stream.inlet.onEnd(new Headers());
                }
            }

            void lose(int kind) {
                if (!quiet()) {
                    stream.over = true;
                    stream.lose(StreamReset.Kind.values()[kind % StreamReset.Kind.values().length]);
                }
            }
        }

        private void onHost(int argument, java.util.function.Consumer<HostExchange> action) {
            var all = lab.up.streams;
            if (!all.isEmpty()) {
                var host = new HostExchange(all.get(argument % all.size()));
                if (!host.quiet()) {
                    action.accept(host);
                }
            }
        }

        private void head(HostExchange host) {
            if (!host.stream.headed) {
                host.stream.headed = true;
                int status = host.stream.sent.headers().size() % 2 == 0 ? 200 : 503;
                host.stream.inlet.onHead(
                        new ResponseHead(lab.up.streams.size() > 1 ? 200 : status, new Headers()),
                        true);
            }
        }

        private void data(HostExchange host) {
            if (host.stream.headed) {
                host.stream.given += 3;
                host.stream.inlet.onData(buffer("abc"));
                host.stream.inlet.onBurstEnd();
            }
        }

        private void check() {
            assertThat(caller.granted).isLessThanOrEqualTo(sent.length());
            for (var stream : lab.up.streams) {
                assertThat(sent.toString()).startsWith(stream.body.toString());
                assertThat(stream.granted).isLessThanOrEqualTo(stream.given);
            }
            assertThat(lab.ended.size()).isLessThanOrEqualTo(1);
        }

        /// Time passes until all deadlines have.
        private void finish() {
            caller.slow = false;
            endRequest();
            for (int i = 0; i < 10 && lab.ended.isEmpty(); i++) {
                lab.pass(Duration.ofSeconds(2));
                lab.up.proceed();
                if (!callerGone && caller.untaken() > 0) {
                    caller.take(caller.untaken());
                }
            }
            if (lab.clusters.containsKey("shadow")) {
                for (var stream : lab.cluster("shadow").streams) {
                    if (stream.reset == null) {
                        stream.lose(StreamReset.Kind.REMOTE);
                    }
                }
            }
        }
    }
}
