package dev.ambit.e2e.envoy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.ambit.e2e.lab.LabNeeds;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// A stock Envoy takes everything that the control plane sends to a waypoint, and does with it what
/// the manifests promise.
@Tag("lab")
class EnvoyScenario {
    @TempDir private static Path directory;

    @ParameterizedTest
    @MethodSource("cases")
    void envoy_recordedCase_takesAllAndDoesWhatIsPromised(String name) throws Exception {
        LabNeeds.require("ip", "curl");
        EnvoyLab.program();
        var recordings = recordings();
        assumeTrue(Files.isDirectory(recordings), "needs recordings: AMBIT_RECORDINGS=PATH");
        var table = EnvoyTable.read(name);
        Path files = Files.createTempDirectory(directory, "envoy");
        Path folder = recordings.resolve(table.recording());
        var node =
                JsonParser.parseString(
                                Files.readString(folder.resolve(table.proxy()).resolve("node.json")))
                        .getAsJsonObject();
        try (var lab =
                new EnvoyLab(
                        files,
                        folder.resolve("input"),
                        node,
                        EnvoyTable.settings(Files.readString(folder.resolve("flags.txt"))))) {
            lab.awaitApplied();
            assertThat(lab.refused()).as(lab.logs()).isEmpty();
            var wrong = new ArrayList<String>();
            for (var row : table.rows()) {
                wrong.addAll(row.wrong(lab.ask(row.request())));
            }
            assertThat(wrong).as("%s: answers", name).isEmpty();
            System.out.printf(
                    "envoy: %s: %d resources taken, none refused; %d requests answered as promised%n",
                    name, lab.resources(), table.rows().size());
        }
    }

    static Stream<String> cases() throws IOException {
        return EnvoyTable.names().stream();
    }

    private static Path recordings() {
        var named = System.getenv("AMBIT_RECORDINGS");
        return named == null ? Path.of("..", "..", "shared", "recordings") : Path.of(named);
    }
}
