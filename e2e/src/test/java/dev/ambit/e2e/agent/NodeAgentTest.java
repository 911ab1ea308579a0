package dev.ambit.e2e.agent;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.ambit.e2e.lab.Await;
import dev.ambit.e2e.lab.Lab;
import dev.ambit.e2e.lab.LabNeeds;
import dev.ambit.e2e.lab.LabPod;
import dev.ambit.e2e.lab.TestLabs;
import dev.ambit.e2e.redirect.RedirectRules;
import dev.ambit.e2e.redirect.Redirection;
import dev.ambit.linux.LinuxException;
import dev.ambit.linux.NetworkNamespace;
import dev.ambit.linux.SeqPacketSocket;
import dev.ambit.mesh.proto.zds.Ack;
import dev.ambit.mesh.proto.zds.Version;
import dev.ambit.mesh.proto.zds.WorkloadRequest;
import dev.ambit.mesh.proto.zds.WorkloadResponse;
import dev.ambit.mesh.proto.zds.ZdsHello;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The agent against a ztunnel that the test plays, over a real socket with real namespaces.
class NodeAgentTest {
    private static final Duration LONG = Duration.ofSeconds(10);
    private static final Redirection REDIRECTION = new Redirection(LONG);
    private static final RedirectRules RULES = RedirectRules.standard(true);

    @TempDir Path directory;
    private Lab lab;
    private LabPod web;
    private LabPod cart;
    private NodeAgent agent;

    @BeforeEach
    void openLab() throws IOException {
        LabNeeds.require("ip", "nft");
        lab = Lab.open(TestLabs.config(directory.resolve("labs")));
        var node = lab.addNode("node-1");
        web = lab.addPod(node, "shop", "web");
        cart = lab.addPod(node, "shop", "cart");
        agent = listen(AgentLimits.defaults());
    }

    @AfterEach
    void closeLab() {
        if (agent != null) {
            agent.close();
        }
        if (lab != null) {
            lab.close();
        }
    }

    @Test
    void enroll_ztunnelAway_isPendingWithRulesAndComesInTheSnapshot() throws IOException {
        assertThat(agent.enroll(enrolled(web)))
                .isEqualTo(new Enrolment.Pending("no ztunnel is connected"));
        assertThat(REDIRECTION.isApplied(web.netns(), RULES)).isTrue();

        try (var ztunnel = Ztunnel.hello(socket());
                var expected = NetworkNamespace.open(web.netns().path())) {
            var add = ztunnel.next();
            assertThat(add.message().getAdd().getUid()).isEqualTo(web.uid());
            assertThat(add.message().getAdd().getWorkloadInfo().getServiceAccount())
                    .isEqualTo("web-account");
            assertThat(add.message().getAdd().getWorkloadInfo().getNamespace()).isEqualTo("shop");
            try (var received = NetworkNamespace.ofFd(add.fd())) {
                assertThat(received.sameAs(expected)).isTrue();
            }
            ztunnel.ack("");
            assertThat(ztunnel.next().message().hasSnapshotSent()).isTrue();
            ztunnel.ack("");
        }
    }

    @Test
    void enroll_severalZtunnels_newestGetsAddsAndAllGetRemovals() throws IOException {
        try (var older = Ztunnel.ready(socket());
                var newer = Ztunnel.ready(socket())) {
            var result = async(() -> agent.enroll(enrolled(web)));
            assertThat(newer.next().message().getAdd().getUid()).isEqualTo(web.uid());
            newer.ack("");
            assertThat(result.join()).isEqualTo(new Enrolment.Proxied());

            var gone =
                    async(() -> {
                        agent.unenroll(web.uid());
                        return true;
                    });
            assertThat(newer.next().message().getDel().getUid()).isEqualTo(web.uid());
            newer.ack("");
            assertThat(older.next().message().getDel().getUid()).isEqualTo(web.uid());
            older.ack("");
            assertThat(gone.join()).isTrue();
            assertThat(REDIRECTION.isApplied(web.netns(), RULES)).isFalse();

            newer.close();
            until(() -> agent.ztunnels() == 1);
            var again = async(() -> agent.enroll(enrolled(cart)));
            assertThat(older.next().message().getAdd().getUid()).isEqualTo(cart.uid());
            older.ack("");
            assertThat(again.join()).isEqualTo(new Enrolment.Proxied());
        }
    }

    @Test
    void enroll_ztunnelRefuses_isPendingWithItsReason() throws IOException {
        try (var ztunnel = Ztunnel.ready(socket())) {
            var result = async(() -> agent.enroll(enrolled(web)));
            ztunnel.next();
            ztunnel.ack("failure to start proxy : address in use");
            assertThat(result.join())
                    .isEqualTo(new Enrolment.Pending("failure to start proxy : address in use"));
        }
    }

    @Test
    void ack_tooLate_endsTheConnectionAndTheNextGetsASnapshot() throws IOException {
        agent.close();
        agent =
                listen(
                        new AgentLimits(
                                LONG,
                                Duration.ofMillis(100),
                                Duration.ofMillis(20),
                                Duration.ofMillis(1),
                                1_024,
                                100));
        try (var silent = Ztunnel.ready(socket())) {
            assertThat(agent.enroll(enrolled(web)))
                    .isInstanceOfSatisfying(
                            Enrolment.Pending.class,
                            pending ->
                                    assertThat(pending.reason())
                                            .contains("no answer to ADD within"));
            silent.next();
            assertThat(silent.isEnded()).isTrue();
        }
        until(() -> agent.ztunnels() == 0);
        try (var next = Ztunnel.hello(socket())) {
            assertThat(next.next().message().getAdd().getUid()).isEqualTo(web.uid());
        }
    }

    @Test
    void hello_otherBytes_endsThatConnectionOnly() throws IOException {
        try (var good = Ztunnel.ready(socket());
                var bad = SeqPacketSocket.connect(socket())) {
            bad.send(new byte[] {(byte) 0xff, 1, 2, 3});
            assertThat(bad.receive(1_024, LONG)).hasValueSatisfying(p -> p.isEnd());
            until(() -> agent.ztunnels() == 1);

            var result = async(() -> agent.enroll(enrolled(web)));
            good.next();
            good.ack("");
            assertThat(result.join()).isEqualTo(new Enrolment.Proxied());
        }
    }

    @Test
    void ztunnel_speaksUnasked_isDisconnected() throws IOException {
        try (var ztunnel = Ztunnel.ready(socket())) {
            ztunnel.ack("");
            assertThat(ztunnel.isEnded()).isTrue();
        }
    }

    @Test
    void defaults_always_arePinned() {
        assertThat(AgentLimits.defaults())
                .isEqualTo(
                        new AgentLimits(
                                Duration.ofSeconds(5),
                                Duration.ofSeconds(5),
                                Duration.ofMillis(200),
                                Duration.ofMillis(200),
                                1_024,
                                100));
    }

    private NodeAgent listen(AgentLimits limits) throws IOException {
        return NodeAgent.listen(socket(), REDIRECTION, limits);
    }

    private Path socket() {
        return directory.resolve("zds.sock");
    }

    private static EnrolledPod enrolled(LabPod pod) {
        return new EnrolledPod(
                pod.uid(),
                pod.namespace(),
                pod.name(),
                pod.name() + "-account",
                pod.netns(),
                RULES);
    }

    private static void until(java.util.function.BooleanSupplier condition) {
        assertThat(new Await(System::nanoTime, Duration.ofMillis(5)).until(LONG, condition))
                .isTrue();
    }

    private interface Action<T> {
        T run() throws IOException;
    }

    private static <T> CompletableFuture<T> async(Action<T> action) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return action.run();
                    } catch (IOException e) {
                        throw new IllegalStateException(e);
                    }
                },
                // Not the common pool: with two cores it has one thread, and these wait.
                task -> Thread.ofVirtual().start(task));
    }

    /// The other side, word by word.
    private record Ztunnel(SeqPacketSocket socket) implements AutoCloseable {
        record Received(WorkloadRequest message, int fd) {}

        static Ztunnel hello(Path path) throws LinuxException {
            var socket = SeqPacketSocket.connect(path);
            socket.send(ZdsHello.newBuilder().setVersion(Version.V1).build().toByteArray());
            return new Ztunnel(socket);
        }

        /// Past an empty snapshot.
        static Ztunnel ready(Path path) throws IOException {
            var ztunnel = hello(path);
            assertThat(ztunnel.next().message().hasSnapshotSent()).isTrue();
            ztunnel.ack("");
            return ztunnel;
        }

        Received next() throws LinuxException, InvalidProtocolBufferException {
            var packet = socket.receive(1_024, LONG).orElseThrow();
            assertThat(packet.isEnd()).as("ended").isFalse();
            return new Received(
                    WorkloadRequest.parseFrom(packet.bytes()),
                    packet.fds().length == 0 ? -1 : packet.fds()[0]);
        }

        void ack(String error) throws LinuxException {
            socket.send(
                    WorkloadResponse.newBuilder()
                            .setAck(Ack.newBuilder().setError(error))
                            .build()
                            .toByteArray());
        }

        boolean isEnded() throws LinuxException {
            return socket.receive(1_024, LONG).orElseThrow().isEnd();
        }

        @Override
        public void close() {
            socket.close();
        }
    }
}
