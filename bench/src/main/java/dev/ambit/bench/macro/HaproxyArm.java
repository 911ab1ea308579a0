package dev.ambit.bench.macro;

import dev.ambit.bench.proc.ProcessMemory;
import dev.ambit.e2e.lab.Lab;
import dev.ambit.e2e.lab.LabConfig;
import dev.ambit.e2e.lab.LabFault;
import dev.ambit.e2e.lab.LabPod;
import dev.ambit.e2e.lab.ProcessSpec;
import dev.ambit.e2e.lab.Running;
import dev.ambit.identity.ca.LocalAuthority;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// HAProxy in both pods as a TLS relay: the peer in C.
record HaproxyArm(LabConfig config) implements Arm {
    private static final Duration CERTIFICATE_LIFE = Duration.ofDays(1);

    @Override
    public String name() {
        return "haproxy";
    }

    @Override
    public Optional<String> missing() {
        return Programs.find(Haproxy.PROGRAM).isPresent()
                ? Optional.empty()
                : Optional.of("haproxy is not installed (apt-get install haproxy)");
    }

    @Override
    public boolean warmsUp() {
        return false;
    }

    @Override
    public Rig raise() {
        var lab = Lab.open(config);
        try {
            var pair = PodPair.in(lab);
            Path files = Files.createDirectories(lab.state().logs().resolve("haproxy"));
            var authority = LocalAuthority.create("bench", Clock.systemUTC(), CERTIFICATE_LIFE);
            Path roots = Files.writeString(files.resolve("roots.pem"), authority.trustPem());
            Path entryPem = certificate(authority, files, "entry");
            Path exitPem = certificate(authority, files, "exit");
            var server = pair.server();
            var exit =
                    start(
                            pair,
                            server,
                            "haproxy-b",
                            Haproxy.exitSide(server.address(), exitPem, roots),
                            files);
            var exitBirth =
                    awaitListening(exit, server, server.address(), Haproxy.exit(AppPort.ECHO));
            var entry =
                    start(
                            pair,
                            pair.client(),
                            "haproxy-a",
                            Haproxy.entrySide(server.address(), entryPem, roots),
                            files);
            var entryBirth =
                    awaitListening(
                            entry,
                            pair.client(),
                            InetAddress.getLoopbackAddress(),
                            Haproxy.entry(AppPort.ECHO));
            return new Standing(
                    pair, List.of(entry.pid(), exit.pid()), List.of(entryBirth, exitBirth));
        } catch (IOException | RuntimeException e) {
            lab.close();
            throw new LabFault("cannot set up the haproxy arm: " + e.getMessage(), e);
        }
    }

    private static Path certificate(LocalAuthority authority, Path files, String name)
            throws IOException {
        var made = authority.serverCertificate(List.of(name), CERTIFICATE_LIFE);
        return Files.writeString(files.resolve(name + ".pem"), made.chainPem() + made.keyPem());
    }

    private static Running start(
            PodPair pair, LabPod pod, String name, String configuration, Path files)
            throws IOException {
        Path file = Files.writeString(files.resolve(name + ".cfg"), configuration);
        // -db: in the foreground, as one process.
        var spec =
                ProcessSpec.of(name, List.of(Haproxy.PROGRAM, "-db", "-f", file.toString()))
                        .onCore(pod.equals(pair.client()) ? Rig.CORE_A : Rig.CORE_B);
        return pair.lab().processes().start(pod.netns(), spec);
    }

    /// HAProxy has no readiness of its own: it is ready when its listener is there.
    private static Birth awaitListening(Running relay, LabPod pod, InetAddress address, int port)
            throws IOException {
        long began = System.nanoTime();
        relay.awaitReady(
                "listening on port " + port, () -> Listening.inside(pod.netns(), address, port));
        long ready = Duration.ofNanos(System.nanoTime() - began).toMillis();
        return new Birth(ready, ProcessMemory.of(relay.pid()));
    }

    private record Standing(PodPair pair, List<Long> proxies, List<Birth> births) implements Rig {
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
            return new InetSocketAddress(InetAddress.getLoopbackAddress(), Haproxy.entry(port));
        }

        @Override
        public Optional<String> cipher() {
            return Optional.of("TLS_AES_256_GCM_SHA384");
        }

        @Override
        public void close() {
            pair.lab().close();
        }
    }
}
