package dev.ambit.e2e.arch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Documents name tests as proofs: each that is named must be there.
class DocumentedTestsTest {
    private static final Pattern SPAN = Pattern.compile("`([^`]+)`");
    private static final Pattern CLASS =
            Pattern.compile("([A-Z]\\w*(?:Test|Scenario))(?:\\.([\\w…]+))?");

    /// A further method of the class that the row named last.
    private static final Pattern FURTHER = Pattern.compile("[a-z…][\\w…]*_[\\w…]*");

    private static final Pattern METHOD = Pattern.compile("\\b(?:void|boolean) (\\w+)\\(");

    /// @param file Java's, without its ending
    record Named(String document, String file, String method) {}

    @Test
    void namedTests_areThere() throws IOException {
        var methods = testMethods();
        var missing = new ArrayList<Named>();
        var all = named();
        for (var each : all) {
            if (!isThere(methods.getOrDefault(each.file(), Set.of()), each.method())) {
                missing.add(each);
            }
        }
        assertThat(all).as("tests named in docs").hasSizeGreaterThan(200);
        assertThat(missing).as("tests that docs name and that are not there").isEmpty();
    }

    @Test
    void names_ofARow_areFound() {
        assertThat(
                        names(
                                "| `a_b` | `XTest.c_d…`, `…e_f` | `YScenario`, `g_h`; `plain`"
                                        + " `Z.notATest` |"))
                .containsExactly("XTest c_d…", "XTest …e_f", "YScenario ", "YScenario g_h");
    }

    /// An ellipsis stands for any rest; no method, for the class itself.
    private static boolean isThere(Set<String> methods, String named) {
        var pattern = Pattern.compile(named.isEmpty() ? ".*" : named.replace("…", ".*"));
        return methods.stream().anyMatch(method -> pattern.matcher(method).matches());
    }

    private static List<Named> named() throws IOException {
        var all = new ArrayList<Named>();
        try (var documents = Files.walk(Path.of("../docs"))) {
            for (Path document : markdown(documents)) {
                for (var line : Files.readAllLines(document)) {
                    for (var name : names(line)) {
                        var parts = name.split(" ", 2);
                        all.add(new Named(document.getFileName().toString(), parts[0], parts[1]));
                    }
                }
            }
        }
        return all;
    }

    private static List<Path> markdown(Stream<Path> files) {
        return files.filter(file -> file.toString().endsWith(".md")).toList();
    }

    /// Class and method, with a space between.
    private static List<String> names(String line) {
        var found = new ArrayList<String>();
        var spans = SPAN.matcher(line);
        String last = "";
        while (spans.find()) {
            var span = spans.group(1);
            var named = CLASS.matcher(span);
            if (named.matches()) {
                last = named.group(1);
                found.add(last + " " + (named.group(2) == null ? "" : named.group(2)));
            } else if (!last.isEmpty() && FURTHER.matcher(span).matches()) {
                found.add(last + " " + span);
            }
        }
        return found;
    }

    /// Methods of every test class, by the class's simple name, which modules may share.
    private static Map<String, Set<String>> testMethods() throws IOException {
        var all = new HashMap<String, Set<String>>();
        // Tests run in their module's folder.
        Path root = Path.of("..").toRealPath();
        try (var files = Files.walk(root)) {
            for (Path file :
                    files.filter(f -> f.toString().endsWith(".java"))
                            .filter(f -> f.toString().contains("/src/test/java/"))
                            .toList()) {
                var name = file.getFileName().toString().replace(".java", "");
                var methods = all.computeIfAbsent(name, _ -> new HashSet<>());
                var found = METHOD.matcher(Files.readString(file));
                while (found.find()) {
                    methods.add(found.group(1));
                }
            }
        }
        return all;
    }
}
