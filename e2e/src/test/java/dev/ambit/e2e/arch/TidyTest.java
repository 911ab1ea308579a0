package dev.ambit.e2e.arch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// What the formatter and the compiler don't look at.
class TidyTest {
    private static final int FILE_LINES = 600;
    private static final int METHOD_LINES = 72;
    private static final Pattern METHOD = Pattern.compile("    [a-zA-Z@<].*\\{");
    private static final Pattern TYPE = Pattern.compile(".*\\b(class|interface|enum|record)\\b.*");

    private static final List<Pattern> BANNED =
            List.of(
                    Pattern.compile("\\bSystem\\.exit\\("),
                    Pattern.compile("\\.printStackTrace\\(\\)"),
                    Pattern.compile("\\b(TODO|FIXME|XXX)\\b"));

    /// Processes end in their main methods.
    private static final List<String> EXCEPT =
            List.of("Main.java", "App.java", "EchoServer.java", "BenchMain.java");

    private static List<Path> sources(String folder) throws IOException {
        // Tests run in their module's folder.
        Path root = Path.of("..").toRealPath();
        try (var files = Files.walk(root)) {
            return files.filter(f -> f.toString().endsWith(".java"))
                    .filter(f -> f.toString().contains(folder))
                    .toList();
        }
    }

    @Test
    void files_areShort() throws IOException {
        var tooLong = new ArrayList<String>();
        for (Path file : sources("/src/main/java/")) {
            int lines = Files.readAllLines(file).size();
            if (lines > FILE_LINES) {
                tooLong.add(file.getFileName() + ": " + lines + " lines");
            }
        }
        assertThat(tooLong).as("files over " + FILE_LINES + " lines").isEmpty();
    }

    @Test
    void methods_areShort() throws IOException {
        var tooLong = new ArrayList<String>();
        for (Path file : sources("/src/main/java/")) {
            var lines = Files.readAllLines(file);
            int start = -1;
            for (int i = 0; i < lines.size(); i++) {
                String line = lines.get(i);
                if (METHOD.matcher(line).matches() && !TYPE.matcher(line).matches()) {
                    start = i;
                } else if (line.equals("    }") && start >= 0) {
                    if (i - start + 1 > METHOD_LINES) {
                        tooLong.add(file.getFileName() + ": " + lines.get(start).strip());
                    }
                    start = -1;
                }
            }
        }
        assertThat(tooLong).as("methods over " + METHOD_LINES + " lines").isEmpty();
    }

    @Test
    void bannedCalls_areNotThere() throws IOException {
        var found = new ArrayList<String>();
        for (Path file : sources("/src/main/java/")) {
            if (EXCEPT.stream().anyMatch(name -> file.toString().endsWith(name))) {
                continue;
            }
            for (String line : Files.readAllLines(file)) {
                for (Pattern banned : BANNED) {
                    if (banned.matcher(line).find()) {
                        found.add(file.getFileName() + ": " + line.strip());
                    }
                }
            }
        }
        assertThat(found).isEmpty();
    }

    @Test
    void tests_neverSleep() throws IOException {
        var found = new ArrayList<String>();
        for (Path file : sources("/src/test/java/")) {
            // Not this file: the word stands in it.
            if (!file.endsWith("TidyTest.java")
                    && Files.readString(file).contains("Thread.sleep(")) {
                found.add(file.getFileName().toString());
            }
        }
        assertThat(found).isEmpty();
    }
}
