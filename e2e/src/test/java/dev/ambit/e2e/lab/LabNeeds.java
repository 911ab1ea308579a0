package dev.ambit.e2e.lab;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.ambit.e2e.envoy.EnvoySubject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;

/// Skips, visibly, what this machine cannot run.
public final class LabNeeds {
    private LabNeeds() {}

    /// Root, and the tools the lab calls.
    public static void require(String... tools) {
        assumeTrue(isRoot(), "needs root (network namespaces)");
        for (String tool : tools) {
            assumeTrue(isInstalled(tool), "needs " + tool + " on PATH");
        }
        var probe = Command.of("ip", "netns", "list").attempt(Duration.ofSeconds(5));
        assumeTrue(probe.ok(), "needs working network namespaces: " + probe.err());
    }

    /// A stock Envoy.
    public static void requireEnvoy() {
        assumeTrue(
                EnvoySubject.program().isPresent(),
                "needs a real Envoy: ENVOY_BIN=PATH (./dev check installs one where it may)");
    }

    private static boolean isRoot() {
        var id = Command.of("id", "-u").attempt(Duration.ofSeconds(5));
        return id.out().strip().equals("0");
    }

    private static boolean isInstalled(String tool) {
        return Stream.of(System.getenv("PATH").split(":"))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, tool)));
    }
}
