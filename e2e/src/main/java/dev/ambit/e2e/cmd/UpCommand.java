package dev.ambit.e2e.cmd;

import dev.ambit.e2e.lab.LabConfig;
import dev.ambit.e2e.lab.LabFault;
import dev.ambit.e2e.lab.RunState;
import dev.ambit.e2e.mesh.MeshLab;
import dev.ambit.e2e.mesh.MeshSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Brings up a mesh for a directory of YAML, and keeps it up until `down`. Follows the directory:
/// pods that come and go there come and go here.
@Command(
        name = "up",
        description = "Bring up a mesh for a directory of YAML; `exec` and `down` find it.")
public final class UpCommand implements Callable<Integer> {
    static final String KIND = "up";
    static final String READY = "ready";
    private static final Duration START = Duration.ofSeconds(90);
    private static final Duration FOLLOW = Duration.ofSeconds(1);

    @Parameters(paramLabel = "DIR", description = "Kubernetes and Istio YAML")
    private Path directory = Path.of("");

    @Option(names = "--foreground", description = "stay in front, until Ctrl-C")
    private boolean foreground;

    @Option(names = "--nodes", defaultValue = "2", description = "default: ${DEFAULT-VALUE}")
    private int nodes;

    @Override
    public Integer call() throws IOException, InterruptedException {
        Needs.provide();
        if (!Files.isDirectory(directory)) {
            throw new LabFault(directory + ": not a directory");
        }
        var config = LabConfig.of(KIND);
        if (running(config).isPresent()) {
            throw new LabFault("a mesh is up already (`ambit down` ends it)");
        }
        return foreground ? hold(config) : background(config);
    }

    /// The run that `up` started, if it is alive.
    static Optional<RunState> running(LabConfig config) {
        return RunState.all(config.stateRoot()).stream()
                .filter(run -> run.kind().equals(KIND) && !run.isStale())
                .findFirst();
    }

    private int hold(LabConfig config) throws IOException, InterruptedException {
        try (var mesh =
                MeshLab.start(
                        config,
                        MeshSettings.of(directory).withNodes(nodes),
                        what -> System.out.println("  " + what))) {
            Files.writeString(mesh.lab().state().directory().resolve(READY), "");
            System.out.println("the mesh is up: ambit exec NAMESPACE/POD -- CMD, ambit down");
            List<String> last = List.of();
            while (mesh.control().isAlive()) {
                Thread.sleep(FOLLOW);
                var problems = mesh.sync();
                if (!problems.equals(last)) {
                    problems.forEach(problem -> System.err.println("  " + problem));
                    last = problems;
                }
            }
            throw new LabFault("the control plane ended:\n" + mesh.control().tail());
        }
    }

    private int background(LabConfig config) throws IOException, InterruptedException {
        var log = Files.createTempFile("ambit-up-", ".log");
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(
                List.of(
                        "--enable-native-access=ALL-UNNAMED",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-Xmx128m"));
        @Nullable String home = System.getProperty("ambit.home");
        if (home != null) {
            command.add("-Dambit.home=" + home);
        }
        command.addAll(
                List.of(
                        "-cp",
                        System.getProperty("java.class.path"),
                        "dev.ambit.e2e.LabMain",
                        "up",
                        "--foreground",
                        "--nodes=" + nodes,
                        directory.toAbsolutePath().toString()));
        var holder =
                new ProcessBuilder(command)
                        .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start();
        long deadline = System.nanoTime() + START.toNanos();
        int shown = 0;
        while (holder.isAlive() && System.nanoTime() < deadline) {
            shown = show(log, shown);
            if (running(config)
                    .map(run -> run.directory().resolve(READY))
                    .filter(Files::exists)
                    .isPresent()) {
                show(log, shown);
                return 0;
            }
            Thread.sleep(100);
        }
        show(log, shown);
        holder.destroy();
        throw new LabFault("the mesh did not come up, see " + log);
    }

    private static int show(Path log, int shown) throws IOException {
        var lines = Files.readAllLines(log);
        lines.stream().skip(shown).forEach(System.out::println);
        return lines.size();
    }
}
