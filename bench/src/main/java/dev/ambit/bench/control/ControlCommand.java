package dev.ambit.bench.control;

import dev.ambit.bench.control.BigMesh.Size;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `bench control`: the control plane with a big mesh.
@Command(
        name = "control",
        description = "The control plane with a big mesh: all of it, and a change of one pod.",
        mixinStandardHelpOptions = true)
public final class ControlCommand implements Callable<Integer> {
    private static final int ROUNDS = 10;
    private static final int QUICK_ROUNDS = 5;

    @Option(names = "--quick", description = "A tenth of the mesh and half of the rounds.")
    private boolean quick;

    @Override
    public Integer call() throws IOException {
        var size = quick ? Size.QUICK : Size.FULL;
        var directory = Files.createTempDirectory("ambit-bench-control");
        try {
            var mesh = new BigMesh(size);
            mesh.write(directory);
            System.out.printf(
                    "%,d services, %,d endpoints, %,d routes, %,d policies, %d waypoints%n%n",
                    size.services(),
                    size.endpoints(),
                    size.routes(),
                    size.policies(),
                    size.namespaces());
            System.out.print(
                    new ControlRun(mesh, directory, quick ? QUICK_ROUNDS : ROUNDS).table());
        } finally {
            delete(directory);
        }
        return 0;
    }

    private static void delete(Path directory) throws IOException {
        try (var files = Files.walk(directory)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
