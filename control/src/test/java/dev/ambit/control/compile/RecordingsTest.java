package dev.ambit.control.compile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.google.protobuf.Message;
import dev.ambit.control.resource.DirectorySource;
import dev.ambit.control.resource.Problem;
import dev.ambit.control.resource.YamlLimits;
import dev.ambit.control.xds.Snapshot;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Equal to istiod message by message, except where `istiod-differences.txt` says why not.
class RecordingsTest {
    private static final String DIFFERENCES = "/istiod-differences.txt";

    /// Not compared yet: several clusters, which have one directory each.
    private static final Set<String> LATER =
            Set.of("multi-network", "multi-network-baggage", "multi-network-no-wp");

    @ParameterizedTest
    @MethodSource("compared")
    void compile_recordedInput_sameAsIstiod(String name) throws IOException {
        assumeThat(Recordings.directory()).as("recordings").isPresent();
        assertThat(unexplained(name)).isEmpty();
    }

    static List<String> compared() throws IOException {
        var cases = new ArrayList<>(Recordings.cases());
        cases.removeAll(LATER);
        return cases.isEmpty() ? List.of("(no recordings)") : cases;
    }

    private static List<String> unexplained(String name) throws IOException {
        var recorded = Recordings.ztunnel(name);
        var ours = compile(name);
        var explained = differences().getOrDefault(name, Set.of());
        var names = new TreeSet<>(recorded.keySet());
        names.addAll(ours.keySet());
        var unexplained = new ArrayList<String>();
        var unused = new HashSet<>(explained);
        for (var resource : names) {
            if (Objects.equals(recorded.get(resource), ours.get(resource))) {
                continue;
            }
            if (!unused.remove(resource)) {
                unexplained.add(
                        resource
                                + "\n  istiod: "
                                + text(recorded.get(resource))
                                + "\n  ours:   "
                                + text(ours.get(resource)));
            }
        }
        unused.forEach(u -> unexplained.add(u + ": listed as different, but it is equal"));
        return unexplained;
    }

    private static String text(@Nullable Message message) {
        return message == null ? "(absent)" : message.toString().replaceAll("\\s+", " ");
    }

    private static SortedMap<String, Message> compile(String name) throws IOException {
        var directory = Recordings.directory().orElseThrow().resolve(name);
        var input =
                DirectorySource.readOnce(
                        directory.resolve("input"),
                        new YamlLimits(16 << 20, 100_000, 50, 64),
                        10_000);
        assertThat(input.problems())
                .filteredOn(p -> p.severity() == Problem.Severity.ERROR)
                .isEmpty();
        var flags = Files.readString(directory.resolve("flags.txt"));
        var settings =
                new CompileSettings(
                        "Kubernetes",
                        flags.contains("AMBIENT_ENABLE_DRY_RUN_AUTHORIZATION_POLICY=true"),
                        flags.contains("PILOT_AUTO_ALLOW_WAYPOINT_POLICY=true"));
        var snapshot = Snapshot.of(MeshCompiler.compile(input, settings));
        var messages = new TreeMap<String, Message>();
        for (var type : List.of(Snapshot.ADDRESS, Snapshot.AUTHORIZATION)) {
            for (var entry : snapshot.of(type).entrySet()) {
                messages.put(entry.getKey(), Recordings.unpack(entry.getValue().resource()));
            }
        }
        return messages;
    }

    /// Lines `case resource: reason`.
    private static Map<String, Set<String>> differences() throws IOException {
        var byCase = new HashMap<String, Set<String>>();
        try (var in = RecordingsTest.class.getResourceAsStream(DIFFERENCES)) {
            var text =
                    new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
            for (var line : Arrays.asList(text.split("\n", -1))) {
                if (line.isBlank() || line.startsWith("#")) {
                    continue;
                }
                var parts = line.split(" ", 3);
                assertThat(parts).as("line '%s': case, resource, reason", line).hasSize(3);
                byCase.computeIfAbsent(parts[0], c -> new HashSet<>())
                        .add(parts[1].replaceAll(":$", ""));
            }
        }
        return byCase;
    }
}
