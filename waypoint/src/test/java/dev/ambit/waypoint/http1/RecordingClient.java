package dev.ambit.waypoint.http1;

import dev.ambit.waypoint.http.ClientConnection;
import dev.ambit.waypoint.http.ClientStream;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.http.StreamReset;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The owner of a connection, and what came back on it, as text.
final class RecordingClient implements ClientConnection.Owner {
    final List<Answer> answers = new ArrayList<>();
    final List<StreamReset> closed = new ArrayList<>();
    int rooms;
    int drainings;

    final class Answer implements ClientStream.Inlet {
        final StringBuilder text = new StringBuilder();
        final StringBuilder body = new StringBuilder();
        @Nullable ClientStream stream;
        boolean bodyFollows;
        @Nullable Headers trailers;
        @Nullable StreamReset reset;
        int taken;
        int bursts;

        @Override
        public void onInformational(ResponseHead head) {
            head("1xx ", head);
        }

        private void head(String kind, ResponseHead head) {
            text.append(kind).append(head.status());
            head.headers()
                    .forEach((name, value) ->
                            text.append(' ')
                                    .append(name)
                                    .append('=')
                                    .append(RecordingHandler.shown(value)));
            text.append(' ');
        }

        @Override
        public void onHead(ResponseHead head, boolean follows) {
            head("", head);
            bodyFollows = follows;
        }

        @Override
        public void onData(ByteBuf bytes) {
            int count = bytes.readableBytes();
            body.append(bytes.toString(StandardCharsets.ISO_8859_1));
            bytes.release();
            var on = stream;
            if (on != null) {
                on.grant(count);
            }
        }

        @Override
        public void onBurstEnd() {
            bursts++;
        }

        @Override
        public void onEnd(Headers last) {
            trailers = last;
        }

        @Override
        public void onReset(StreamReset reason) {
            reset = reason;
        }

        @Override
        public void onTaken(int bytes) {
            taken += bytes;
        }

        String text() {
            var all =
                    new StringBuilder(text)
                            .append('[')
                            .append(RecordingHandler.shown(body.toString()))
                            .append(']');
            var last = trailers;
            if (last != null) {
                last.forEach(
                        (name, value) -> all.append(' ').append(name).append('=').append(value));
            }
            var why = reset;
            if (why != null) {
                all.append(" !").append(why.kind().name().toLowerCase(Locale.ROOT));
            } else if (last == null) {
                all.append(" open");
            }
            return all.toString();
        }
    }

    Answer answer() {
        var answer = new Answer();
        answers.add(answer);
        return answer;
    }

    @Override
    public void onRoom(ClientConnection connection) {
        rooms++;
    }

    @Override
    public void onDraining(ClientConnection connection) {
        drainings++;
    }

    @Override
    public void onClosed(ClientConnection connection, StreamReset reason) {
        closed.add(reason);
    }
}
