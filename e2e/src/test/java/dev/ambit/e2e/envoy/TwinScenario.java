package dev.ambit.e2e.envoy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.ambit.e2e.lab.LabNeeds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Ours does with istiod's configuration what Envoy does with it: each request of a table, and as
/// many made up by chance, get the same answer, reach the application in the same form, and are
/// logged with the same words. What differs on purpose stands in `envoy/differences.txt`.
@Tag("lab")
class TwinScenario {
    private static final int BY_CHANCE =
            Integer.parseInt(System.getenv().getOrDefault("TWIN_CHANCE", "60"));
    private static final long SEED = 7;

    @TempDir private static Path directory;

    @ParameterizedTest
    @MethodSource("cases")
    void ambit_recordedConfiguration_doesAsEnvoyDoes(String name) throws Exception {
        LabNeeds.require("ip", "curl");
        LabNeeds.requireEnvoy();
        assumeTrue(Files.isDirectory(recordings()), "needs recordings: AMBIT_RECORDINGS=PATH");
        var table = EnvoyTable.read(name);
        var known = Differences.read();
        var unknown = new ArrayList<String>();
        var purposeful = new TreeMap<String, Integer>();
        int asked = 0;
        try (var twins = twins(table)) {
            var requests = new ArrayList<JsonObject>();
            table.rows().forEach(row -> requests.add(row.request()));
            requests.addAll(ChanceRequests.like(table, SEED, BY_CHANCE));
            for (var request : requests) {
                asked++;
                for (var difference :
                        twins.ask(request, d -> known.reason(name, request, d).isPresent())) {
                    var reason = known.reason(name, request, difference);
                    if (reason.isPresent()) {
                        purposeful.merge(reason.get(), 1, Integer::sum);
                    } else {
                        unknown.add(request + "\n    " + difference);
                    }
                }
            }
            System.out.printf(
                    "twins: %s: %d requests, %d asked again, %d differences on purpose, %d"
                            + " others%n",
                    name,
                    asked,
                    twins.askedAgain(),
                    purposeful.values().stream().mapToInt(Integer::intValue).sum(),
                    unknown.size());
            assertThat(unknown).as("%s; %s", name, twins.logs()).isEmpty();
        }
    }

    private static Twins twins(EnvoyTable table) throws Exception {
        try (var starting = Executors.newVirtualThreadPerTaskExecutor()) {
            var ambit = starting.submit(() -> lab(table, new AmbitSubject()));
            var envoy = lab(table, new EnvoySubject());
            return new Twins(envoy, ambit.get());
        }
    }

    private static WaypointLab lab(EnvoyTable table, Subject subject) throws Exception {
        var folder = recordings().resolve(table.recording());
        var node =
                JsonParser.parseString(
                                Files.readString(
                                        folder.resolve(table.proxy()).resolve("node.json")))
                        .getAsJsonObject();
        Path files = Files.createTempDirectory(directory, "twin");
        var lab =
                new WaypointLab(
                        subject,
                        files,
                        folder.resolve("input"),
                        node,
                        (_, _, _, _) -> new RecordedSource(folder.resolve(table.proxy())),
                        AccessLogTap::of,
                        WaypointLab.Around.of(EnvoyPeer.class));
        try {
            lab.awaitApplied();
            assertThat(lab.refused()).as(lab.logs()).isEmpty();
            return lab;
        } catch (RuntimeException | Error failed) {
            lab.close();
            throw failed;
        }
    }

    /// All, or those that `TWIN_CASES` names, with commas.
    static Stream<String> cases() throws IOException {
        var wanted = System.getenv("TWIN_CASES");
        return EnvoyTable.names().stream()
                .filter(name -> wanted == null || List.of(wanted.split(",")).contains(name));
    }

    private static Path recordings() {
        var named = System.getenv("AMBIT_RECORDINGS");
        return named == null ? Path.of("..", "..", "shared", "recordings") : Path.of(named);
    }
}
