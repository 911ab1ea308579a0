package dev.ambit.waypoint.proxy;

import dev.ambit.hbone.Duplex;
import dev.ambit.hbone.ResetReason;
import dev.ambit.waypoint.http.ClientStream;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.http.StreamReset;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import org.jspecify.annotations.Nullable;

/// The bytes of a CONNECT, or of a POST that is used like one, as a `Duplex`: what a proxy behind a
/// cluster was asked for (`TcpProxy.tunneling_config`). On its loop.
final class StreamBytes implements Duplex, ClientStream.Inlet {
    private final EventLoop loop;
    private final Answer answer;
    private @Nullable ClientStream stream;
    private @Nullable Inlet inlet;
    private boolean opened;
    private boolean ended;
    private boolean outputEnded;
    private boolean over;

    /// What the proxy says to the request; once.
    interface Answer {
        void opened(StreamBytes bytes);

        void refused(int status);

        void lost(StreamReset reason);
    }

    StreamBytes(EventLoop loop, Answer answer) {
        this.loop = loop;
        this.answer = answer;
    }

    /// @param on whose inlet this is
    void on(ClientStream on) {
        stream = on;
        if (over) {
            on.reset(new StreamReset(StreamReset.Kind.LOCAL, "nobody waits for it"));
        }
    }

    private static ResetReason adapt(StreamReset reason) {
        var kind =
                switch (reason.kind()) {
                    case REMOTE, REMOTE_REFUSED, CONNECT_ERROR -> ResetReason.Kind.PEER;
                    case CONNECTION_LOST, PROTOCOL_ERROR -> ResetReason.Kind.LOST;
                    case LOCAL, LOCAL_REFUSED -> ResetReason.Kind.LOCAL;
                };
        return new ResetReason(kind, reason.detail());
    }

    // ---- as the inlet of the exchange

    @Override
    public void onInformational(ResponseHead head) {}

    @Override
    public void onHead(ResponseHead head, boolean bodyFollows) {
        if (over) {
            return;
        }
        opened = true;
        if (head.status() / 100 == 2) {
            answer.opened(this);
        } else {
            drop("refused");
            answer.refused(head.status());
        }
    }

    @Override
    public void onData(ByteBuf bytes) {
        var to = inlet;
        if (over || to == null) {
            bytes.release();
        } else {
            to.onBytes(bytes);
        }
    }

    @Override
    public void onBurstEnd() {
        if (!over && inlet != null) {
            inlet.onBurstEnd();
        }
    }

    @Override
    public void onEnd(Headers trailers) {
        ended = true;
        if (!over && inlet != null) {
            inlet.onEnd();
        }
    }

    @Override
    public void onReset(StreamReset reason) {
        if (over) {
            return;
        }
        over = true;
        if (!opened) {
            answer.lost(reason);
        } else if (inlet != null) {
            inlet.onReset(adapt(reason));
        }
    }

    @Override
    public void onTaken(int bytes) {
        if (!over && inlet != null) {
            inlet.onTaken(bytes);
        }
    }

    // ---- as a duplex

    @Override
    public EventLoop loop() {
        return loop;
    }

    /// In `Answer.opened`, before anything more can come.
    @Override
    public void attach(Inlet to) {
        inlet = to;
        if (ended) {
            to.onEnd();
        }
    }

    @Override
    public void write(ByteBuf bytes) {
        if (over || outputEnded || stream == null) {
            bytes.release();
        } else {
            stream.writeData(bytes);
        }
    }

    @Override
    public void flush() {
        if (!over && stream != null) {
            stream.flush();
        }
    }

    @Override
    public void endOutput() {
        if (!over && !outputEnded && stream != null) {
            outputEnded = true;
            stream.end(new Headers());
            stream.flush();
        }
    }

    @Override
    public void reset(ResetReason reason) {
        drop(reason.detail());
    }

    /// Idempotent.
    void drop(String why) {
        if (over) {
            return;
        }
        over = true;
        if (stream != null) {
            stream.reset(new StreamReset(StreamReset.Kind.LOCAL, why));
        }
    }

    @Override
    public void grant(int bytes) {
        if (!over && stream != null) {
            stream.grant(bytes);
        }
    }
}
