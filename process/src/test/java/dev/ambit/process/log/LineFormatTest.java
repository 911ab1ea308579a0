package dev.ambit.process.log;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LineFormatTest {
    private static final Instant NOW = Instant.parse("2026-11-23T09:05:56.915325Z");

    private static String line(LogFormat format, String message, @Nullable Object... fields) {
        var entry = new FieldLog.Entry(Level.WARNING, message, fields);
        return line(format, entry, "dev.ambit.mesh.xds.WdsClient");
    }

    private static String line(LogFormat format, LogRecord record, String logger) {
        record.setInstant(NOW);
        record.setLoggerName(logger);
        return new LineFormat(format).line(record);
    }

    @Test
    void plain_golden() {
        assertThat(line(LogFormat.PLAIN, "hello", "a", "x y", "b", 7, "c", null, "d", true))
                .isEqualTo(
                        "2026-11-23T09:05:56.915325Z\twarn\tmesh::xds::WdsClient\thello\t"
                                + "a=\"x y\" b=7 d=true\n");
    }

    @Test
    void json_golden() {
        assertThat(line(LogFormat.JSON, "he\"llo", "a", "x\ny", "b", 7, "c", null, "d", true))
                .isEqualTo(
                        "{\"level\":\"warn\",\"time\":\"2026-11-23T09:05:56.915325Z\","
                                + "\"scope\":\"mesh::xds::WdsClient\",\"message\":\"he\\\"llo\","
                                + "\"a\":\"x\\ny\",\"b\":7,\"d\":true}\n");
    }

    @Test
    void plainValue_isEscaped_soThatItStaysOneValue() {
        assertThat(line(LogFormat.PLAIN, "m", "a", "q\"b\\n\nr\rt\te\u001b[31m\u0000\u007f"))
                .endsWith("a=\"q\\\"b\\\\n\\nr\\rt\\te\\u{1b}[31m\\0\\u{7f}\"\n");
    }

    @Test
    void levels_areTheReferences() {
        assertThat(LineFormat.level(Level.SEVERE)).isEqualTo("error");
        assertThat(LineFormat.level(Level.WARNING)).isEqualTo("warn");
        assertThat(LineFormat.level(Level.INFO)).isEqualTo("info");
        assertThat(LineFormat.level(Level.FINE)).isEqualTo("debug");
        assertThat(LineFormat.level(Level.FINEST)).isEqualTo("trace");
    }

    /// Libraries log with patterns of their own, not all of them valid.
    @Test
    void brokenPattern_isPrintedAsItIs() {
        var record = new LogRecord(Level.INFO, "odd {0,nonsense}");
        record.setParameters(new Object[] {1});

        assertThat(line(LogFormat.PLAIN, record, "lib")).contains("\todd {0,nonsense}\t");
    }

    private static Map<String, String> texts(String json) throws IOException {
        var all = new HashMap<String, String>();
        try (var parser = new JsonFactory().createParser(json)) {
            parser.nextToken();
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                var name = parser.currentName();
                parser.nextToken();
                all.put(name, parser.getText());
            }
        }
        return all;
    }

    @Property
    @Tag("fuzz")
    void anyText_isOneLine(@ForAll String text) throws Exception {
        var json = line(LogFormat.JSON, text, "v", text);
        assertThat(json.strip().lines()).hasSize(1);
        if (text.chars().noneMatch(c -> Character.isSurrogate((char) c))) {
            assertThat(texts(json)).containsEntry("message", text).containsEntry("v", text);
        }
        assertThat(line(LogFormat.PLAIN, "m", "v", text).lines()).hasSize(1);
    }
}
