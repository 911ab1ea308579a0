package dev.ambit.control.l7;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Struct;
import com.google.protobuf.util.JsonFormat;
import dev.ambit.control.Recordings;
import dev.ambit.control.compile.CompileSettings;
import dev.ambit.control.compile.MeshCompiler;
import dev.ambit.control.l7.WaypointRecordings.Recorded;
import dev.ambit.control.resource.DirectorySource;
import dev.ambit.control.resource.Problem;
import dev.ambit.control.resource.ResourceSet;
import dev.ambit.control.resource.YamlLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// Recorded cases as our model, and nodes that ask for their part of it.
public final class TestScopes {
    private static final Map<String, L7Model> MODELS = new ConcurrentHashMap<>();

    private TestScopes() {}

    /// What the proxy of a recording would get from its input.
    public static WaypointScope of(Recorded recorded) throws IOException {
        var model = MODELS.get(recorded.name());
        if (model == null) {
            model = model(recorded.name());
            MODELS.put(recorded.name(), model);
        }
        var node = WaypointRecordings.node(recorded);
        var metadata = Struct.newBuilder();
        JsonFormat.parser().merge(node.getAsJsonObject("metadata").toString(), metadata);
        return WaypointScopes.of(
                model, WaypointNodes.read(node.get("id").getAsString(), metadata.build(), model));
    }

    private static L7Model model(String name) throws IOException {
        var directory = Recordings.directory().orElseThrow().resolve(name);
        var flags = flags(directory.resolve("flags.txt"));
        return model(directory.resolve("input"), flags);
    }

    /// Of a directory of YAML files.
    public static L7Model model(Path directory, Map<String, String> flags) throws IOException {
        var read =
                DirectorySource.readOnce(
                        directory, new YamlLimits(16 << 20, 100_000, 50, 64), 10_000);
        assertThat(read.problems())
                .filteredOn(p -> p.severity() == Problem.Severity.ERROR)
                .isEmpty();
        var settings = L7Settings.of(flags);
        // Without the flag istiod does not look at other clusters.
        var input =
                settings.multiNetwork()
                        ? read
                        : new ResourceSet(read.mesh(), read.resources(), read.problems());
        var compile =
                new CompileSettings(
                        "Kubernetes",
                        isSet(flags, "AMBIENT_ENABLE_DRY_RUN_AUTHORIZATION_POLICY"),
                        isSet(flags, "PILOT_AUTO_ALLOW_WAYPOINT_POLICY"),
                        settings.multiNetwork(),
                        false);
        return L7Model.of(input, MeshCompiler.compile(input, compile), settings);
    }

    private static boolean isSet(Map<String, String> flags, String name) {
        return flags.getOrDefault(name, "").equals("true");
    }

    /// Lines `NAME=value (default …)`.
    private static Map<String, String> flags(Path file) throws IOException {
        var flags = new HashMap<String, String>();
        for (var line : Files.readAllLines(file)) {
            int equals = line.indexOf('=');
            if (equals > 0) {
                flags.put(line.substring(0, equals), line.substring(equals + 1).split(" ", 2)[0]);
            }
        }
        return flags;
    }
}
