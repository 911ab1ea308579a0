package dev.ambit.waypoint.http1;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.HttpVersion;
import dev.ambit.waypoint.http.MemoryDuplex;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.http.Table;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Each response of `http1/responses.tsv`, as it is on the wire, and what is understood of it.
class ResponseTableTest {
    record Row(String name, String request, boolean end, String raw, String ours) {
        @Override
        public String toString() {
            return name;
        }
    }

    static List<Row> rows() {
        return Table.rows("/http1/responses.tsv").stream()
                .map(cells ->
                        new Row(
                                cells[0],
                                cells[1],
                                cells[2].equals("end"),
                                Table.unescape(cells[3]),
                                cells[4]))
                .toList();
    }

    static RequestHead head(String method, boolean upgrade) {
        return new RequestHead(
                HttpVersion.HTTP_1_1,
                method,
                "http",
                "h",
                method.equals("CONNECT") ? "" : "/",
                new Headers(),
                upgrade ? "websocket" : null);
    }

    /// What was understood, then what became of the connection: `reusable`, `open`, `ended` or
    /// `reset`.
    static String run(String request, String raw, boolean end, int... cuts) {
        var duplex = new MemoryDuplex();
        var owner = new RecordingClient();
        var base = Http1ClientOptions.defaults();
        var client =
                Http1ClientConnection.over(
                        duplex,
                        new Http1ClientOptions(
                                base.limits(),
                                request.contains("+trailers"),
                                false,
                                HeaderCase.LOWER),
                        owner);
        var answer = owner.answer();
        boolean raws = request.contains("+upgrade") || request.startsWith("CONNECT");
        answer.stream =
                client.send(
                        head(request.split("\\+", 2)[0], request.contains("+upgrade")),
                        raws,
                        answer);
        answer.stream.flush();
        int from = 0;
        for (int cut : cuts) {
            duplex.receive(raw.substring(from, cut));
            from = cut;
        }
        duplex.receive(raw.substring(from));
        String before = client.room() == 1 ? "reusable" : "";
        assertThat(owner.rooms).as("told that there is room").isBetween(client.room(), 1);
        if (end) {
            duplex.receiveEnd();
        }
        var fate =
                !before.isEmpty()
                        ? before
                        : !duplex.resets.isEmpty()
                                ? "reset"
                                : duplex.outputEnded ? "ended" : "open";
        var text = answer.text() + " => " + fate;
        if (duplex.done()) {
            assertThat(owner.closed).as("told that the connection has ended").hasSize(1);
        } else {
            duplex.receiveReset("test ends");
            assertThat(owner.closed).hasSize(1);
        }
        duplex.close();
        return text;
    }

    @ParameterizedTest
    @MethodSource("rows")
    void response_fromTheTable_isUnderstoodAsItSays(Row row) {
        assertThat(run(row.request, row.raw, row.end)).isEqualTo(row.ours);
    }

    @ParameterizedTest
    @MethodSource("rows")
    void response_inSingleBytes_isUnderstoodAlike(Row row) {
        if (row.raw.length() > 2000) {
            return;
        }
        var cuts = IntStream.rangeClosed(1, row.raw.length()).toArray();

        assertThat(run(row.request, row.raw, row.end, cuts)).isEqualTo(row.ours);
    }

    @Property(tries = 300)
    @Tag("fuzz")
    void response_mutated_isUnderstoodTheSameInPieces(@ForAll long seed) {
        var random = new Random(seed);
        var rows = rows().stream().filter(row -> row.raw.length() < 2000).toList();
        var row = rows.get(random.nextInt(rows.size()));
        var raw = new StringBuilder(row.raw);
        var pool = "\r\n\0 \t:;,0123aAfF=\"xX/\u00e4";
        for (int i = 0; i < random.nextInt(6) && !raw.isEmpty(); i++) {
            int at = random.nextInt(raw.length());
            char c = pool.charAt(random.nextInt(pool.length()));
            switch (random.nextInt(3)) {
                case 0 -> raw.setCharAt(at, c);
                case 1 -> raw.insert(at, c);
                default -> raw.deleteCharAt(at);
            }
        }
        var text = raw.toString();
        var cuts = random.ints(random.nextInt(6), 0, text.length() + 1).sorted().toArray();

        assertThat(run(row.request, text, row.end, cuts))
                .isEqualTo(run(row.request, text, row.end));
    }
}
