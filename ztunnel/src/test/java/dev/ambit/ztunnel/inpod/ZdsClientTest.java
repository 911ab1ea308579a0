package dev.ambit.ztunnel.inpod;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.ambit.linux.LinuxException;
import dev.ambit.linux.NetworkNamespace;
import dev.ambit.linux.SeqPacketListener;
import dev.ambit.linux.SeqPacketSocket;
import dev.ambit.linux.SeqPacketSocket.Packet;
import dev.ambit.mesh.proto.zds.AddWorkload;
import dev.ambit.mesh.proto.zds.DelWorkload;
import dev.ambit.mesh.proto.zds.KeepWorkload;
import dev.ambit.mesh.proto.zds.SnapshotSent;
import dev.ambit.mesh.proto.zds.WorkloadInfo;
import dev.ambit.mesh.proto.zds.WorkloadRequest;
import dev.ambit.mesh.proto.zds.WorkloadResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Against a node agent that is this test, over a real socket; the pods' network namespace is the
/// one that the test runs in.
class ZdsClientTest {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final byte[] HELLO = {8, 1};
    private static final byte[] PLAIN_ACK = {10, 0};

    @TempDir Path dir;
    private final RecordingRuntimes runtimes = new RecordingRuntimes();
    private final PodSupervisor pods = new PodSupervisor(runtimes);
    private final Semaphore settled = new Semaphore(0);
    private final Semaphore unsettled = new Semaphore(0);
    private final AtomicLong ahead = new AtomicLong();
    private final ZdsClient.Settling settling =
            new ZdsClient.Settling() {
                @Override
                public void settled() {
                    settled.release();
                }

                @Override
                public void unsettled() {
                    unsettled.release();
                }
            };
    private SeqPacketListener agent;
    private ZdsClient client;
    private Thread thread;
    private SeqPacketSocket socket;
    private NetworkNamespace namespace;

    @BeforeEach
    void connect() throws Exception {
        namespace = NetworkNamespace.current();
        agent = SeqPacketListener.bind(dir.resolve("zds.sock"));
        client = new ZdsClient(dir.resolve("zds.sock"), pods, settling, this::nanoTime);
        thread = Thread.ofPlatform().daemon().start(client);
        socket = accepted();
    }

    @AfterEach
    void stop() throws Exception {
        client.close();
        thread.interrupt();
        socket.close();
        agent.close();
        namespace.close();
        thread.join(SOON);
        assertThat(thread.isAlive()).isFalse();
    }

    /// Real, but for what a test sets it ahead.
    private long nanoTime() {
        return System.nanoTime() + ahead.get();
    }

    /// The next connection, after its hello.
    private SeqPacketSocket accepted() throws LinuxException {
        var next = agent.accept(SOON).orElseThrow();
        assertThat(next.receive(64, SOON).orElseThrow().bytes()).isEqualTo(HELLO);
        return next;
    }

    private static WorkloadRequest add(String uid, String name) {
        var info = WorkloadInfo.newBuilder().setName(name).setNamespace("shop");
        return WorkloadRequest.newBuilder()
                .setAdd(
                        AddWorkload.newBuilder()
                                .setUid(uid)
                                .setWorkloadInfo(info.setServiceAccount(name)))
                .build();
    }

    private static WorkloadRequest keep(String uid) {
        return WorkloadRequest.newBuilder().setKeep(KeepWorkload.newBuilder().setUid(uid)).build();
    }

    private static WorkloadRequest delete(String uid) {
        return WorkloadRequest.newBuilder().setDel(DelWorkload.newBuilder().setUid(uid)).build();
    }

    private static WorkloadRequest snapshotSent() {
        return WorkloadRequest.newBuilder()
                .setSnapshotSent(SnapshotSent.getDefaultInstance())
                .build();
    }

    private Packet asked(WorkloadRequest request, int... fds) throws LinuxException {
        return asked(request.toByteArray(), fds);
    }

    private Packet asked(byte[] bytes, int... fds) throws LinuxException {
        socket.send(bytes, fds);
        return socket.receive(2048, SOON).orElseThrow();
    }

    private static String error(Packet answer) throws Exception {
        return WorkloadResponse.parseFrom(answer.bytes()).getAck().getError();
    }

    private void assertPlainAck(Packet answer) {
        assertThat(answer.bytes()).isEqualTo(PLAIN_ACK);
    }

    /// The agent's end of the old connection is over, and a new one comes with its hello.
    private void assertReconnects() throws LinuxException {
        assertThat(socket.receive(64, SOON).orElseThrow().isEnd()).isTrue();
        socket.close();
        socket = accepted();
    }

    // ---- the sequence

    @Test
    void snapshotThenLive_eachMessageHasItsAnswer() throws Exception {
        assertPlainAck(asked(add("u1", "web"), namespace.fd()));
        assertPlainAck(asked(keep("u9")));
        assertThat(settled.availablePermits()).isZero();
        assertPlainAck(asked(snapshotSent()));
        assertThat(settled.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
        assertPlainAck(asked(add("u2", "cart"), namespace.fd()));
        assertPlainAck(asked(delete("u1")));
        assertPlainAck(asked(delete("unknown")));

        assertThat(runtimes.events())
                .containsExactly("start shop/web", "start shop/cart", "stop shop/web");
        assertThat(pods.active()).containsExactly(new PodInfo("u2", "cart", "shop", "cart"));
    }

    @Test
    void nothingIsSaidUnasked() throws Exception {
        assertPlainAck(asked(snapshotSent()));

        assertThat(socket.receive(64, Duration.ofMillis(50))).isEmpty();
    }

    @Test
    void receivedDescriptor_isClosed_whenThePodGoes() throws Exception {
        asked(add("warm", "up"), namespace.fd());
        asked(delete("warm"));
        long before = openFiles();
        for (int i = 0; i < 20; i++) {
            assertPlainAck(asked(add("u" + i, "p" + i), namespace.fd()));
        }
        assertThat(openFiles()).isGreaterThanOrEqualTo(before + 20);

        for (int i = 0; i < 20; i++) {
            assertPlainAck(asked(delete("u" + i)));
        }

        assertThat(openFiles()).isLessThan(before + 10);
    }

    private static long openFiles() throws Exception {
        try (var all = Files.list(Path.of("/proc/self/fd"))) {
            return all.count();
        }
    }

    @Test
    void podThatCannotStart_isAnError_andTheConnectionGoesOn() throws Exception {
        runtimes.refuse("web");

        assertThat(error(asked(add("u1", "web"), namespace.fd())))
                .isEqualTo("failure to start proxy : port 15008 is taken");

        assertPlainAck(asked(add("u2", "cart"), namespace.fd()));
        assertPlainAck(asked(snapshotSent()));
        assertThat(settled.availablePermits()).as("one still waits").isZero();
        assertThat(pods.counts()).isEqualTo(new PodSupervisor.Counts(1, 1, 1, 0));
        runtimes.allow("web");
        assertPlainAck(asked(add("u1", "web"), namespace.fd()));
        assertThat(settled.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void waitingPod_isTriedAgainEvery5s_evenWhileTheAgentTalks() throws Exception {
        runtimes.refuse("web");
        asked(add("u1", "web"), namespace.fd());
        assertPlainAck(asked(snapshotSent()));
        runtimes.allow("web");
        ahead.addAndGet(Duration.ofSeconds(4).toNanos());
        assertPlainAck(asked(delete("other")));
        assertThat(pods.counts().active()).isZero();

        ahead.addAndGet(Duration.ofSeconds(2).toNanos());
        assertPlainAck(asked(delete("other")));

        assertThat(settled.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
        assertThat(pods.counts().active()).isEqualTo(1);
    }

    @Test
    void changedIdentityInTheSameNamespace_restartsThePod() throws Exception {
        asked(add("u1", "web"), namespace.fd());

        assertPlainAck(asked(add("u1", "cart"), namespace.fd()));

        assertThat(runtimes.events())
                .containsExactly("start shop/web", "stop shop/web", "start shop/cart");
        assertThat(pods.active()).containsExactly(new PodInfo("u1", "cart", "shop", "cart"));
    }

    @Test
    void podDeletedDuringTheSnapshot_isNotWaitedForAndRunsOnUntilItsEnd() throws Exception {
        asked(add("u1", "web"), namespace.fd());
        runtimes.refuse("cart");
        asked(add("u2", "cart"), namespace.fd());
        assertPlainAck(asked(delete("u2")));

        assertPlainAck(asked(snapshotSent()));

        assertThat(settled.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
        assertThat(pods.counts().pending()).isZero();
    }

    @Test
    void agentGone_nodeIsUnsettled() throws Exception {
        assertPlainAck(asked(snapshotSent()));
        assertThat(unsettled.availablePermits()).isZero();

        socket.close();

        assertThat(unsettled.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
        socket = accepted();
    }

    @Test
    void longError_fitsIntoAPacket() throws Exception {
        runtimes.refuse("web");
        runtimes.explainAtLength();

        var answer = asked(add("u1", "web"), namespace.fd());

        assertThat(answer.bytes().length).isLessThanOrEqualTo(1024);
        assertThat(error(answer)).startsWith("failure to start proxy : ").doesNotContain("\ufffd");
    }

    // ---- what an agent must not send

    @Test
    void truncatedPacket_isAnError_andReconnects() throws Exception {
        asked(add("u1", "web"), namespace.fd());

        var answer = asked(add("u2", "x".repeat(2000)), namespace.fd());

        assertThat(error(answer))
                .isEqualTo(
                        "failure to read message : received truncated message"
                                + " (expected: at most 1024 bytes)");
        assertReconnects();
        assertThat(runtimes.events()).containsExactly("start shop/web");
    }

    @Test
    void garbage_isAnError_andReconnects_andPodsGoOn() throws Exception {
        asked(add("u1", "web"), namespace.fd());

        assertThat(error(asked(new byte[] {10, 99, 1}))).startsWith("failure to read message : ");

        assertReconnects();
        assertThat(client.faults()).isEqualTo(1);
        assertThat(pods.active()).hasSize(1);
        assertPlainAck(asked(keep("u1")));
        assertPlainAck(asked(snapshotSent()));
        assertThat(runtimes.events()).containsExactly("start shop/web");
    }

    @Test
    void addWithoutDescriptor_isAnError_andReconnects() throws Exception {
        assertThat(error(asked(add("u1", "web"))))
                .isEqualTo("failure to read message : 0 file descriptors with ADD (expected: 1)");
        assertReconnects();
        assertThat(runtimes.events()).isEmpty();
    }

    @Test
    void tooManyDescriptors_areAnError_andAllClosed() throws Exception {
        long before = openFiles();
        for (int i = 0; i < 5; i++) {
            var answer = asked(add("u1", "web"), namespace.fd(), namespace.fd(), namespace.fd());
            assertThat(error(answer)).contains("3 file descriptors with ADD (expected: 1)");
            assertReconnects();
        }

        assertThat(openFiles()).isLessThan(before + 10);
    }

    @Test
    void descriptorWithAnotherMessage_isAnError_andReconnects() throws Exception {
        assertThat(error(asked(delete("u1"), namespace.fd())))
                .isEqualTo("failure to read message : 1 file descriptors with DEL (expected: 0)");
        assertReconnects();
    }

    @Test
    void addWithoutInfo_isAnError_andReconnects() throws Exception {
        var bare =
                WorkloadRequest.newBuilder().setAdd(AddWorkload.newBuilder().setUid("u1")).build();

        assertThat(error(asked(bare, namespace.fd())))
                .isEqualTo("failure to process message : AddWorkload u1 without workload_info");
        assertReconnects();
    }

    @Test
    void unknownMessage_isAnError_andReconnects() throws Exception {
        var unknown = new byte[] {(byte) 0xa2, 6, 0};

        assertThat(error(asked(unknown)))
                .isEqualTo("failure to process message : it has no payload");
        assertReconnects();
    }

    @Test
    void keepAfterTheSnapshot_isAnError_andReconnects() throws Exception {
        asked(add("u1", "web"), namespace.fd());
        asked(snapshotSent());

        assertThat(error(asked(keep("u1"))))
                .isEqualTo("failure to process message : KeepWorkload after the snapshot");
        assertReconnects();
        assertThat(pods.active()).hasSize(1);
    }

    @Test
    void secondSnapshot_isAnError_andReconnects() throws Exception {
        asked(snapshotSent());

        assertThat(error(asked(snapshotSent())))
                .isEqualTo("failure to process message : SnapshotSent after the snapshot");
        assertReconnects();
    }

    // ---- reconnecting

    @Test
    void agentGoneAndBack_podsGoOn_andTheNewSnapshotDecides() throws Exception {
        asked(add("u1", "web"), namespace.fd());
        asked(add("u2", "cart"), namespace.fd());
        asked(snapshotSent());
        socket.close();
        agent.close();

        agent = SeqPacketListener.bind(dir.resolve("zds.sock"));
        socket = accepted();

        assertThat(pods.active()).hasSize(2);
        assertPlainAck(asked(add("u2", "cart"), namespace.fd()));
        assertPlainAck(asked(snapshotSent()));
        assertThat(runtimes.events())
                .containsExactly("start shop/web", "start shop/cart", "stop shop/web");
    }

    // ---- any bytes at all

    @Property
    @Tag("fuzz")
    void anyPacket_isDoneOrRefused(@ForAll long seed) {
        var random = new Random(seed);
        var bytes =
                switch (random.nextInt(4)) {
                    case 0 -> add("u1", "web").toByteArray();
                    case 1 -> delete("u1").toByteArray();
                    case 2 -> keep("u1").toByteArray();
                    default -> ByteString.copyFrom(noise(random)).toByteArray();
                };
        if (bytes.length > 0) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
        }
        var fresh =
                new ZdsClient(Path.of("/nowhere"), new PodSupervisor(runtimes), settling, () -> 0);
        try {
            // A descriptor number that is surely not open: even that ends as an error.
            var fds = random.nextBoolean() ? new int[0] : new int[] {1_000_000};
            assertThat(fresh.handle(new Packet(bytes, fds, random.nextInt(8) == 0))).isNotNull();
        } catch (ZdsClient.ProtocolFault refused) {
            assertThat(refused).hasMessageStartingWith("failure to ");
        }
    }

    private static byte[] noise(Random random) {
        var bytes = new byte[random.nextInt(40)];
        random.nextBytes(bytes);
        return bytes;
    }
}
