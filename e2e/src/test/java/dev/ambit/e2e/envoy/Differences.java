package dev.ambit.e2e.envoy;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;

/// What our waypoint does otherwise than Envoy on purpose: lines `CASE | DIFFERENCE | REASON`, both
/// first parts regular expressions.
record Differences(List<Entry> entries) {
    record Entry(Pattern test, Pattern difference, String reason) {}

    static Differences read() throws IOException {
        try (var in = Differences.class.getResourceAsStream("/envoy/differences.txt")) {
            var text =
                    new String(
                            Objects.requireNonNull(in, "differences.txt").readAllBytes(),
                            StandardCharsets.UTF_8);
            var entries = new ArrayList<Entry>();
            for (var line : text.lines().filter(l -> !l.isBlank() && !l.startsWith("#")).toList()) {
                var parts = line.split(" \\| ", 3);
                if (parts.length != 3) {
                    throw new IOException(
                            "differences.txt: '"
                                    + line
                                    + "' (expected: CASE | DIFFERENCE | REASON)");
                }
                entries.add(
                        new Entry(Pattern.compile(parts[0]), Pattern.compile(parts[1]), parts[2]));
            }
            return new Differences(entries);
        }
    }

    Optional<String> reason(String name, JsonObject request, String difference) {
        return entries.stream()
                .filter(e -> e.test.matcher(name).matches())
                .filter(e -> e.difference.matcher(difference).find())
                .map(Entry::reason)
                .findFirst();
    }
}
