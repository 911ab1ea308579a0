package dev.ambit.e2e.envoy;

import dev.ambit.e2e.lab.Command;
import dev.ambit.e2e.lab.ProcessSpec;
import dev.ambit.e2e.lab.Running;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// A stock Envoy.
public record EnvoySubject() implements Subject {
    private static final Duration CALL = Duration.ofSeconds(10);

    /// The program that `ENVOY_BIN` names.
    public static Optional<Path> program() {
        return Optional.ofNullable(System.getenv("ENVOY_BIN"))
                .map(Path::of)
                .filter(Files::isExecutable);
    }

    @Override
    public Running start(Place place) throws IOException {
        Path bootstrap = place.files().resolve("envoy.json");
        Files.writeString(bootstrap, EnvoyBootstrap.json(place.node(), place.xds(), socket(place)));
        var command =
                List.of(
                        program()
                                .orElseThrow(() -> new IOException("no Envoy: ENVOY_BIN=PATH"))
                                .toString(),
                        "-c",
                        bootstrap.toString(),
                        "--concurrency",
                        "1",
                        "--log-level",
                        "warning",
                        "--file-flush-interval-msec",
                        "20",
                        "--disable-hot-restart");
        return place.lab()
                .processes()
                .start(
                        place.lab().control().netns(),
                        place.pinned(ProcessSpec.of("envoy", command)));
    }

    private static Path socket(Place place) {
        return place.files().resolve("admin.sock");
    }

    @Override
    public boolean vanilla() {
        return true;
    }

    @Override
    public boolean tls() {
        return false;
    }

    @Override
    public boolean ready(Place place) {
        var stats = admin(place, "/stats");
        return stats.contains("listener_manager.workers_started: 1")
                && stats.contains("listener_manager.total_listeners_warming: 0")
                && stats.contains("cluster_manager.warming_clusters: 0");
    }

    @Override
    public List<String> refused(Place place) {
        return admin(place, "/stats")
                .lines()
                .filter(l -> l.contains("update_rejected") && !l.endsWith(": 0"))
                .toList();
    }

    @Override
    public String admin(Place place, String path) {
        return Command.of(
                        "curl",
                        "--silent",
                        "--max-time",
                        "5",
                        "--unix-socket",
                        socket(place).toString(),
                        "http://admin" + path)
                .attempt(CALL)
                .out();
    }
}
