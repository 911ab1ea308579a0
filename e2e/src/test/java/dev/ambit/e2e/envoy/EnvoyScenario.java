package dev.ambit.e2e.envoy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonParser;
import dev.ambit.e2e.lab.LabNeeds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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
    void control_recordedInput_takenWholeAndAnsweredAsPromised(String name) throws Exception {
        var folder = needed(name);
        var flags = Files.readString(folder.resolve("flags.txt"));
        check(
                name,
                "control",
                (files, authority, account, pod) ->
                        new ControlSource(
                                files,
                                folder.resolve("input"),
                                authority,
                                account,
                                pod,
                                EnvoyTable.settings(flags)));
    }

    /// Else a table could promise what the manifests do not.
    @ParameterizedTest
    @MethodSource("cases")
    void istiod_recordedOutput_answeredAsTheTableSays(String name) throws Exception {
        var folder = needed(name);
        var proxy = folder.resolve(EnvoyTable.read(name).proxy());
        check(name, "istiod", (_, _, _, _) -> new RecordedSource(proxy));
    }

    private static Path needed(String name) throws IOException {
        LabNeeds.require("ip", "curl");
        LabNeeds.requireEnvoy();
        var recordings = recordings();
        assumeTrue(Files.isDirectory(recordings), "needs recordings: AMBIT_RECORDINGS=PATH");
        return recordings.resolve(EnvoyTable.read(name).recording());
    }

    private static void check(String name, String whose, WaypointLab.Sources sources)
            throws Exception {
        var table = EnvoyTable.read(name);
        var folder = recordings().resolve(table.recording());
        var node =
                JsonParser.parseString(
                                Files.readString(
                                        folder.resolve(table.proxy()).resolve("node.json")))
                        .getAsJsonObject();
        Path files = Files.createTempDirectory(directory, "envoy");
        try (var lab =
                new WaypointLab(
                        new EnvoySubject(),
                        files,
                        folder.resolve("input"),
                        node,
                        sources,
                        XdsRelay.Change.NONE,
                        WaypointLab.Around.of(EnvoyPeer.class))) {
            lab.awaitApplied();
            assertThat(lab.refused()).as(lab.logs()).isEmpty();
            var wrong = new ArrayList<String>();
            for (var row : table.rows()) {
                wrong.addAll(row.wrong(lab.ask(row.request())));
            }
            assertThat(wrong).as("%s of %s: answers; %s", name, whose, lab.logs()).isEmpty();
            System.out.printf(
                    "envoy: %s of %s: %d resources taken, none refused; %d requests answered as"
                            + " promised%n",
                    name, whose, lab.resources(), table.rows().size());
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
