package dev.ambit.e2e.app;

import dev.ambit.e2e.lab.LabPod;
import dev.ambit.e2e.lab.ProcessSpec;
import dev.ambit.e2e.lab.Processes;
import dev.ambit.e2e.lab.Running;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Starts [EchoServer] in a pod, as a process of its own with as little memory as works.
public final class App {
    private App() {}

    /// Starts the server and waits until its ports listen.
    ///
    /// @param ports as the server takes them: `http:80`, `echo:9000`
    public static Running start(Processes processes, LabPod pod, List<String> ports) {
        return awaitReady(startSoon(processes, pod, ports));
    }

    /// Starts the server; the caller waits with [#awaitReady], so that many start at once.
    public static Running startSoon(Processes processes, LabPod pod, List<String> ports) {
        var command =
                new ArrayList<>(
                        List.of(
                                java(),
                                "-XX:TieredStopAtLevel=1",
                                "-XX:+UseSerialGC",
                                "-Xmx32m",
                                "-Xshare:auto",
                                "-cp",
                                System.getProperty("java.class.path"),
                                EchoServer.class.getName(),
                                pod.toString()));
        command.addAll(ports);
        return processes.start(pod.netns(), ProcessSpec.of("app-" + pod, command));
    }

    public static Running awaitReady(Running server) {
        return server.awaitReady(
                "the line 'ready'",
                () -> server.lines().stream().anyMatch(line -> line.startsWith("ready ")));
    }

    /// The `java` that runs us.
    public static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }
}
