package dev.ambit.waypoint.security;

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
import dev.ambit.waypoint.upstream.UpstreamHost.HostResult;
import dev.ambit.waypoint.upstream.Upstreams;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// One request of this waypoint's own to a cluster, with its whole answer: to an authorization
/// server, or for keys. Through the same clusters as everything else, so their health, TLS and
/// tunnels apply. On one loop.
public final class ServiceCall {
    /// @param cluster by name
    /// @param body sent whole; empty for none
    /// @param timeout for everything together; zero for none
    /// @param mostBytes of the answer's body
    public record Request(
            String cluster, RequestHead head, byte[] body, Duration timeout, int mostBytes) {
        @Override
        public boolean equals(@Nullable Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(this);
        }
    }

    public sealed interface Result {
        /// @param body whole
        record Answered(ResponseHead head, byte[] body, Headers trailers) implements Result {
            @Override
            public boolean equals(@Nullable Object other) {
                return this == other;
            }

            @Override
            public int hashCode() {
                return System.identityHashCode(this);
            }
        }

        /// @param timeout whether nothing came in time
        /// @param detail for the log
        record Failed(boolean timeout, String detail) implements Result {}
    }

    /// Takes the result, once, unless the call was cancelled. Possibly before `start` returns.
    public interface Listener {
        void onResult(Result result);
    }

    private final Request request;
    private final Listener listener;
    private final ByteArrayOutputStream answer = new ByteArrayOutputStream();
    private Upstream.@Nullable Cancel waiting;
    private @Nullable ClientStream stream;
    private @Nullable UpstreamHost host;
    private @Nullable ResponseHead head;
    private @Nullable Future<?> deadline;
    private boolean over;

    private ServiceCall(Request request, Listener listener) {
        this.request = request;
        this.listener = listener;
    }

    /// @param connection whose request needs this: hosts may be chosen by it
    public static ServiceCall start(
            Upstreams upstreams,
            EventLoop loop,
            ConnectionInfo connection,
            Request request,
            Listener listener) {
        var call = new ServiceCall(request, listener);
        var upstream = upstreams.find(request.cluster());
        if (upstream == null) {
            call.fail(false, "cluster " + request.cluster() + " is not there");
            return call;
        }
        if (request.timeout().isPositive()) {
            call.deadline =
                    loop.schedule(
                            call::onDeadline, request.timeout().toNanos(), TimeUnit.NANOSECONDS);
        }
        var context =
                new PickContext(
                        connection,
                        OptionalLong.empty(),
                        request.head().version(),
                        request.head().authority(),
                        false,
                        List.of(),
                        List.of(),
                        1);
        var cancel = upstream.request(context, Permit.forService(), call.new Reception());
        if (!call.over && call.stream == null) {
            call.waiting = cancel;
        }
        return call;
    }

    /// Nobody waits any more. Idempotent.
    public void cancel() {
        if (!over) {
            finish();
            abort("cancelled");
        }
    }

    private void onDeadline() {
        if (!over) {
            if (host != null) {
                host.report(new HostResult.Timeout());
            }
            finish();
            abort("timeout");
            listener.onResult(new Result.Failed(true, "no answer within " + request.timeout()));
        }
    }

    private void abort(String why) {
        if (waiting != null) {
            waiting.cancel();
        }
        if (stream != null) {
            stream.reset(new StreamReset(StreamReset.Kind.LOCAL, why));
        }
    }

    private void fail(boolean timeout, String detail) {
        if (!over) {
            finish();
            listener.onResult(new Result.Failed(timeout, detail));
        }
    }

    private void finish() {
        over = true;
        if (deadline != null) {
            deadline.cancel(false);
        }
    }

    private final class Reception implements Upstream.RequestListener, ClientStream.Inlet {
        @Override
        public void onReady(
                UpstreamHost chosen, ClientConnection connection, Upstream.ConnectionFacts facts) {
            if (over) {
                return;
            }
            waiting = null;
            host = chosen;
            boolean body = request.body().length > 0;
            var sent = connection.send(request.head(), body, this);
            stream = sent;
            if (over) {
                return;
            }
            if (body) {
                sent.writeData(Unpooled.wrappedBuffer(request.body()));
                sent.end(new Headers());
            }
            sent.flush();
        }

        @Override
        public void onFailed(UpstreamFailure failure) {
            waiting = null;
            fail(false, failure.kind() + ": " + failure.detail());
        }

        @Override
        public void onInformational(ResponseHead interim) {}

        @Override
        public void onHead(ResponseHead received, boolean bodyFollows) {
            head = received;
        }

        @Override
        public void onData(ByteBuf bytes) {
            int length = bytes.readableBytes();
            try {
                if (over) {
                    return;
                }
                if (answer.size() + length > request.mostBytes()) {
                    abort("answer too long");
                    fail(
                            false,
                            "answer of "
                                    + request.cluster()
                                    + ": more than "
                                    + request.mostBytes()
                                    + " bytes");
                    return;
                }
                bytes.readBytes(answer, length);
            } catch (IOException impossible) {
                throw new UncheckedIOException(impossible);
            } finally {
                bytes.release();
            }
            if (stream != null) {
                stream.grant(length);
            }
        }

        @Override
        public void onBurstEnd() {}

        @Override
        public void onEnd(Headers trailers) {
            if (over || head == null) {
                return;
            }
            if (host != null) {
                host.report(new HostResult.Answered(head.status()));
            }
            finish();
            listener.onResult(new Result.Answered(head, answer.toByteArray(), trailers));
        }

        @Override
        public void onReset(StreamReset reason) {
            if (!over && host != null) {
                host.report(new HostResult.Reset());
            }
            fail(false, reason.kind() + ": " + reason.detail());
        }

        @Override
        public void onTaken(int bytes) {}
    }
}
