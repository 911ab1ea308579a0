package dev.ambit.e2e.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// What one run owns, written down **before** it is made, so that whoever comes after a killed run
/// can remove exactly that and nothing else.
///
/// Files in the run's directory: `owner` and `processes` (process id, start time, what it is),
/// `namespaces` (names), `kind`, `logs/`, `etc/` (what the mesh's processes read), and what
/// commands add.
public final class RunState {
    private final Path directory;

    private RunState(Path directory) {
        this.directory = directory;
    }

    /// A new run, owned by this process.
    static RunState create(Path root, String id, String kind) {
        try {
            Files.createDirectories(root);
            // Filled under another name first: a directory without an owner would look stale.
            Path fresh = Files.createTempDirectory(root, ".new-");
            Files.writeString(fresh.resolve("owner"), ProcessId.self() + "\n");
            Files.writeString(fresh.resolve("kind"), kind + "\n");
            Files.createDirectories(fresh.resolve("logs"));
            Files.createDirectories(fresh.resolve("etc"));
            Path directory = root.resolve(id);
            Files.move(fresh, directory, StandardCopyOption.ATOMIC_MOVE);
            return new RunState(directory);
        } catch (IOException e) {
            throw new LabFault(
                    "cannot create the run's state below %s (expected: a directory that root may write; set AMBIT_LAB_STATE to use another): %s"
                            .formatted(root, e),
                    e);
        }
    }

    /// Every run that left its state, alive or not.
    public static List<RunState> all(Path root) {
        if (!Files.isDirectory(root)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(root)) {
            return entries.filter(Files::isDirectory)
                    .filter(path -> !path.getFileName().toString().startsWith("."))
                    .sorted()
                    .map(RunState::new)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Path directory() {
        return directory;
    }

    public String id() {
        return directory.getFileName().toString();
    }

    public Path logs() {
        return directory.resolve("logs");
    }

    public Path etc() {
        return directory.resolve("etc");
    }

    public String kind() {
        return read("kind").stream().findFirst().orElse("unknown");
    }

    public Optional<ProcessId> owner() {
        return read("owner").stream().findFirst().flatMap(ProcessId::parse);
    }

    /// Whether nobody is left who would remove what the run made.
    public boolean isStale() {
        return owner().filter(ProcessId::isAlive).isEmpty();
    }

    void willCreate(NetNamespace namespace) {
        append("namespaces", namespace.name());
    }

    void started(ProcessId process, String what) {
        append("processes", process + " " + what);
    }

    List<NetNamespace> namespaces() {
        return read("namespaces").stream().map(NetNamespace::new).toList();
    }

    List<ProcessId> processes() {
        return read("processes").stream().map(ProcessId::parse).flatMap(Optional::stream).toList();
    }

    /// Ends the run's processes, removes its namespaces, and at last its directory.
    void remove(LabConfig config) {
        var problems = new ArrayList<String>();
        processes().reversed().forEach(id -> end(id, config));
        for (NetNamespace namespace : namespaces().reversed()) {
            removeNamespace(namespace, config, problems);
        }
        if (!problems.isEmpty()) {
            throw new LabFault(
                    "could not remove all of run " + id() + ": " + String.join("; ", problems));
        }
        deleteTree(directory);
    }

    static void end(ProcessId id, LabConfig config) {
        id.handle()
                .ifPresent(process -> {
                    process.destroy();
                    boolean ended =
                            config.await()
                                    .until(config.limits().processStop(), () -> !id.isAlive());
                    if (!ended) {
                        process.destroyForcibly();
                        config.await().until(config.limits().processStop(), () -> !id.isAlive());
                    }
                });
    }

    private static void removeNamespace(
            NetNamespace namespace, LabConfig config, List<String> problems) {
        if (namespace.exists()) {
            // Children of what we started: whatever runs in our namespace is ours to end.
            var pids = Command.of("ip", "netns", "pids", namespace.name());
            pids.attempt(config.limits().command())
                    .out()
                    .lines()
                    .map(String::strip)
                    .filter(line -> !line.isEmpty())
                    .flatMap(line -> ProcessId.of(Long.parseLong(line)).stream())
                    .forEach(id -> end(id, config));
            var deleted =
                    Command.of("ip", "netns", "del", namespace.name())
                            .attempt(config.limits().command());
            if (!deleted.ok() && namespace.exists()) {
                problems.add(namespace + ": " + deleted.err().strip());
            }
        }
        deleteTree(namespace.etc());
    }

    private void append(String file, String line) {
        try {
            Files.writeString(
                    directory.resolve(file),
                    line + "\n",
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<String> read(String file) {
        try {
            return Files.readAllLines(directory.resolve(file)).stream()
                    .filter(line -> !line.isBlank())
                    .toList();
        } catch (IOException e) {
            return List.of();
        }
    }

    private static void deleteTree(Path root) {
        if (!Files.exists(root)) {
            return;
        }
        try (Stream<Path> tree = Files.walk(root)) {
            for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
