package dev.ambit.e2e.cmd;

import dev.ambit.e2e.lab.LabConfig;
import dev.ambit.e2e.lab.LabFault;
import dev.ambit.e2e.mesh.MeshLab;
import dev.ambit.e2e.mesh.MeshSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/// Shows the mesh at work: two nodes, four pods, real calls, a policy, STRICT, a new certificate
/// under traffic; and leaves nothing behind.
@Command(
        name = "demo",
        description = {
            "Two nodes, four pods, real calls; shows what the mesh does with them.",
            "demo waypoint: the sample shop behind its waypoint."
        })
public final class DemoCommand implements Callable<Integer> {
    /// Which demo.
    enum Act {
        MESH,
        WAYPOINT
    }

    @Parameters(
            index = "0",
            arity = "0..1",
            defaultValue = "mesh",
            description = "${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}")
    private Act act = Act.MESH;

    @Override
    public Integer call() throws IOException {
        Needs.provide();
        try (var files =
                switch (act) {
                    case MESH -> DemoFiles.copy();
                    case WAYPOINT -> DemoFiles.sample("shop");
                }) {
            var config = LabConfig.of("demo");
            String run;
            try (var mesh =
                    MeshLab.start(
                            config,
                            MeshSettings.of(files.directory()),
                            what -> System.out.println("  " + what))) {
                run = mesh.lab().state().id();
                switch (act) {
                    case MESH -> new Demo(mesh, System.out).show();
                    case WAYPOINT -> new WaypointDemo(mesh, System.out).show();
                }
            }
            confirmNothingLeft(config, run);
        }
        return 0;
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
}
