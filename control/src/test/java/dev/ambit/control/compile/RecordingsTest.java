package dev.ambit.control.compile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.google.protobuf.Message;
import dev.ambit.control.Recordings;
import dev.ambit.control.resource.DirectorySource;
import dev.ambit.control.resource.Problem;
import dev.ambit.control.resource.ResourceSet;
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

    @ParameterizedTest
    @MethodSource("compared")
    void compile_recordedInput_sameAsIstiod(String name) throws IOException {
        assumeThat(Recordings.directory()).as("recordings").isPresent();
        assertThat(unexplained(name)).isEmpty();
    }

    /// What istiod leaves open is followed above, so that everything else is compared; by default
    /// it is closed, and in these recordings that makes no difference but the listed ones.
    @ParameterizedTest
    @MethodSource("compared")
    void compile_failClosed_sameButForWhatIsListed(String name) throws IOException {
        assumeThat(Recordings.directory()).as("recordings").isPresent();
        var closed = compile(name, true);
        var asIstiod = compile(name, false);
        var explained = differences().getOrDefault(name, Set.of());
        var names = new TreeSet<>(closed.keySet());
        names.addAll(asIstiod.keySet());
        names.removeIf(n -> Objects.equals(closed.get(n), asIstiod.get(n)));
        assertThat(explained).containsAll(names);
    }

    static List<String> compared() throws IOException {
        var cases = Recordings.cases();
        return cases.isEmpty() ? List.of("(no recordings)") : cases;
    }

    private static List<String> unexplained(String name) throws IOException {
        var recorded = Recordings.ztunnel(name);
        var ours = compile(name, false);
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

    private static SortedMap<String, Message> compile(String name, boolean failClosed)
            throws IOException {
        var directory = Recordings.directory().orElseThrow().resolve(name);
        var read =
                DirectorySource.readOnce(
                        directory.resolve("input"),
                        new YamlLimits(16 << 20, 100_000, 50, 64),
                        10_000);
        assertThat(read.problems())
                .filteredOn(p -> p.severity() == Problem.Severity.ERROR)
                .isEmpty();
        var flags = Files.readString(directory.resolve("flags.txt"));
        boolean multiNetwork = flags.contains("AMBIENT_ENABLE_MULTI_NETWORK=true");
        // Without the flag istiod does not look at other clusters.
        var input =
                multiNetwork
                        ? read
                        : new ResourceSet(read.mesh(), read.resources(), read.problems());
        var settings =
                new CompileSettings(
                        "Kubernetes",
                        flags.contains("AMBIENT_ENABLE_DRY_RUN_AUTHORIZATION_POLICY=true"),
                        flags.contains("PILOT_AUTO_ALLOW_WAYPOINT_POLICY=true"),
                        multiNetwork,
                        failClosed);
        var snapshot = Snapshot.of(MeshCompiler.compile(input, settings));
        var messages = new TreeMap<String, Message>();
        for (var type : List.of(Snapshot.ADDRESS, Snapshot.AUTHORIZATION)) {
            for (var entry : snapshot.of(type).entrySet()) {
                messages.put(
                        entry.getKey(),
                        Recordings.ordered(Recordings.unpack(entry.getValue().resource())));
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
