package dev.ambit.waypoint.http1;

import dev.ambit.hbone.Duplex;
import dev.ambit.hbone.ResetReason;
import dev.ambit.waypoint.http.ClientConnection;
import dev.ambit.waypoint.http.ClientStream;
import dev.ambit.waypoint.http.HttpVersion;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.http.StreamReset;
import dev.ambit.waypoint.http1.Turn.Out;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/// HTTP/1.1 as a client: one request at a time.
///
/// A connection that is lost before a byte of the response has come (`CONNECTION_LOST`, and
/// `wireBytesReceived` is 0) may have been closed by the server while the request was on its way:
/// on a connection that had served others before, a request that may be repeated can be.
public final class Http1ClientConnection extends Http1Connection implements ClientConnection {
    private enum Phase {
        IDLE,
        /// A response's head is awaited, or comes.
        HEAD,
        BODY,
        RAW,
        /// Nothing more is read.
        LAST
    }

    /// Methods whose requests usually have no body: their heads don't say that there is none (RFC
    /// 9110 section 8.6), as Envoy's don't.
    private static boolean usuallyBodiless(String method) {
        return switch (method) {
            case "GET", "HEAD", "DELETE", "TRACE", "CONNECT" -> true;
            default -> false;
        };
    }

    private final Owner owner;
    private final ResponseReader reader;
    private final BodyReader body;
    private Phase phase = Phase.IDLE;
    private @Nullable ClientTurn turn;
    private boolean keepAlive = true;
    private boolean draining;
    private boolean delivered;

    private Http1ClientConnection(Duplex duplex, Http1ClientOptions options, Owner owner) {
        super(duplex, options.limits(), options.enableTrailers(), options.headerCase());
        this.owner = owner;
        var lines = new LineReader();
        var fields =
                new FieldReader(
                        options.limits().maxFields(),
                        Http1ServerOptions.Underscores.ALLOW,
                        options.headerCase() == HeaderCase.PRESERVE);
        reader = new ResponseReader(options, lines, fields);
        body = new BodyReader(options.limits(), options.enableTrailers(), lines, fields);
    }

    /// Takes a connection over; it may turn out to be lost before this returns.
    public static Http1ClientConnection over(
            Duplex duplex, Http1ClientOptions options, Owner owner) {
        var connection = new Http1ClientConnection(duplex, options, owner);
        duplex.attach(connection);
        return connection;
    }

    @Override
    public HttpVersion version() {
        return HttpVersion.HTTP_1_1;
    }

    @Override
    public int room() {
        return phase == Phase.IDLE && !draining && !closed() ? 1 : 0;
    }

    @Override
    public int active() {
        return turn == null ? 0 : 1;
    }

    // Requests.

    @Override
    public ClientStream send(RequestHead head, boolean bodyFollows, ClientStream.Inlet inlet) {
        if (room() == 0) {
            throw new IllegalStateException("no room: a request is under way, or none may come");
        }
        var upgrade = head.upgrade();
        boolean connect = upgrade == null && head.method().equals("CONNECT");
        // RFC 8441 has CONNECT where HTTP/1.1 has GET.
        var method = upgrade != null && head.method().equals("CONNECT") ? "GET" : head.method();
        var now = new ClientTurn(this, method, upgrade != null, inlet);
        turn = now;
        phase = Phase.HEAD;
        keepAlive = true;
        var writer = writer().requestLine(method, connect ? head.authority() : head.path());
        writeFields(writer, head);
        if (upgrade != null || connect) {
            now.out = Out.HELD;
            if (upgrade != null) {
                writer.field("connection", "upgrade").field("upgrade", upgrade);
            }
        } else {
            frame(now, writer, head, bodyFollows);
        }
        writeHead(writer.end());
        if (!bodyFollows && now.out != Out.HELD) {
            now.end(none());
        }
        return now;
    }

    private void writeFields(HeadWriter writer, RequestHead head) {
        var host = letters() == HeaderCase.PRESERVE ? head.hostSpelling() : "host";
        if (letters() == HeaderCase.PROPER) {
            writer.field(host, head.authority());
        } else {
            writer.named(host, head.authority());
        }
        var headers = head.headers();
        for (int i = 0; i < headers.size(); i++) {
            var name = headers.name(i);
            if (!Http1ServerConnection.framing(name)) {
                writer.field(headers, i);
            }
        }
    }

    /// How the body ends, said in the head (RFC 9112 section 6).
    private static void frame(
            ClientTurn now, HeadWriter writer, RequestHead head, boolean bodyFollows) {
        var text = head.headers().get("content-length");
        long length = text == null ? -1 : ContentLength.parse(text);
        if (length >= 0) {
            writer.field("content-length", Long.toString(length));
            now.out = Out.FIXED;
            now.outRemaining = length;
        } else if (bodyFollows) {
            writer.field("transfer-encoding", "chunked");
            now.out = Out.CHUNKED;
        } else {
            if (!usuallyBodiless(now.method)) {
                writer.field("content-length", "0");
            }
            now.out = Out.NONE;
        }
    }

    @Override
    void outputEnded(Turn which, boolean last) {
        var now = (ClientTurn) which;
        now.requestDone = true;
        if (phase == Phase.RAW) {
            if (inputEnded()) {
                turnOver(now);
            } else {
                endOutput();
            }
        } else if (now.responseDone) {
            turnOver(now);
        }
    }

    // Responses.

    @Override
    boolean consume(ByteBuf in) {
        return switch (phase) {
            case IDLE -> unexpected(in);
            case HEAD -> head(in);
            case BODY -> body(in);
            case RAW -> raw(in);
            case LAST -> discard(in);
        };
    }

    /// What nobody asked for: a 408 of a server that closes, or the tail of a response that was
    /// longer than it said. The next response could not be told from it.
    private boolean unexpected(ByteBuf in) {
        in.skipBytes(in.readableBytes());
        phase = Phase.LAST;
        kill(
                new StreamReset(
                        StreamReset.Kind.PROTOCOL_ERROR,
                        "bytes without a request; the server timed out, or its last response was"
                                + " longer than it said"));
        return true;
    }

    private boolean head(ByteBuf in) {
        var now = turn;
        if (now == null) {
            throw new AssertionError("a response without a request");
        }
        int before = in.readableBytes();
        var step = reader.step(in, now.method, now.upgrading);
        int count = before - in.readableBytes();
        read(count);
        granted(count);
        switch (step) {
            case MORE -> {}
            case HEAD -> begin(now, reader.head());
            case FAULT -> broken(now, reader.fault());
        }
        return true;
    }

    private void begin(ClientTurn now, ResponseHead response) {
        delivered = true;
        if (response.informational()) {
            reader.restart();
            now.to.onInformational(response);
            return;
        }
        switch (reader.framing()) {
            case NONE, RAW -> body.none();
            case LENGTH -> body.fixed(reader.length());
            case CHUNKED -> body.chunked();
            case UNTIL_CLOSE -> body.untilClose();
        }
        keepAlive = reader.keepAlive();
        boolean switches = reader.framing() == ResponseReader.Framing.RAW;
        phase = switches ? Phase.RAW : Phase.BODY;
        if (!keepAlive && !switches) {
            draining = true;
            owner.onDraining(this);
        }
        now.to.onHead(response, switches || !body.ended());
        if (turn == now) {
            now.answered(switches);
        }
        if (turn == now && phase == Phase.BODY && body.ended()) {
            responseEnded(now);
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
                if (turn == now && phase == Phase.BODY && body.ended()) {
                    responseEnded(now);
                }
            }
            case MORE -> {}
            case END -> responseEnded(now);
            case FAULT -> broken(now, body.fault());
        }
        return true;
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

    /// The response is complete; a request that isn't, is abandoned with its connection.
    private void responseEnded(ClientTurn now) {
        phase = Phase.LAST;
        now.responseDone = true;
        now.to.onEnd(body.trailers());
        if (turn == now) {
            turnOver(now);
        }
    }

    private void turnOver(ClientTurn now) {
        boolean reusable = keepAlive && !draining && now.requestDone && phase != Phase.RAW;
        now.finish();
        turn = null;
        if (reusable) {
            phase = Phase.IDLE;
            reader.restart();
            if (waiting()) {
                return; // More than the response: `unexpected` is next.
            }
            owner.onRoom(this);
            return;
        }
        phase = Phase.LAST;
        if (now.requestDone) {
            linger();
        } else {
            kill(new StreamReset(StreamReset.Kind.LOCAL, "the response ended before its request"));
        }
    }

    private void broken(ClientTurn now, Http1Fault fault) {
        var reason =
                new StreamReset(
                        StreamReset.Kind.PROTOCOL_ERROR, fault.details() + ": " + fault.cause());
        phase = Phase.LAST;
        turn = null;
        now.inletReset(reason);
        kill(reason);
    }

    @Override
    void burstRead() {
        if (delivered) {
            delivered = false;
            var now = turn;
            if (now != null && !now.over()) {
                now.to.onBurstEnd();
            }
        }
    }

    // The end.

    @Override
    void ended() {
        var now = turn;
        if (now == null) {
            phase = Phase.LAST;
            linger();
        } else if (phase == Phase.RAW) {
            now.to.onEnd(none());
            if (turn == now && now.requestDone) {
                turnOver(now);
            }
        } else if (phase == Phase.BODY && body.endsWithConnection()) {
            responseEnded(now);
        } else {
            cut(now);
        }
    }

    private void cut(ClientTurn now) {
        boolean inHead = phase == Phase.HEAD && reader.started();
        var reason =
                inHead
                        ? new StreamReset(
                                StreamReset.Kind.PROTOCOL_ERROR,
                                "http1.codec_error: the connection ended within a head")
                        : new StreamReset(
                                StreamReset.Kind.CONNECTION_LOST, "connection_termination");
        phase = Phase.LAST;
        turn = null;
        now.inletReset(reason);
        kill(reason);
    }

    @Override
    void lost(ResetReason reason) {
        var lost = new StreamReset(StreamReset.Kind.CONNECTION_LOST, reason.detail());
        var now = turn;
        turn = null;
        phase = Phase.LAST;
        if (now != null) {
            now.inletReset(lost);
        }
        finish(lost);
    }

    @Override
    void abort(StreamReset reason) {
        turn = null;
        phase = Phase.LAST;
        kill(reason);
    }

    @Override
    void onClosed(StreamReset reason) {
        phase = Phase.LAST;
        owner.onClosed(this, reason);
    }

    @Override
    public void drain() {
        if (draining || closed()) {
            return;
        }
        draining = true;
        if (turn == null && phase == Phase.IDLE) {
            phase = Phase.LAST;
            linger();
        }
    }

    @Override
    public void close(StreamReset reason) {
        if (closed()) {
            return;
        }
        var now = turn;
        turn = null;
        phase = Phase.LAST;
        if (now != null) {
            now.inletReset(reason);
        }
        kill(reason);
    }
}
