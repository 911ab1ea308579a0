package dev.ambit.e2e.lab;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.e2e.app.App;
import dev.ambit.e2e.watch.PlaintextDetector;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The lab itself, in real namespaces.
@org.junit.jupiter.api.Tag("lab")
class LabTest {
    private static final String MARKER = "Zaunkoenig-4711-plaintext-marker";

    @TempDir Path stateRoot;
    private Lab lab;

    @BeforeEach
    void openLab() {
        LabNeeds.require("ip", "curl", "tcpdump", "bash");
        lab = Lab.open(TestLabs.config(stateRoot));
    }

    @AfterEach
    void closeLab() {
        if (lab != null) {
            lab.close();
        }
    }

    @Test
    void pods_onSameAndOtherNode_reachEachOther() {
        Host one = lab.addNode("node-1");
        Host two = lab.addNode("node-2");
        LabPod a = lab.addPod(one, "shop", "a");
        LabPod b = lab.addPod(one, "shop", "b");
        LabPod c = lab.addPod(two, "shop", "c");

        for (LabPod other : List.of(b, c)) {
            assertThat(reach(a.netns(), other.address())).contains("Connection refused");
            other.address6()
                    .ifPresent(
                            v6 -> assertThat(reach(a.netns(), v6)).contains("Connection refused"));
        }
        assertThat(reach(two.netns(), lab.control().address())).contains("Connection refused");
        assertThat(reach(one.netns(), a.address())).contains("Connection refused");
    }

    /// Nobody listens on port 1: an answer that says so came from the far end.
    private static String reach(NetNamespace from, InetAddress to) {
        String connect = "exec 3<>/dev/tcp/" + to.getHostAddress() + "/1";
        return from.inside("timeout", "5", "bash", "-c", connect)
                .attempt(Duration.ofSeconds(10))
                .err();
    }

    @Test
    void namespaces_whenMade_useReno() {
        LabPod pod = lab.addPod(lab.addNode("node-1"), "shop", "a");
        var key = "/proc/sys/net/ipv4/tcp_congestion_control";
        assertThat(lab.run(pod.netns(), "cat", key)).isEqualToIgnoringNewLines("reno");
        assertThat(lab.run(pod.node().netns(), "cat", key)).isEqualToIgnoringNewLines("reno");
    }

    @Test
    void detector_meshOff_seesMarkerAndCallerAddressIsKept() {
        Host one = lab.addNode("node-1");
        Host two = lab.addNode("node-2");
        LabPod client = lab.addPod(one, "shop", "client");
        LabPod server = lab.addPod(two, "shop", "server");
        App.start(lab.processes(), server, List.of("http:80"));

        try (var detector = PlaintextDetector.start(lab, lab.link(one, two))) {
            assertThat(detector.lookFor(MARKER).inClear()).isEmpty();
            String url = "http://" + server.address().getHostAddress() + "/" + MARKER;
            String answer = lab.run(client.netns(), "curl", "-sS", "--max-time", "5", url);

            assertThat(answer)
                    .contains("served-by=shop/server")
                    .contains("remote=" + client.address().getHostAddress());
            assertThat(detector.lookFor("never-sent-marker").markerInClear()).isFalse();
            var sighting = detector.stopAndLookFor(MARKER);
            // Once in the request, once in the answer that quotes it.
            assertThat(sighting.inClear())
                    .hasSize(2)
                    .anyMatch(line -> line.contains(server.address().getHostAddress() + ":80"));
        }
    }

    @Test
    void close_whileProcessesRun_leavesNothing() {
        Host node = lab.addNode("node-1");
        LabPod pod = lab.addPod(node, "shop", "a");
        var sleeper =
                lab.processes().start(pod.netns(), ProcessSpec.of("s", List.of("sleep", "600")));
        ProcessId id = ProcessId.of(sleeper.pid()).orElseThrow();
        Path directory = lab.state().directory();
        assertThat(id.isAlive()).isTrue();

        lab.close();

        assertThat(id.isAlive()).isFalse();
        assertThat(pod.netns().exists()).isFalse();
        assertThat(node.netns().exists()).isFalse();
        assertThat(lab.control().netns().exists()).isFalse();
        assertThat(directory).doesNotExist();
    }

    @Test
    void cleanStale_ownerIsGone_removesNamespacesAndProcessesButNoStranger() throws IOException {
        LabPod pod = lab.addPod(lab.addNode("node-1"), "shop", "a");
        var ours = lab.processes().start(pod.netns(), ProcessSpec.of("s", List.of("sleep", "600")));
        Process stranger = new ProcessBuilder("sleep", "600").start();
        try {
            // As a killed run leaves it: the owner is no more, and a number in its list belongs to
            // somebody else by now.
            ProcessId strange = ProcessId.of(stranger.pid()).orElseThrow();
            lab.state().started(new ProcessId(strange.pid(), strange.startTicks() - 1), "old");
            assertThat(Lab.cleanStale(lab.config())).isZero();
            ProcessId self = ProcessId.self();
            Files.writeString(
                    lab.state().directory().resolve("owner"),
                    new ProcessId(self.pid(), self.startTicks() - 1) + "\n");

            assertThat(Lab.cleanStale(lab.config())).isEqualTo(1);

            assertThat(ours.awaitExit(Duration.ofSeconds(5))).isNotZero();
            assertThat(pod.netns().exists()).isFalse();
            assertThat(lab.state().directory()).doesNotExist();
            assertThat(stranger.isAlive()).isTrue();
        } finally {
            stranger.destroyForcibly();
        }
    }

    @Test
    void awaitReady_processEnds_saysCodeAndLog() {
        LabPod pod = lab.addPod(lab.addNode("node-1"), "shop", "a");
        var failing =
                lab.processes()
                        .start(
                                pod.netns(),
                                ProcessSpec.of("bad", List.of("sh", "-c", "echo no luck; exit 3")));
        assertThat(
                        org.assertj.core.api.Assertions.catchThrowableOfType(
                                LabFault.class, () -> failing.awaitReady("never", () -> false)))
                .hasMessageContaining("ended with code 3")
                .hasMessageContaining("no luck");
    }

    @Test
    void hostsFile_ofNamespace_isSeenInside() throws IOException {
        LabPod pod = lab.addPod(lab.addNode("node-1"), "shop", "a");
        Files.createDirectories(pod.netns().etc());
        Files.writeString(pod.netns().etc().resolve("hosts"), "10.96.1.1 web.shop\n");

        assertThat(lab.run(pod.netns(), "getent", "hosts", "web.shop")).contains("10.96.1.1");
    }
}
