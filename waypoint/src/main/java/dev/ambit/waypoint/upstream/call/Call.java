package dev.ambit.waypoint.upstream.call;

import dev.ambit.waypoint.exchange.ConnectionInfo;
import dev.ambit.waypoint.http.ClientConnection;
import dev.ambit.waypoint.http.ClientStream;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.http.StreamReset;
import dev.ambit.waypoint.stage.Permit;
import dev.ambit.waypoint.upstream.PickContext;
import dev.ambit.waypoint.upstream.Upstream;
import dev.ambit.waypoint.upstream.UpstreamFailure;
import dev.ambit.waypoint.upstream.UpstreamHost;
import dev.ambit.waypoint.upstream.Upstreams;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// One request of our own, whose answer is collected. On its loop. Whoever made it is told once,
/// unless it cancels.
public final class Call {
    /// Calls come from nobody.
    private static final ConnectionInfo NOBODY =
            new ConnectionInfo(
                    "",
                    "",
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                    null,
                    "",
                    Optional.empty(),
                    Optional.empty(),
                    0,
                    0);

    private final RequestHead head;
    private final byte[] body;
    private final int most;
    private final Consumer<CallResult> done;
    private final ByteArrayOutputStream answer = new ByteArrayOutputStream();
    private Upstream.@Nullable Cancel waiting;
    private @Nullable ClientStream stream;
    private @Nullable Future<?> timer;
    private @Nullable UpstreamHost host;
    private @Nullable ResponseHead response;
    private boolean over;

    private Call(RequestHead head, byte[] body, int most, Consumer<CallResult> done) {
        this.head = head;
        this.body = body;
        this.most = most;
        this.done = done;
    }

    /// On the loop.
    ///
    /// @param body empty for none
    /// @param timeout for the whole; zero for none
    /// @param most bytes of an answer's body; with more the call fails
    /// @param done may be told before this returns
    public static Call start(
            EventLoop loop,
            Upstreams upstreams,
            String cluster,
            RequestHead head,
            byte[] body,
            Duration timeout,
            int most,
            Consumer<CallResult> done) {
        var call = new Call(head, body, most, done);
        var upstream = upstreams.find(cluster);
        if (upstream == null) {
            call.fail(CallResult.Kind.NO_CLUSTER, "no cluster '" + cluster + "'");
            return call;
        }
        if (!timeout.isZero()) {
            call.timer = loop.schedule(call::late, timeout.toNanos(), TimeUnit.NANOSECONDS);
        }
        var cancel = upstream.request(pick(head), Permit.forService(), call.new Waiting());
        if (call.stream == null && !call.over) {
            call.waiting = cancel;
        }
        return call;
    }

    static PickContext pick(RequestHead head) {
        return new PickContext(
                NOBODY,
                OptionalLong.empty(),
                head.version(),
                head.authority(),
                false,
                List.of(),
                List.of(),
                1);
    }

    static CallResult.Kind kind(UpstreamFailure.Kind kind) {
        return switch (kind) {
            case NO_HEALTHY_HOST -> CallResult.Kind.NO_HEALTHY_HOST;
            case OVERFLOW -> CallResult.Kind.OVERFLOW;
            case CONNECT_FAILED, CONNECT_TIMEOUT, DNS -> CallResult.Kind.CONNECT;
        };
    }

    /// Gives up; nobody is told any more. Idempotent.
    public void cancel() {
        end("cancelled");
    }

    private final class Waiting implements Upstream.RequestListener {
        @Override
        public void onReady(
                UpstreamHost chosen, ClientConnection connection, Upstream.ConnectionFacts facts) {
            waiting = null;
            host = chosen;
            boolean bodyFollows = body.length > 0;
            var to = connection.send(head, bodyFollows, new Answer());
            if (over) {
                return;
            }
            stream = to;
            if (bodyFollows) {
                to.writeData(Unpooled.wrappedBuffer(body));
                to.end(new Headers());
            }
            to.flush();
        }

        @Override
        public void onFailed(UpstreamFailure failure) {
            waiting = null;
            fail(kind(failure.kind()), failure.detail());
        }
    }

    private final class Answer implements ClientStream.Inlet {
        @Override
        public void onInformational(ResponseHead interim) {}

        @Override
        public void onHead(ResponseHead head, boolean bodyFollows) {
            response = head;
        }

        @Override
        public void onData(ByteBuf bytes) {
            int size = bytes.readableBytes();
            try {
                if (over) {
                    return;
                }
                if (answer.size() + size > most) {
                    fail(CallResult.Kind.TOO_LARGE, "an answer of more than " + most + " bytes");
                    return;
                }
                var copy = new byte[size];
                bytes.readBytes(copy);
                answer.writeBytes(copy);
            } finally {
                bytes.release();
            }
            if (stream != null) {
                stream.grant(size);
            }
        }

        @Override
        public void onBurstEnd() {}

        @Override
        public void onEnd(Headers trailers) {
            var head = response;
            if (over || head == null) {
                return;
            }
            if (host != null) {
                host.report(new UpstreamHost.HostResult.Answered(head.status()));
            }
            stream = null;
            tell(
                    new CallResult.Answered(
                            head.status(), head.headers(), answer.toByteArray(), trailers));
        }

        @Override
        public void onReset(StreamReset reason) {
            stream = null;
            if (host != null && !over) {
                host.report(new UpstreamHost.HostResult.Reset());
            }
            fail(CallResult.Kind.RESET, reason.detail());
        }

        @Override
        public void onTaken(int bytes) {}
    }

    private void late() {
        timer = null;
        if (host != null && !over) {
            host.report(new UpstreamHost.HostResult.Timeout());
        }
        fail(CallResult.Kind.TIMEOUT, "no answer in time");
    }

    private void fail(CallResult.Kind kind, String detail) {
        tell(new CallResult.Failed(kind, detail));
    }

    private void tell(CallResult result) {
        if (!over) {
            end("over");
            done.accept(result);
        }
    }

    private void end(String why) {
        if (over) {
            return;
        }
        over = true;
        if (timer != null) {
            timer.cancel(false);
        }
        if (waiting != null) {
            waiting.cancel();
            waiting = null;
        }
        if (stream != null) {
            stream.reset(new StreamReset(StreamReset.Kind.LOCAL, "a call of our own: " + why));
            stream = null;
        }
    }
}
