package dev.ambit.waypoint.telemetry.format;

import static org.assertj.core.api.Assertions.fail;

import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.telemetry.Exchanges;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/// Five requests, as a real Envoy 1.40 logged them with each of its commands: in JSON, in JSON
/// without what is empty, and as text.
class EnvoyFormatTest {
    private static final FormatContext CONTEXT =
            FormatContext.of(Exchanges.PROCESS).inChain("chain1", Map.of("lm", Map.of("k", "v")));

    private record Row(String format, String exchange, String json, String without, String text) {}

    private static List<Row> rows() throws IOException {
        try (var in = EnvoyFormatTest.class.getResourceAsStream("envoy-formats.tsv")) {
            if (in == null) {
                throw new IOException("envoy-formats.tsv is missing");
            }
            var rows = new ArrayList<Row>();
            for (var line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n", -1)) {
                if (line.isEmpty()) {
                    continue;
                }
                var cells = line.split("\t", 5);
                rows.add(new Row(cells[0], cells[1], cells[2], cells[3], cells[4]));
            }
            return rows;
        }
    }

    @Test
    void everyCommand_asEnvoyLoggedIt() throws Exception {
        var exchanges = Exchanges.ofTable();
        var wrong = new ArrayList<String>();
        for (var row : rows()) {
            var info = Objects.requireNonNull(exchanges.get(row.exchange), row.exchange);
            check(wrong, row, "text", row.text, text(row.format, info));
            check(wrong, row, "json", row.json, json(row.format, info, false));
            check(wrong, row, "omitted", row.without, json(row.format, info, true));
        }
        if (!wrong.isEmpty()) {
            fail(wrong.size() + " differ:\n" + String.join("\n", wrong));
        }
    }

    private static void check(
            List<String> wrong, Row row, String how, String expected, String actual) {
        if (!expected.equals(actual)) {
            wrong.add(
                    row.format
                            + " "
                            + row.exchange
                            + " "
                            + how
                            + "\n   Envoy "
                            + expected
                            + "\n   Ambit "
                            + actual);
        }
    }

    private static String text(String format, StreamInfo info) throws FormatFault {
        return unicode(TextFormat.compile(format, CONTEXT).format(info));
    }

    private static String json(String format, StreamInfo info, boolean omit) throws FormatFault {
        var out = new StringBuilder();
        JsonFormat.compile(Map.of("k", format), CONTEXT, omit).append(out, info);
        var line = unicode(out.toString());
        return line.equals("{}") ? "<left out>" : line.substring(5, line.length() - 1);
    }

    private static String unicode(String octets) {
        return new String(octets.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }
}
