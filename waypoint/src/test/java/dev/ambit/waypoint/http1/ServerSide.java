package dev.ambit.waypoint.http1;

import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.MemoryDuplex;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.http.StreamReset;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;

/// A server's side of a connection in memory.
abstract class ServerSide {
    static final String GET = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
    static final String POST = "POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n";
    static final String UPGRADE =
            "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n\r\n";
    static final StreamReset LOCAL = new StreamReset(StreamReset.Kind.LOCAL, "why");

    final MemoryDuplex duplex = new MemoryDuplex();
    final RecordingHandler handler = new RecordingHandler();

    @AfterEach
    final void closeDuplex() {
        duplex.close();
    }

    final Http1ServerConnection server() {
        return server(Http1ServerOptions.defaults());
    }

    final Http1ServerConnection server(Http1ServerOptions options) {
        return Http1ServerConnection.over(duplex, options, handler);
    }

    static Http1ServerOptions options(
            boolean trailers, boolean proxy100, HeaderCase letters, Duration headTimeout) {
        var base = Http1ServerOptions.defaults();
        return new Http1ServerOptions(
                base.limits(),
                "http",
                true,
                "",
                true,
                false,
                false,
                trailers,
                proxy100,
                base.underscores(),
                letters,
                headTimeout,
                () -> new Headers().add("date", "today"));
    }

    static Http1ServerOptions serving10() {
        return options(false, false, HeaderCase.LOWER, Duration.ZERO);
    }

    final void respond(int status, boolean bodyFollows, String... fields) {
        var headers = new Headers();
        for (int i = 0; i < fields.length; i += 2) {
            headers.add(fields[i], fields[i + 1]);
        }
        handler.only().stream.respond(new ResponseHead(status, headers), bodyFollows);
        handler.only().stream.flush();
    }

    final void write(String text) {
        handler.only().stream.writeData(Bytes.of(text));
        handler.only().stream.flush();
    }

    final void end() {
        handler.only().stream.end(new Headers());
        handler.only().stream.flush();
    }
}
