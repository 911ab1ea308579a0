package dev.ambit.ztunnel;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What the reference printed. Tests that need it are skipped where it is not there.
public final class Recorded {
    private Recorded() {}

    /// The text of one file of `ztunnel/`.
    public static String text(String name) throws IOException {
        return Files.readString(file("ztunnel/" + name));
    }

    /// @param path below the recordings' folder
    public static Path file(String path) {
        var root =
                Optional.ofNullable(System.getenv("AMBIT_RECORDINGS"))
                        .map(Path::of)
                        .orElse(Path.of("../../shared/recordings"));
        var file = root.resolve(path);
        assumeTrue(Files.exists(file), "needs the recordings, see AMBIT_RECORDINGS");
        return file;
    }

    /// Objects as maps in the order of the text, arrays as lists, numbers as long, no null.
    public static Map<String, Object> json(String text) throws IOException {
        try (var parser = new JsonFactory().createParser(text)) {
            parser.nextToken();
            return object(parser);
        }
    }

    private static Map<String, Object> object(JsonParser parser) throws IOException {
        var all = new LinkedHashMap<String, Object>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            var name = parser.currentName();
            parser.nextToken();
            all.put(name, value(parser));
        }
        return all;
    }

    private static Object value(JsonParser parser) throws IOException {
        return switch (parser.currentToken()) {
            case START_OBJECT -> object(parser);
            case START_ARRAY -> {
                List<Object> all = new ArrayList<>();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    all.add(value(parser));
                }
                yield all;
            }
            case VALUE_NUMBER_INT -> parser.getLongValue();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            default -> parser.getText();
        };
    }
}
