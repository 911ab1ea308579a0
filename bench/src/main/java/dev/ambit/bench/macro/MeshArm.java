package dev.ambit.bench.macro;

import dev.ambit.bench.proc.ProcessMemory;
import dev.ambit.e2e.lab.Lab;
import dev.ambit.e2e.lab.LabConfig;
import dev.ambit.e2e.lab.LabFault;
import dev.ambit.e2e.lab.LabPod;
import dev.ambit.e2e.mesh.MeshLab;
import dev.ambit.e2e.mesh.MeshPod;
import dev.ambit.e2e.mesh.MeshSettings;
import dev.ambit.e2e.mesh.ZtunnelLauncher;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/// A ztunnel on each of two nodes, with our control plane, agent and redirection: ours, or another
/// one that understands the same protocols.
record MeshArm(String name, ZtunnelLauncher ztunnel, boolean warmsUp, LabConfig config)
        implements Arm {
    /// After "ready", before memory is read: certificates have come, and a JVM has given back what
    /// its compilers needed for the start.
    private static final Duration SETTLE = Duration.ofSeconds(11);

    /// As the reference counts its threads when it has one core.
    private static final Map<String, String> ONE_WORKER = Map.of("ZTUNNEL_WORKER_THREADS", "1");

    private static final String YAML =
            """
            apiVersion: v1
            kind: Namespace
            metadata: {name: bench, labels: {istio.io/dataplane-mode: ambient}}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: client, namespace: bench}
            spec: {nodeName: node-1, serviceAccountName: client, containers: [{name: app}]}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: server, namespace: bench}
            spec: {nodeName: node-2, serviceAccountName: server, containers: [{name: app}]}
            """;

    static MeshArm ambit(LabConfig config) {
        return new MeshArm(Target.SUBJECT, new ZtunnelLauncher.Ambit(), true, config);
    }

    static MeshArm peer(Path program, LabConfig config) {
        return new MeshArm("ztunnel", new ZtunnelLauncher.Binary(program), false, config);
    }

    @Override
    public Optional<String> missing() {
        return switch (ztunnel) {
            case ZtunnelLauncher.Ambit() -> Optional.empty();
            case ZtunnelLauncher.Binary(Path program) ->
                    Files.isExecutable(program)
                            ? Optional.empty()
                            : Optional.of(program + " is not an executable file");
        };
    }

    @Override
    public Rig raise() {
        Path directory = yaml();
        var settings =
                new MeshSettings(
                        directory,
                        2,
                        true,
                        false,
                        ztunnel,
                        Map.of(),
                        ONE_WORKER,
                        Map.of("node-1", Rig.CORE_A, "node-2", Rig.CORE_B),
                        Optional.empty());
        var mesh = MeshLab.start(config, settings, _ -> {});
        try {
            var client = mesh.pod("bench/client");
            var server = mesh.pod("bench/server");
            var pair = new PodPair(mesh.lab(), client.place(), server.place());
            pair.tune(client.place());
            pair.tune(server.place());
            long readyA = reborn(mesh, client);
            long readyB = reborn(mesh, server);
            LockSupport.parkNanos(SETTLE.toNanos());
            var births = List.of(birth(mesh, client, readyA), birth(mesh, server, readyB));
            return new Standing(mesh, pair, births);
        } catch (IOException | RuntimeException e) {
            mesh.close();
            throw new LabFault("cannot set up the arm " + name + ": " + e.getMessage(), e);
        }
    }

    private static Path yaml() {
        try {
            Path directory = Files.createTempDirectory("ambit-bench-");
            Files.writeString(directory.resolve("bench.yaml"), YAML);
            return directory;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Ends the node's ztunnel and starts it anew, alone: the first start has the start of the
    /// control plane and of the other node beside it.
    private static long reborn(MeshLab mesh, MeshPod pod) {
        var node = pod.place().node();
        mesh.ztunnel(node.name()).process().stop();
        long began = System.nanoTime();
        mesh.startZtunnel(node).awaitReady();
        return Duration.ofNanos(System.nanoTime() - began).toMillis();
    }

    private static Birth birth(MeshLab mesh, MeshPod pod, long ready) throws IOException {
        var process = mesh.ztunnel(pod.place().node().name()).process();
        return new Birth(ready, ProcessMemory.of(process.pid()));
    }

    private record Standing(MeshLab mesh, PodPair pair, List<Birth> births) implements Rig {
        @Override
        public Lab lab() {
            return pair.lab();
        }

        @Override
        public LabPod client() {
            return pair.client();
        }

        @Override
        public LabPod server() {
            return pair.server();
        }

        @Override
        public InetSocketAddress dial(AppPort port) {
            return new InetSocketAddress(pair.server().address(), port.number());
        }

        @Override
        public List<Long> proxies() {
            var pids = new ArrayList<Long>();
            for (String node : List.of("node-1", "node-2")) {
                pids.add(mesh.ztunnel(node).process().pid());
            }
            return pids;
        }

        @Override
        public Optional<String> cipher() {
            return mesh.ztunnel("node-1").accessLog().stream()
                    .flatMap(line ->
                            line.field("tls.cipher").stream()
                                    .map(cipher ->
                                            cipher + ", " + line.field("tls.group").orElse("?")))
                    .findFirst();
        }

        @Override
        public void close() {
            mesh.close();
            try {
                Files.deleteIfExists(mesh.settings().directory().resolve("bench.yaml"));
                Files.deleteIfExists(mesh.settings().directory());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
