package dev.ambit.control.compile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.google.gson.Gson;
import com.google.protobuf.util.JsonFormat;
import dev.ambit.control.Recordings;
import dev.ambit.control.resource.DirectorySource;
import dev.ambit.control.resource.YamlLimits;
import dev.ambit.mesh.proto.security.Authorization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/// Istio's own test data for the conversion of policies: last policy in, one Authorization out.
class GoldensTest {
    private static final String INPUT = "-in.yaml";
    private static final YamlLimits LIMITS = new YamlLimits(100_000, 1_000, 50, 64);

    @TempDir private Path directory = Path.of(".");

    @ParameterizedTest
    @MethodSource("stems")
    void compile_golden_sameAuthorization(String stem) throws IOException {
        assumeThat(Recordings.directory()).as("recordings").isPresent();
        var goldens = goldens().orElseThrow();
        Files.copy(goldens.resolve(stem + INPUT), directory.resolve("in.yaml"));
        var input = DirectorySource.readOnce(directory, LIMITS, 10);
        assertThat(input.problems()).isEmpty();

        var policies =
                MeshCompiler.compile(input, CompileSettings.defaults()).policies().stream()
                        .map(MeshModel.CompiledPolicy::wire)
                        .filter(p -> !p.getName().equals("istio_converted_static_strict"))
                        .toList();

        var expected = goldens.resolve(stem + ".yaml");
        // An empty file, as a missing one: no policy.
        if (Files.exists(expected) && Files.size(expected) > 0) {
            assertThat(policies).containsExactly(authorization(Files.readString(expected)));
        } else {
            assertThat(policies).isEmpty();
        }
    }

    static List<String> stems() throws IOException {
        var goldens = goldens();
        if (goldens.isEmpty()) {
            return List.of("(no recordings)");
        }
        try (var files = Files.list(goldens.get())) {
            return files.map(f -> f.getFileName().toString())
                    .filter(n -> n.endsWith(INPUT))
                    .map(n -> n.substring(0, n.length() - INPUT.length()))
                    .sorted()
                    .toList();
        }
    }

    private static Optional<Path> goldens() {
        return Recordings.directory().map(d -> d.resolve("goldens").resolve("ambient-authz"));
    }

    private static Authorization authorization(String yaml) throws IOException {
        var tree = new Load(LoadSettings.builder().build()).loadFromString(yaml);
        var builder = Authorization.newBuilder();
        JsonFormat.parser().merge(new Gson().toJson(tree), builder);
        // These inputs never met an API server, which fills the namespace in.
        return builder.getNamespace().isEmpty()
                ? builder.setNamespace("default").build()
                : builder.build();
    }
}
