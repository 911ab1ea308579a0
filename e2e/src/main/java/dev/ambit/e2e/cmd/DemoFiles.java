package dev.ambit.e2e.cmd;

import dev.ambit.e2e.lab.LabFault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// The demo's YAML in a directory of its own, where a run may add to it.
record DemoFiles(Path directory) implements AutoCloseable {
    private static final List<String> FILES = List.of("shop.yaml", "legacy.yaml");

    static DemoFiles copy() throws IOException {
        var directory = Files.createTempDirectory("ambit-demo-");
        for (var name : FILES) {
            try (var in = DemoFiles.class.getResourceAsStream("/demo/" + name)) {
                if (in == null) {
                    throw new IllegalStateException("not in the jar: demo/" + name);
                }
                Files.copy(in, directory.resolve(name));
            }
        }
        return new DemoFiles(directory);
    }

    /// A sample of the checkout, whole.
    static DemoFiles sample(String name) throws IOException {
        var home = System.getProperty("ambit.home");
        if (home == null) {
            throw new LabFault(
                    "no samples (expected: started by the launcher, ./ambit demo waypoint)");
        }
        var directory = Files.createTempDirectory("ambit-demo-");
        try (var files = Files.list(Path.of(home, "samples", name))) {
            for (var file : files.filter(f -> f.toString().endsWith(".yaml")).toList()) {
                Files.copy(file, directory.resolve(file.getFileName().toString()));
            }
        }
        return new DemoFiles(directory);
    }

    @Override
    public void close() throws IOException {
        try (var files = Files.list(directory)) {
            for (var file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(directory);
    }
}
