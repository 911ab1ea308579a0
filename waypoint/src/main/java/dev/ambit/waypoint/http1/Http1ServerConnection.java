package dev.ambit.waypoint.http1;

import dev.ambit.hbone.Duplex;
import dev.ambit.hbone.ResetReason;
import dev.ambit.waypoint.http.HttpVersion;
import dev.ambit.waypoint.http.Reasons;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.http.ServerConnection;
import dev.ambit.waypoint.http.StreamReset;
import dev.ambit.waypoint.http1.Turn.Out;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/// HTTP/1.1, and HTTP/1.0 where it is allowed, as a server. Requests are served one after another:
/// what a client sends ahead waits until its turn.
///
/// A client that ends its side while a request is served has left, as Envoy sees it: most do that
/// by closing, and nobody else would tell that they have.
public final class Http1ServerConnection extends Http1Connection implements ServerConnection {
    private enum Phase {
        /// A request's head is awaited, or comes.
        HEAD,
        BODY,
        /// The request is complete, or its end depends on the answer.
        WAIT,
        /// The client doesn't read its responses.
        BLOCKED,
        /// The connection carries something else.
        RAW,
        /// The last response is out.
        LAST
    }

    private final Http1ServerOptions options;
    private final Handler handler;
    private final RequestReader reader;
    private final BodyReader body;
    private Phase phase = Phase.HEAD;
    private @Nullable ServerTurn turn;
    private boolean keepAlive = true;
    private boolean draining;
    private boolean delivered;
    private boolean headTimed;

    /// Of the head that comes, or came last.
    private int headBytes;

    private Http1ServerConnection(Duplex duplex, Http1ServerOptions options, Handler handler) {
        super(duplex, options.limits(), options.enableTrailers(), options.headerCase());
        this.options = options;
        this.handler = handler;
        var lines = new LineReader();
        var fields =
                new FieldReader(
                        options.limits().maxFields(),
                        options.underscores(),
                        options.headerCase() == HeaderCase.PRESERVE);
        reader = new RequestReader(options, lines, fields);
        body = new BodyReader(options.limits(), options.enableTrailers(), lines, fields);
    }

    /// Takes a connection over; requests may come before this returns.
    public static Http1ServerConnection over(
            Duplex duplex, Http1ServerOptions options, Handler handler) {
        var connection = new Http1ServerConnection(duplex, options, handler);
        duplex.attach(connection);
        return connection;
    }

    @Override
    public HttpVersion version() {
        return HttpVersion.HTTP_1_1;
    }

    @Override
    public int active() {
        return turn == null ? 0 : 1;
    }

    // Requests.

    @Override
    boolean consume(ByteBuf in) {
        return switch (phase) {
            case HEAD -> head(in);
            case BODY -> body(in);
            case WAIT, BLOCKED -> false;
            case RAW -> raw(in);
            case LAST -> discard(in);
        };
    }

    private boolean head(ByteBuf in) {
        int before = in.readableBytes();
        var step = reader.step(in);
        int count = before - in.readableBytes();
        headBytes += count;
        read(count);
        granted(count);
        switch (step) {
            case MORE -> awaitHead();
            case HEAD -> begin();
            case FAULT -> refuse(reader.fault());
        }
        return true;
    }

    private void awaitHead() {
        if (!headTimed && !options.headTimeout().isZero() && reader.started()) {
            headTimed = true;
            after(options.headTimeout(), this::headLate);
        }
    }

    private void headLate() {
        if (phase == Phase.HEAD) {
            refuse(
                    new Http1Fault(
                            408,
                            "request_header_timeout",
                            "no complete request head within " + options.headTimeout()));
        }
    }

    private void begin() {
        cancelTimer();
        headTimed = false;
        keepAlive = reader.keepAlive() && !draining;
        if (reader.continueExpected()) {
            writeHead(writer().statusLine(100, true).end());
            flush();
        }
        var now = new ServerTurn(this, reader, headBytes);
        headBytes = 0;
        turn = now;
        switch (reader.framing()) {
            case NONE -> body.none();
            case LENGTH -> body.fixed(reader.length());
            case CHUNKED -> body.chunked();
        }
        boolean complete = body.ended();
        now.requestDone = complete && !now.mayTurnRaw;
        phase = complete ? Phase.WAIT : Phase.BODY;
        delivered = true;
        var inlet = handler.onRequest(now, reader.head(), !now.requestDone);
        now.inlet(inlet);
        if (now.requestDone && !now.over()) {
            inlet.onEnd(none());
        }
    }

    private boolean body(ByteBuf in) {
        var now = turn;
        if (now == null) {
            throw new AssertionError("a body without a request");
        }
        int before = in.readableBytes();
        var step = body.step(in);
        int framing = before - in.readableBytes();
        read(framing);
        granted(framing);
        switch (step) {
            case DATA -> {
                int count = body.bodyBytes();
                read(count);
                body.took(count);
                delivered = true;
                now.deliver(take(in, count));
                if (phase == Phase.BODY && body.ended()) {
                    requestEnded(now);
                }
            }
            case MORE -> {}
            case END -> requestEnded(now);
            case FAULT -> refuse(body.fault());
        }
        return true;
    }

    private void requestEnded(ServerTurn now) {
        phase = Phase.WAIT;
        now.requestDone = true;
        delivered = true;
        var inlet = now.inlet;
        if (inlet != null) {
            inlet.onEnd(body.trailers());
        }
    }

    private boolean raw(ByteBuf in) {
        var now = turn;
        if (now == null) {
            return discard(in);
        }
        delivered = true;
        read(in.readableBytes());
        now.deliver(take(in, in.readableBytes()));
        return true;
    }

    @Override
    void burstRead() {
        if (delivered) {
            delivered = false;
            var now = turn;
            if (now != null && !now.over() && now.inlet != null) {
                now.inlet.onBurstEnd();
            }
        }
    }

    /// Answers what is no request, or no body, and takes nothing more.
    private void refuse(Http1Fault fault) {
        var version = reader.http11() ? HttpVersion.HTTP_1_1 : HttpVersion.HTTP_1_0;
        var now = turn;
        boolean begun = now != null && now.out != Out.NOT_BEGUN;
        phase = Phase.LAST;
        if (now != null) {
            turn = null;
            now.inletReset(
                    new StreamReset(
                            StreamReset.Kind.PROTOCOL_ERROR,
                            fault.details() + ": " + fault.cause()));
        } else {
            handler.onRejected(
                    new Rejected(version, fault.status(), fault.details(), fault.cause()));
        }
        if (closed()) {
            return;
        }
        if (begun) {
            kill(new StreamReset(StreamReset.Kind.PROTOCOL_ERROR, fault.cause()));
            return;
        }
        writeHead(answer(fault));
        linger();
    }

    private HeadWriter answer(Http1Fault fault) {
        boolean text = !fault.details().equals("missing_host_header");
        var reason = text ? Reasons.of(fault.status()) : "";
        var head = writer().statusLine(fault.status(), true);
        head.field("content-length", String.valueOf(reason.length()));
        if (text) {
            head.field("content-type", "text/plain");
        }
        var more = options.answerFields().get();
        for (int i = 0; i < more.size(); i++) {
            head.field(more, i);
        }
        head.field("connection", "close").end();
        return reader.method().equals("HEAD") ? head : head.body(reason);
    }

    // Responses.

    void sendInterim(ResponseHead interim) {
        var head = writer().statusLine(interim.status(), true);
        for (int i = 0; i < interim.headers().size(); i++) {
            if (!framing(interim.headers().name(i))) {
                head.field(interim.headers(), i);
            }
        }
        writeHead(head.end());
        flush();
    }

    void sendHead(ServerTurn now, ResponseHead response, boolean bodyFollows) {
        int status = response.status();
        var headers = response.headers();
        boolean switches = now.mayTurnRaw && (now.connect ? status / 100 == 2 : status == 101);
        var asked = headers.get("connection");
        // What a client sends after a request is unsafe to read where it may be meant for another
        // protocol that was refused, or where the request isn't complete.
        keepAlive &=
                !draining
                        && (now.requestDone || switches)
                        && !now.mayTurnRaw
                        && !(asked != null && ConnectionTokens.has(asked, "close"));
        boolean http11 = now.http11;
        var head = writer().statusLine(status, http11);
        boolean bodiless = status < 200 || status == 204;
        var lengthText = bodiless || switches ? null : headers.get("content-length");
        long length = lengthText == null ? -1 : ContentLength.parse(lengthText);
        for (int i = 0; i < headers.size(); i++) {
            var name = headers.name(i);
            if (!framing(name) || (switches && name.equals("upgrade"))) {
                head.field(headers, i);
            }
        }
        if (switches) {
            if (!now.connect) {
                head.field("connection", "upgrade");
            }
            now.out = Out.RAW;
        } else {
            now.out = frame(now, head, status, length, bodyFollows);
            now.outRemaining = Math.max(length, 0);
            if (now.out == Out.UNTIL_CLOSE) {
                keepAlive = false;
            }
            if (!keepAlive) {
                head.field("connection", "close");
            } else if (!http11) {
                head.field("connection", "keep-alive");
            }
        }
        writeHead(head.end());
        if (switches) {
            phase = Phase.RAW;
            pumpLater();
            return;
        }
        if (now.mayTurnRaw) {
            now.requestDone = true;
        }
        if (!bodyFollows) {
            now.end(none());
        }
    }

    /// How the body ends, said in the head (RFC 9112 section 6). As Envoy says it: a response to
    /// HEAD without a length is chunked, if it had a body.
    private Out frame(
            ServerTurn now, HeadWriter head, int status, long length, boolean bodyFollows) {
        boolean none = status < 200 || status == 204 || status == 304;
        if (length >= 0) {
            head.field("content-length", Long.toString(length));
            return none || now.head ? Out.NONE : Out.FIXED;
        }
        if (none) {
            return Out.NONE;
        }
        if (!bodyFollows && !now.head) {
            head.field("content-length", "0");
            return Out.NONE;
        }
        if (!now.http11) {
            return now.head ? Out.NONE : Out.UNTIL_CLOSE;
        }
        head.field("transfer-encoding", "chunked");
        return now.head ? Out.NONE : Out.CHUNKED;
    }

    /// Fields that the codec writes itself.
    static boolean framing(String name) {
        return switch (name.length()) {
            case 7 -> name.equals("upgrade");
            case 10 -> name.equals("connection") || name.equals("keep-alive");
            case 14 -> name.equals("content-length");
            case 16 -> name.equals("proxy-connection");
            case 17 -> name.equals("transfer-encoding");
            default -> false;
        };
    }

    @Override
    void outputEnded(Turn which, boolean last) {
        var now = (ServerTurn) which;
        now.responseDone = true;
        if (phase == Phase.RAW) {
            if (inputEnded()) {
                turnOver(now);
            } else {
                endOutput();
            }
        } else {
            turnOver(now);
        }
    }

    private void turnOver(ServerTurn now) {
        if (turn != now) {
            return;
        }
        now.finish();
        turn = null;
        if (!keepAlive || phase == Phase.RAW) {
            phase = Phase.LAST;
            linger();
            pumpLater();
            return;
        }
        reader.restart();
        phase = untaken() > limits().maxUntakenBytes() ? Phase.BLOCKED : Phase.HEAD;
        if (draining) {
            drainIdle();
        }
        pumpLater();
    }

    @Override
    public void onTaken(int bytes) {
        super.onTaken(bytes);
        if (phase == Phase.BLOCKED && untaken() <= limits().maxUntakenBytes()) {
            phase = Phase.HEAD;
            pumpLater();
        }
    }

    // The end.

    @Override
    void ended() {
        var now = turn;
        if (phase == Phase.RAW && now != null) {
            var inlet = now.inlet;
            if (inlet != null) {
                inlet.onEnd(none());
            }
            if (now.responseDone) {
                turnOver(now);
            }
        } else if (now != null) {
            var left =
                    new StreamReset(
                            StreamReset.Kind.CONNECTION_LOST, "downstream_remote_disconnect");
            turn = null;
            now.inletReset(left);
            kill(left);
        } else {
            phase = Phase.LAST;
            linger();
        }
    }

    @Override
    void lost(ResetReason reason) {
        var lost = new StreamReset(StreamReset.Kind.CONNECTION_LOST, reason.detail());
        var now = turn;
        turn = null;
        if (now != null) {
            now.inletReset(lost);
        }
        finish(lost);
    }

    /// What was sent of a response still arrives where its framing tells that it is not whole.
    @Override
    void abort(StreamReset reason) {
        var now = turn;
        turn = null;
        if (now == null || closed()) {
            kill(reason);
            return;
        }
        switch (now.out) {
            case NONE, FIXED, CHUNKED, ENDED -> {
                phase = Phase.LAST;
                linger();
                pumpLater();
            }
            case NOT_BEGUN, HELD, RAW, UNTIL_CLOSE -> kill(reason);
        }
    }

    @Override
    void onClosed(StreamReset reason) {
        phase = Phase.LAST;
        handler.onClosed();
    }

    @Override
    public void drain() {
        if (draining || closed()) {
            return;
        }
        draining = true;
        if (turn == null && (phase == Phase.HEAD || phase == Phase.BLOCKED)) {
            drainIdle();
        }
    }

    /// Waits for one more request, because one may be on its way.
    private void drainIdle() {
        if (headTimed) {
            return;
        }
        after(
                limits().drainIdle(),
                () -> {
                    if (turn == null && !closed()) {
                        phase = Phase.LAST;
                        linger();
                    }
                });
    }

    @Override
    public void close(StreamReset reason) {
        if (closed()) {
            return;
        }
        var now = turn;
        turn = null;
        if (now != null) {
            now.inletReset(reason);
        }
        kill(reason);
    }
}
