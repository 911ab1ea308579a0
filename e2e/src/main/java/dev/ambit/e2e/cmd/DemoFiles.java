package dev.ambit.e2e.cmd;

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
