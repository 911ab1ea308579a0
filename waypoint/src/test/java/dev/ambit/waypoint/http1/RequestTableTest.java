package dev.ambit.waypoint.http1;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.MemoryDuplex;
import dev.ambit.waypoint.http.Table;
import dev.ambit.waypoint.http1.Http1ServerOptions.Underscores;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Each request of `http1/requests.tsv`, as it is on the wire: what is understood of it, and what
/// is answered. The table says what a real Envoy answers, too.
class RequestTableTest {
    private static final Pattern STATUS = Pattern.compile("HTTP/1\\.[01] (\\d{3}) ");

    record Row(String name, String options, String raw, String envoy, String ours, String why) {
        @Override
        public String toString() {
            return name;
        }
    }

    static List<Row> rows() {
        return Table.rows("/http1/requests.tsv").stream()
                .map(cells ->
                        new Row(
                                cells[0],
                                cells[1],
                                Table.unescape(cells[2]),
                                cells[3],
                                cells[4],
                                cells.length > 5 ? cells[5] : ""))
                .toList();
    }

    static Http1ServerOptions options(String what) {
        var base = Http1ServerOptions.defaults();
        return new Http1ServerOptions(
                base.limits(),
                "http",
                what.equals("http10"),
                "dflt.example",
                true,
                false,
                what.equals("chunkedLength"),
                what.equals("trailers"),
                what.equals("proxy100"),
                switch (what) {
                    case "underscoreReject" -> Underscores.REJECT;
                    case "underscoreDrop" -> Underscores.DROP;
                    default -> Underscores.ALLOW;
                },
                HeaderCase.LOWER,
                Duration.ZERO,
                Headers::new);
    }

    /// What was understood, then `=>`, then the statuses that were answered.
    static String run(String options, String raw) {
        return run(options, raw, new int[0]);
    }

    /// @param cuts where the bytes come apart
    static String run(String options, String raw, int[] cuts) {
        var duplex = new MemoryDuplex();
        var handler = new RecordingHandler();
        handler.answers = true;
        Http1ServerConnection.over(duplex, options(options), handler);
        int from = 0;
        for (int cut : cuts) {
            duplex.receive(raw.substring(from, cut));
            from = cut;
        }
        duplex.receive(raw.substring(from));
        var text = new StringBuilder(handler.text()).append(" =>");
        var sent = duplex.sent();
        var statuses = STATUS.matcher(sent);
        while (statuses.find()) {
            text.append(' ').append(statuses.group(1));
        }
        duplex.receiveEnd();
        assertThat(handler.closed).as("told that the connection has ended").isEqualTo(1);
        duplex.close();
        return text.toString();
    }

    @ParameterizedTest
    @MethodSource("rows")
    void request_fromTheTable_isUnderstoodAsItSays(Row row) {
        assertThat(run(row.options(), row.raw())).isEqualTo(row.ours());
    }

    /// A difference to Envoy in what is answered needs a reason, and a reason a difference.
    @ParameterizedTest
    @MethodSource("rows")
    void answer_unlikeEnvoys_hasAReason(Row row) {
        var statuses = row.ours().substring(row.ours().indexOf("=>") + 2).strip();
        var ours = statuses.isEmpty() ? "-" : statuses;

        assertThat(row.why().isEmpty()).isEqualTo(ours.equals(row.envoy()));
    }

    @ParameterizedTest
    @MethodSource("rows")
    void request_inSingleBytes_isUnderstoodAlike(Row row) {
        if (row.raw().length() > 2000) {
            return;
        }
        var cuts = Stream.iterate(1, i -> i + 1).limit(row.raw().length()).toList();

        assertThat(
                        run(
                                row.options(),
                                row.raw(),
                                cuts.stream().mapToInt(Integer::intValue).toArray()))
                .isEqualTo(row.ours());
    }

    @Property(tries = 40)
    @Tag("fuzz")
    void request_inRandomPieces_isUnderstoodAlike(@ForAll long seed) {
        var random = new Random(seed);
        var rows = rows();
        for (int i = 0; i < 20; i++) {
            var row = rows.get(random.nextInt(rows.size()));
            assertThat(run(row.options(), row.raw(), cuts(random, row.raw().length())))
                    .as(row.name())
                    .isEqualTo(row.ours());
        }
    }

    /// Mutated requests: the pieces in which they come make no difference, nothing throws, nothing
    /// leaks, and all credit comes back.
    @Property(tries = 300)
    @Tag("fuzz")
    void request_mutated_isUnderstoodTheSameInPieces(@ForAll long seed) {
        var random = new Random(seed);
        var rows = rows().stream().filter(row -> row.raw().length() < 2000).toList();
        var raw = new StringBuilder();
        for (int i = 0; i <= random.nextInt(3); i++) {
            raw.append(rows.get(random.nextInt(rows.size())).raw());
        }
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
        var options = List.of("-", "http10", "trailers", "chunkedLength", "underscoreDrop");
        var chosen = options.get(random.nextInt(options.size()));
        var text = raw.toString();

        assertThat(run(chosen, text, cuts(random, text.length()))).isEqualTo(run(chosen, text));
    }

    private static int[] cuts(Random random, int length) {
        return random.ints(random.nextInt(6), 0, length + 1).sorted().toArray();
    }
}
