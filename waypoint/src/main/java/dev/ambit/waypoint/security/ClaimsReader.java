package dev.ambit.waypoint.security;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// JSON objects of strangers, as values of dynamic metadata. Nulls are left out. A name that comes
/// twice is an error, as for protobuf's reader: otherwise two readers of a token might see two
/// different callers.
final class ClaimsReader {
    private static final JsonFactory FACTORY =
            JsonFactory.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .streamReadConstraints(
                            StreamReadConstraints.builder()
                                    .maxNestingDepth(SecurityLimits.JSON_DEPTH)
                                    .build())
                    .build();

    private ClaimsReader() {}

    /// Null where it is no object.
    static @Nullable Map<String, Object> read(byte[] json) {
        try (var parser = FACTORY.createParser(json)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return null;
            }
            var object = object(parser);
            return parser.nextToken() == null ? object : null;
        } catch (IOException malformed) {
            return null;
        }
    }

    private static Map<String, Object> object(JsonParser parser) throws IOException {
        var object = new LinkedHashMap<String, Object>();
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            var name = parser.currentName();
            parser.nextToken();
            var value = value(parser);
            if (value != null) {
                object.put(name, value);
            }
        }
        return object;
    }

    private static List<Object> list(JsonParser parser) throws IOException {
        var list = new ArrayList<Object>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            var value = value(parser);
            if (value != null) {
                list.add(value);
            }
        }
        return list;
    }

    private static @Nullable Object value(JsonParser parser) throws IOException {
        return switch (parser.currentToken()) {
            case START_OBJECT -> object(parser);
            case START_ARRAY -> list(parser);
            case VALUE_STRING -> parser.getText();
            case VALUE_TRUE -> Boolean.TRUE;
            case VALUE_FALSE -> Boolean.FALSE;
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> {
                double number = parser.getDoubleValue();
                if (!Double.isFinite(number)) {
                    throw new IOException("a number beyond 64 bits of floating point");
                }
                yield number;
            }
            case VALUE_NULL -> null;
            case null, default -> throw new IOException("a value is missing");
        };
    }
}
