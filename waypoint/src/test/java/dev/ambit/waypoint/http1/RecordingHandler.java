package dev.ambit.waypoint.http1;

import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.HttpStream;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.http.ServerConnection;
import dev.ambit.waypoint.http.ServerStream;
import dev.ambit.waypoint.http.StreamReset;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Keeps what comes as text; answers when told to, or each request at its end.
final class RecordingHandler implements ServerConnection.Handler {
    /// `METHOD scheme://authority path {name=value, ..} [body] end`, as far as it has come.
    final List<Exchange> exchanges = new ArrayList<>();

    final List<ServerConnection.Rejected> rejected = new ArrayList<>();
    boolean answers;
    boolean grants = true;
    int closed;

    final class Exchange implements HttpStream.Inlet {
        final ServerStream stream;
        final RequestHead head;
        final boolean bodyFollows;
        final StringBuilder body = new StringBuilder();
        @Nullable Headers trailers;
        @Nullable StreamReset reset;
        int bursts;
        int taken;

        Exchange(ServerStream stream, RequestHead head, boolean bodyFollows) {
            this.bodyFollows = bodyFollows;
            this.stream = stream;
            this.head = head;
        }

        @Override
        public void onData(ByteBuf bytes) {
            int count = bytes.readableBytes();
            body.append(bytes.toString(StandardCharsets.ISO_8859_1));
            bytes.release();
            if (grants) {
                stream.grant(count);
            }
        }

        @Override
        public void onBurstEnd() {
            bursts++;
        }

        @Override
        public void onEnd(Headers last) {
            trailers = last;
            if (answers) {
                answer(200, "ok");
            }
        }

        @Override
        public void onReset(StreamReset reason) {
            reset = reason;
        }

        @Override
        public void onTaken(int bytes) {
            taken += bytes;
        }

        void answer(int status, String text) {
            var headers = new Headers();
            if (!text.isEmpty()) {
                headers.add("content-length", String.valueOf(text.length()));
            }
            stream.respond(new ResponseHead(status, headers), !text.isEmpty());
            if (!text.isEmpty()) {
                stream.writeData(Bytes.of(text));
                stream.end(new Headers());
            }
            stream.flush();
        }

        String text() {
            var text = new StringBuilder();
            text.append(
                    head.version() == dev.ambit.waypoint.http.HttpVersion.HTTP_1_0 ? "1.0 " : "");
            text.append(head.method()).append(' ');
            text.append(head.scheme()).append("://").append(head.authority());
            text.append(' ').append(shown(head.path()));
            head.headers()
                    .forEach((name, value) ->
                            text.append(' ').append(name).append('=').append(shown(value)));
            if (head.upgrade() != null) {
                text.append(" upgrade:").append(head.upgrade());
            }
            text.append(" [").append(shown(body.toString())).append(']');
            var last = trailers;
            if (last != null && !last.isEmpty()) {
                last.forEach(
                        (name, value) -> text.append(' ').append(name).append('=').append(value));
            }
            var why = reset;
            if (why != null) {
                text.append(" !").append(why.kind().name().toLowerCase(Locale.ROOT));
                text.append(' ').append(why.detail().split(": ", 2)[0]);
            } else if (last == null) {
                text.append(" open");
            }
            return text.toString();
        }
    }

    static String shown(String value) {
        var quoted = Http1Fault.shown(value);
        return quoted.startsWith("\"") && quoted.endsWith("\"")
                ? quoted.substring(1, quoted.length() - 1)
                : quoted.substring(1);
    }

    @Override
    public HttpStream.Inlet onRequest(ServerStream stream, RequestHead head, boolean bodyFollows) {
        var exchange = new Exchange(stream, head, bodyFollows);
        exchanges.add(exchange);
        return exchange;
    }

    @Override
    public void onRejected(ServerConnection.Rejected why) {
        rejected.add(why);
    }

    @Override
    public void onClosed() {
        closed++;
    }

    Exchange only() {
        return exchanges.get(exchanges.size() - 1);
    }

    String text() {
        var text = new StringBuilder();
        for (var exchange : exchanges) {
            text.append(text.isEmpty() ? "" : " ; ").append(exchange.text());
        }
        for (var why : rejected) {
            text.append(text.isEmpty() ? "" : " ; ")
                    .append(why.status())
                    .append(' ')
                    .append(why.details());
        }
        return text.toString();
    }
}
