package dev.ambit.e2e.scenario;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.e2e.lab.Host;
import dev.ambit.e2e.lab.LabNeeds;
import dev.ambit.e2e.lab.TestLabs;
import dev.ambit.e2e.mesh.AccessLine;
import dev.ambit.e2e.mesh.MeshLab;
import dev.ambit.e2e.mesh.MeshPod;
import dev.ambit.e2e.mesh.MeshSettings;
import dev.ambit.e2e.mesh.NodeZtunnel;
import dev.ambit.e2e.watch.PlaintextDetector;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/// The shop of the demo, with a pod more that speaks raw TCP, as a mesh for a test class.
final class Meshes {
    static final Duration SOON = Duration.ofSeconds(30);

    static final String HELLO = "hello world";

    private static final String RAW =
            """
            apiVersion: v1
            kind: Pod
            metadata: {name: raw, namespace: shop, labels: {app: raw}}
            spec:
              nodeName: node-2
              serviceAccountName: raw
              containers:
                - name: raw
                  ports:
                    - {name: echo, containerPort: 9001}
                    - {name: sink, containerPort: 9002}
                    - {name: halfclose, containerPort: 9003}
                    - {name: reset, containerPort: 9004}
            """;

    private Meshes() {}

    static MeshLab start(Path directory, UnaryOperator<MeshSettings> change) throws IOException {
        LabNeeds.require("ip", "nft", "curl", "tcpdump", "bash");
        Path yaml = Files.createDirectories(directory.resolve("yaml"));
        for (var name : new String[] {"shop.yaml", "legacy.yaml"}) {
            try (var in = Meshes.class.getResourceAsStream("/demo/" + name)) {
                Files.write(yaml.resolve(name), in.readAllBytes());
            }
        }
        Files.writeString(yaml.resolve("raw.yaml"), RAW);
        var settings = change.apply(MeshSettings.of(yaml));
        return MeshLab.start(TestLabs.config(directory.resolve("state")), settings, _ -> {});
    }

    /// Packets on the way from the first node to the second one.
    static PlaintextDetector watch(MeshLab mesh) {
        Host from = mesh.lab().nodes().get(0);
        Host to = mesh.lab().nodes().get(1);
        return PlaintextDetector.start(mesh.lab(), mesh.lab().link(from, to));
    }

    /// A connection to a pod's raw port 9001, which sends back what it gets, and has done so once.
    static Socket echo(MeshLab mesh, MeshPod from, MeshPod to) throws IOException {
        var socket =
                mesh.sockets()
                        .connect(from.place().netns(), InetAddress.ofLiteral(to.address()), 9001);
        socket.getOutputStream().write(7);
        assertThat(socket.getInputStream().read()).isEqualTo(7);
        return socket;
    }

    /// One whole conversation with a pod's echo: what is said comes back, and then the end.
    static void echoOnce(MeshLab mesh, MeshPod from, String to, int port) throws IOException {
        var address = InetAddress.ofLiteral(to);
        try (var socket = mesh.sockets().connect(from.place().netns(), address, port)) {
            socket.getOutputStream().write(HELLO.getBytes(US_ASCII));
            socket.shutdownOutput();
            assertThat(new String(socket.getInputStream().readAllBytes(), US_ASCII))
                    .isEqualTo(HELLO);
        }
    }

    /// Whether nothing comes back any more on a connection of `echo`.
    static boolean isCut(Socket socket) {
        try {
            socket.getOutputStream().write(8);
            return socket.getInputStream().read() != 8;
        } catch (IOException cut) {
            return true;
        }
    }

    static String url(MeshPod pod, int port, String path) {
        return "http://" + pod.address() + ":" + port + path;
    }

    static AccessLine line(NodeZtunnel ztunnel, int from, Predicate<AccessLine> wanted) {
        return ztunnel.access(from, SOON, wanted)
                .orElseThrow(() ->
                        new AssertionError(
                                "no such line in the access log; its end:\n"
                                        + ztunnel.process().tail()));
    }

    static void await(MeshLab mesh, String what, BooleanSupplier condition) {
        if (!mesh.lab().await().until(SOON, condition)) {
            throw new AssertionError("waited " + SOON + " for: " + what);
        }
    }

    /// Waits until any line of a ztunnel's log says it.
    static String logged(MeshLab mesh, NodeZtunnel ztunnel, String text) {
        return mesh.lab()
                .await()
                .first(
                        SOON,
                        () ->
                                ztunnel.process().lines().stream()
                                        .filter(line -> line.contains(text))
                                        .findFirst())
                .orElseThrow(() ->
                        new AssertionError(
                                "nothing in the log says '%s'; its end:%n%s"
                                        .formatted(text, ztunnel.process().tail())));
    }
}
