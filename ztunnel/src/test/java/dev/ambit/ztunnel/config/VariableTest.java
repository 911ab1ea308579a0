package dev.ambit.ztunnel.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// The page and the code know the same variables.
class VariableTest {
    private static final Pattern ROW =
            Pattern.compile("\\| `([A-Z0-9_]+\\*?)` \\| [^|]+ \\| ([a-z ]+) \\| .*");

    private static TreeMap<String, String> rows() throws IOException {
        var rows = new TreeMap<String, String>();
        for (var line : Files.readAllLines(Path.of("../docs/configuration.md"))) {
            var row = ROW.matcher(line);
            if (row.matches()) {
                assertThat(rows.put(row.group(1), row.group(2))).as(row.group(1)).isNull();
            }
        }
        return rows;
    }

    @Test
    void documentedVariables_areTheOnesThatAreRead() throws IOException {
        var read = new TreeSet<String>();
        for (var variable : Variable.values()) {
            read.add(variable.name());
        }
        for (var prefix : Variable.Prefix.values()) {
            read.add(prefix.name() + "*");
        }

        var documented = new TreeSet<>(rows().keySet());
        // Neither program reads it; people look for it, since the chart sets it.
        documented.remove("INPOD_ENABLED");

        assertThat(documented).isEqualTo(read);
    }

    @Test
    void everyRow_saysHowItCompares() throws IOException {
        assertThat(rows().values()).isSubsetOf(Set.of("same", "different", "left out"));
    }
}
