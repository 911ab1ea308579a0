package dev.ambit.waypoint.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// The page and the code know the same variables.
class VariableTest {
    private static final Pattern ROW = Pattern.compile("\\| `([A-Z0-9_]+\\*?)` \\| .*");

    @Test
    void documentedVariables_areTheOnesThatAreRead() throws IOException {
        var read = new TreeSet<String>();
        for (var variable : Variable.values()) {
            read.add(variable.name());
        }
        for (var prefix : Variable.Prefix.values()) {
            read.add(prefix.name() + "*");
        }
        var documented = new TreeSet<String>();
        for (var line : Files.readAllLines(Path.of("../docs/waypoint-configuration.md"))) {
            var row = ROW.matcher(line);
            if (row.matches()) {
                documented.add(row.group(1));
            }
        }

        assertThat(documented).isEqualTo(read);
    }
}
