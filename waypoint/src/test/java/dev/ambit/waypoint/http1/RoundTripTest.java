package dev.ambit.waypoint.http1;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.HttpStream;
import dev.ambit.waypoint.http.HttpVersion;
import dev.ambit.waypoint.http.MemoryDuplex;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.http.ResponseHead;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;

/// Our client talks to our server: what one writes the other reads, in whatever pieces it comes.
class RoundTripTest {
    private final MemoryDuplex toServer = new MemoryDuplex();
    private final MemoryDuplex toClient = new MemoryDuplex();
    private final RecordingHandler handler = new RecordingHandler();
    private final RecordingClient owner = new RecordingClient();

    private static Headers fields(Random random, String prefix) {
        var headers = new Headers();
        for (int i = 0; i < random.nextInt(5); i++) {
            var value = new StringBuilder();
            for (int c = 0; c < random.nextInt(20); c++) {
                value.append((char) (c == 0 ? 'a' : ' ' + random.nextInt(95)));
            }
            headers.add(prefix + random.nextInt(3), value.toString().strip());
        }
        return headers;
    }

    private static String body(Random random) {
        return "0123456789\r\n\0\u00ff".repeat(random.nextInt(20));
    }

    private static String text(Headers headers) {
        var text = new StringBuilder();
        headers.forEach((name, value) -> {
            if (!name.equals("content-length")) {
                text.append(name).append('=').append(value).append(';');
            }
        });
        return text.toString();
    }

    private static void pass(Random random, String wire, MemoryDuplex to) {
        for (int from = 0; from < wire.length(); ) {
            int count = 1 + random.nextInt(random.nextBoolean() ? 5 : wire.length());
            int end = Math.min(wire.length(), from + count);
            to.receive(wire.substring(from, end));
            from = end;
        }
    }

    /// Writes a body in pieces.
    private static void write(Random random, HttpStream stream, String body, Headers trailers) {
        for (int from = 0; from < body.length(); ) {
            int end = Math.min(body.length(), from + 1 + random.nextInt(40));
            stream.writeData(Bytes.of(body.substring(from, end)));
            from = end;
        }
        stream.end(trailers);
        stream.flush();
    }

    @Property(tries = 300)
    @Tag("fuzz")
    void exchanges_onOneConnection_arriveAsTheyWereSent(@ForAll long seed) {
        var random = new Random(seed);
        var serverOptions =
                new Http1ServerOptions(
                        Http1Limits.defaults(),
                        "http",
                        false,
                        "",
                        true,
                        false,
                        false,
                        true,
                        true,
                        Http1ServerOptions.Underscores.ALLOW,
                        HeaderCase.LOWER,
                        Duration.ZERO,
                        Headers::new);
        var test = new RoundTripTest();
        Http1ServerConnection.over(test.toClient, serverOptions, test.handler);
        var client =
                Http1ClientConnection.over(
                        test.toServer,
                        new Http1ClientOptions(
                                Http1Limits.defaults(), true, false, HeaderCase.LOWER),
                        test.owner);
        int exchanges = 1 + random.nextInt(4);
        for (int i = 0; i < exchanges; i++) {
            assertThat(client.room()).isEqualTo(1);
            test.exchange(random, client);
        }
        assertThat(test.handler.rejected).isEmpty();
        assertThat(test.toClient.outstanding).isZero();
        assertThat(test.toServer.outstanding).isZero();
        test.toServer.close();
        test.toClient.close();
    }

    private void exchange(Random random, Http1ClientConnection client) {
        var method = List.of("GET", "POST", "HEAD", "PUT").get(random.nextInt(4));
        var fields = fields(random, "x-");
        var sentFields = text(fields);
        var body = body(random);
        boolean hasBody = random.nextBoolean();
        boolean sized = random.nextBoolean();
        var trailers = hasBody && !sized ? fields(random, "t-") : new Headers();
        if (hasBody && sized) {
            fields.add("content-length", String.valueOf(body.length()));
        }
        var answer = owner.answer();
        var stream =
                client.send(
                        new RequestHead(
                                HttpVersion.HTTP_1_1, method, "http", "h", "/p?q", fields, null),
                        hasBody,
                        answer);
        answer.stream = stream;
        stream.flush();
        if (hasBody) {
            write(random, stream, body, trailers);
        }
        pass(random, toServer.sent(), toClient);
        var got = handler.only();
        assertThat(got.head.method()).isEqualTo(method);
        assertThat(text(got.head.headers())).isEqualTo(sentFields);
        assertThat(got.body.toString()).isEqualTo(hasBody ? body : "");
        assertThat(text(requireNonNull(got.trailers))).isEqualTo(text(trailers));
        assertThat(answer.taken).isEqualTo(hasBody ? body.length() : 0);
        answer(random, got, answer, method.equals("HEAD"));
    }

    private void answer(
            Random random,
            RecordingHandler.Exchange got,
            RecordingClient.Answer answer,
            boolean toHead) {
        var fields = fields(random, "y-");
        var sentFields = text(fields);
        var body = body(random);
        boolean hasBody = !toHead && random.nextBoolean();
        boolean sized = random.nextBoolean();
        var trailers = hasBody && !sized ? fields(random, "t-") : new Headers();
        if (sized && (hasBody || toHead)) {
            fields.add("content-length", String.valueOf(body.length()));
        }
        if (random.nextInt(4) == 0) {
            got.stream.informational(new ResponseHead(103, new Headers()));
        }
        got.stream.respond(new ResponseHead(201, fields), hasBody);
        got.stream.flush();
        if (hasBody) {
            write(random, got.stream, body, trailers);
        }
        pass(random, toClient.sent(), toServer);
        assertThat(answer.text.toString()).contains("201 ");
        assertThat(answer.body.toString()).isEqualTo(hasBody ? body : "");
        assertThat(text(requireNonNull(answer.trailers))).isEqualTo(text(trailers));
        for (var field : sentFields.split(";", -1)) {
            assertThat(answer.text.toString()).contains(RecordingHandler.shown(field.strip()));
        }
        assertThat(got.taken).isEqualTo(hasBody ? body.length() : 0);
    }
}
