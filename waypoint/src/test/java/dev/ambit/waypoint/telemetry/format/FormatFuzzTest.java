package dev.ambit.waypoint.telemetry.format;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import dev.ambit.waypoint.telemetry.Exchanges;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tag;

/// Formats that nobody has thought of, and headers that nobody has thought of.
class FormatFuzzTest {
    private static final FormatContext CONTEXT = FormatContext.of(Exchanges.PROCESS);

    @Provide
    Arbitrary<String> formats() {
        return Arbitraries.oneOf(
                        Arbitraries.of(
                                "%REQ(",
                                "%START_TIME(",
                                "%PROTOCOL",
                                "%CEL(request.",
                                "%COALESCE({\"operators\":[",
                                "%FILTER_STATE(a:",
                                "%DYNAMIC_METADATA(dm",
                                "%QUERY_PARAM(",
                                "%COMMON_DURATION(DS_RX_BEG:",
                                ")%",
                                ":3%",
                                "%%",
                                "%",
                                "]})%"),
                        Arbitraries.strings().ofMaxLength(8))
                .list()
                .ofMaxSize(8)
                .map(parts -> String.join("", parts));
    }

    @Property(tries = 1_000)
    @Tag("fuzz")
    void formats_areTakenOrRefused_andThenPrintEveryExchange(@ForAll("formats") String format) {
        try {
            var compiled = TextFormat.compile(format, CONTEXT);
            for (var info : Exchanges.ofTable().values()) {
                assertThat(compiled.format(info)).isNotNull();
            }
        } catch (FormatFault refused) {
            assertThat(refused.text()).isNotEmpty();
        }
    }

    @Property(tries = 500)
    @Tag("fuzz")
    void lines_withAnyHeader_areJson(@ForAll("octets") String value) throws Exception {
        var info = Exchanges.ofTable("proxied");
        Exchanges.request(info).headers().set("x-any", value);
        var out = new StringBuilder();
        JsonFormat.compile(
                        Map.of("a", "%REQ(X-ANY)%", "b", "<%REQ(X-ANY):5%>", "c", "%PATH%"),
                        CONTEXT,
                        false)
                .append(out, info);
        var line = out.toString().getBytes(StandardCharsets.ISO_8859_1);
        assertThat(line).doesNotContain((byte) '\n');
        assertThat(fields(new String(line, StandardCharsets.UTF_8))).isEqualTo(3);
    }

    @Provide
    Arbitrary<String> octets() {
        return Arbitraries.strings().withCharRange('\u0001', '\u00ff').ofMaxLength(30);
    }

    private static int fields(String json) throws IOException {
        int fields = 0;
        try (var parser = new JsonFactory().createParser(json)) {
            for (var token = parser.nextToken(); token != null; token = parser.nextToken()) {
                fields += token == com.fasterxml.jackson.core.JsonToken.FIELD_NAME ? 1 : 0;
            }
        }
        return fields;
    }
}
