package dev.ambit.e2e.arch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// `docs/waypoint.md` has what an operator looks for by its name.
class DocumentedWaypointTest {
    private static final Pattern LIMITS = Pattern.compile("public record (\\w+Limits)\\(");
    private static final Pattern METRIC = Pattern.compile("\"(ambit_[a-z_]+)\"");

    private static Set<String> inSources(Pattern name) throws IOException {
        var found = new TreeSet<String>();
        // Tests run in their module's folder.
        try (var files = Files.walk(Path.of("../waypoint/src/main/java"))) {
            for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
                var names = name.matcher(Files.readString(file));
                while (names.find()) {
                    found.add(names.group(1));
                }
            }
        }
        return found;
    }

    private static String page() throws IOException {
        return Files.readString(Path.of("../docs/waypoint.md"));
    }

    @Test
    void limits_eachRecord_isOnThePage() throws IOException {
        var records = inSources(LIMITS);
        // By what rate limits count: no limits of ours.
        records.remove("RateLimits");
        assertThat(records).hasSizeGreaterThan(8);
        assertThat(page()).contains(records);
    }

    @Test
    void metrics_each_isOnThePage() throws IOException {
        var metrics = inSources(METRIC);
        assertThat(metrics).hasSizeGreaterThan(8);
        assertThat(page()).contains(metrics);
    }
}
