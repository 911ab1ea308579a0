package dev.ambit.e2e.cmd;

import dev.ambit.e2e.lab.LabConfig;
import dev.ambit.e2e.lab.LabFault;
import dev.ambit.e2e.mesh.MeshLab;
import dev.ambit.e2e.mesh.MeshPod;
import dev.ambit.e2e.mesh.MeshSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/// Runs a ztunnel through its daily work and has the JVM write down what it loaded and compiled
/// (JEP 483, JEP 515), so that later ones start in a fraction of the time. What is written fits one
/// JDK and one set of jars; a JVM that doesn't fit starts without it.
@Command(
        name = "train",
        description = "Write ztunnel's start-up archive to FILE (root; the launcher then uses it).")
public final class TrainCommand implements Callable<Integer> {
    /// The JVM writes the archive after its last thread has ended.
    private static final Duration WRITE = Duration.ofMinutes(2);

    private static final int ROUNDS = 20;

    /// Each way. What is called often enough to be compiled here is compiled at once by those who
    /// start with the archive; before that, a connection costs a multiple.
    private static final int CONNECTIONS = 5_000;

    private static final Duration LOAD = Duration.ofMinutes(2);

    @Parameters(paramLabel = "FILE")
    private Path archive = Path.of("");

    @Override
    public Integer call() throws IOException {
        Needs.provide();
        Path written = archive.toAbsolutePath();
        Files.deleteIfExists(written);
        try (var demo = DemoFiles.copy()) {
            var settings = MeshSettings.of(demo.directory());
            try (var mesh = MeshLab.start(LabConfig.of("train"), settings, _ -> {})) {
                var pupil = mesh.pod("shop/cart").place().node();
                mesh.ztunnel(pupil.name()).process().stop();
                mesh.startZtunnel(pupil, Map.of("AMBIT_ZTUNNEL_AOT_OUTPUT", written.toString()))
                        .awaitReady();
                work(mesh);
                var process = mesh.ztunnel(pupil.name()).process();
                ProcessHandle.of(process.pid()).ifPresent(ProcessHandle::destroy);
                process.awaitExit(WRITE);
                if (!Files.isRegularFile(written)) {
                    throw new LabFault("no archive at " + written + ":\n" + process.tail());
                }
            }
        }
        System.out.printf("  %s: %d MB%n", written, Files.size(written) >> 20);
        return 0;
    }

    /// The pupil's node serves `cart` and `pay`: it answers, calls, and does both at once.
    private static void work(MeshLab mesh) {
        var cart = mesh.pod("shop/cart");
        String toCart = "http://" + cart.address() + ":8080/";
        String outside = "http://" + mesh.pod("legacy/batch").address() + ":8080/";
        for (int i = 0; i < ROUNDS; i++) {
            mesh.curl(mesh.pod("shop/web"), "http://cart.shop/");
            mesh.curl(mesh.pod("legacy/batch"), toCart);
            mesh.curl(cart, "http://pay.shop/");
            mesh.curl(cart, outside);
        }
        load(mesh, mesh.pod("shop/web"), "http://cart.shop/");
        load(mesh, cart, "http://web.shop/");
        mesh.ztunnelOf(cart).metrics();
    }

    private static void load(MeshLab mesh, MeshPod from, String to) {
        String each = to + "[1-" + CONNECTIONS + "]";
        mesh.curl(from, LOAD, "-H", "Connection: close", "-o", "/dev/null", each);
        mesh.curl(from, LOAD, "-o", "/dev/null", to + "bytes/1000000000");
    }
}
