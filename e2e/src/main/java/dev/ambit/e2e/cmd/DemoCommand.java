package dev.ambit.e2e.cmd;

import dev.ambit.e2e.lab.LabConfig;
import dev.ambit.e2e.lab.LabFault;
import dev.ambit.e2e.mesh.MeshLab;
import dev.ambit.e2e.mesh.MeshSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/// Shows the mesh at work: two nodes, four pods, real calls, a policy, STRICT, a new certificate
/// under traffic; and leaves nothing behind.
@Command(
        name = "demo",
        description = "Two nodes, four pods, real calls; shows what the mesh does with them.")
public final class DemoCommand implements Callable<Integer> {
    private static final List<String> FILES = List.of("shop.yaml", "legacy.yaml");

    @Override
    public Integer call() throws IOException {
        Needs.provide();
        var directory = Files.createTempDirectory("ambit-demo-");
        try {
            copyFiles(directory);
            var config = LabConfig.of("demo");
            String run;
            try (var mesh =
                    MeshLab.start(
                            config,
                            MeshSettings.of(directory),
                            what -> System.out.println("  " + what))) {
                run = mesh.lab().state().id();
                new Demo(mesh, System.out).show();
            }
            confirmNothingLeft(config, run);
        } finally {
            delete(directory);
        }
        return 0;
    }

    private static void copyFiles(Path directory) throws IOException {
        for (var name : FILES) {
            try (var in = DemoCommand.class.getResourceAsStream("/demo/" + name)) {
                if (in == null) {
                    throw new IllegalStateException("not in the jar: demo/" + name);
                }
                Files.copy(in, directory.resolve(name));
            }
        }
    }

    private static void confirmNothingLeft(LabConfig config, String run) {
        var namespaces = dev.ambit.e2e.lab.Command.of("ip", "netns", "list");
        var left = namespaces.run(config.limits().command()).lines().filter(l -> l.contains(run));
        var names = left.toList();
        if (!names.isEmpty() || Files.exists(config.stateRoot().resolve(run))) {
            throw new LabFault("left behind: " + names + ", " + config.stateRoot().resolve(run));
        }
        System.out.println("  nothing is left: no namespace, no process, no file");
    }

    private static void delete(Path directory) throws IOException {
        try (var files = Files.list(directory)) {
            for (var file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(directory);
    }
}
