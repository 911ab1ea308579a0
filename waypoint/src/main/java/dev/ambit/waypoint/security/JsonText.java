package dev.ambit.waypoint.security;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;

/// Values of dynamic metadata as JSON.
final class JsonText {
    private static final JsonFactory FACTORY = new JsonFactory();

    /// Whole numbers up to here are exact.
    private static final double EXACT = 0x1p53;

    private JsonText() {}

    static String of(Object value) {
        var text = new StringWriter();
        try (var generator = FACTORY.createGenerator(text)) {
            write(generator, value);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return text.toString();
    }

    private static void write(JsonGenerator generator, Object value) throws IOException {
        switch (value) {
            case Map<?, ?> map -> {
                generator.writeStartObject();
                for (var entry : map.entrySet()) {
                    generator.writeFieldName(String.valueOf(entry.getKey()));
                    write(generator, entry.getValue());
                }
                generator.writeEndObject();
            }
            case List<?> list -> {
                generator.writeStartArray();
                for (var element : list) {
                    write(generator, element);
                }
                generator.writeEndArray();
            }
            case Boolean bool -> generator.writeBoolean(bool);
            case Double number when number == Math.rint(number) && Math.abs(number) < EXACT ->
                    generator.writeNumber((long) (double) number);
            case Double number -> generator.writeNumber(number);
            default -> generator.writeString(value.toString());
        }
    }
}
