package dev.ambit.ztunnel.inpod;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.ambit.linux.LinuxException;
import dev.ambit.linux.NetworkNamespace;
import dev.ambit.linux.SeqPacketSocket;
import dev.ambit.linux.SeqPacketSocket.Packet;
import dev.ambit.mesh.proto.zds.Ack;
import dev.ambit.mesh.proto.zds.Version;
import dev.ambit.mesh.proto.zds.WorkloadRequest;
import dev.ambit.mesh.proto.zds.WorkloadResponse;
import dev.ambit.mesh.proto.zds.ZdsHello;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Takes pods over from the node agent (ZDS). A straight line on a platform thread of its own:
/// connect, say hello, then one answer for each message, in order, and nothing unasked.
///
/// While there is no agent the pods that run go on; a new connection brings a new snapshot.
public final class ZdsClient implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(ZdsClient.class);
    private static final int MAX_PACKET_BYTES = 1024;
    private static final int MAX_ERROR_BYTES = 900;
    private static final Duration FIRST_BACKOFF = Duration.ofMillis(20);
    private static final Duration MAX_BACKOFF = Duration.ofSeconds(15);
    private static final Duration RETRY_PENDING = Duration.ofSeconds(5);

    private final Path path;
    private final PodSupervisor pods;
    private final Settling settling;
    private final LongSupplier nanoTime;
    private final LongAdder faults = new LongAdder();
    private volatile boolean closed;
    private boolean inSnapshot;
    private long retryAt;

    /// Whether this node's pods are all proxied.
    public interface Settling {
        /// The snapshot is complete and all its pods run. Said more than once.
        void settled();

        /// There is no agent any more: nobody knows which pods there are.
        void unsettled();

        /// Where there is no agent to wait for.
        Settling NOBODY =
                new Settling() {
                    @Override
                    public void settled() {}

                    @Override
                    public void unsettled() {}
                };
    }

    /// @param nanoTime as `System.nanoTime`
    public ZdsClient(Path path, PodSupervisor pods, Settling settling, LongSupplier nanoTime) {
        this.path = path;
        this.pods = pods;
        this.settling = settling;
        this.nanoTime = nanoTime;
    }

    /// Messages that ended a connection because they made no sense.
    public long faults() {
        return faults.sum();
    }

    public void close() {
        closed = true;
    }

    @Override
    public void run() {
        var backoff = FIRST_BACKOFF;
        while (!closed) {
            try (var socket = SeqPacketSocket.connect(path)) {
                LOG.info("connected to the node agent at {}", path);
                backoff = FIRST_BACKOFF;
                serve(socket);
            } catch (LinuxException lost) {
                if (!closed) {
                    LOG.warn("node agent at {}: {}; pods that run go on", path, lost.getMessage());
                }
            } catch (ProtocolFault fault) {
                faults.increment();
                LOG.error("node agent at {}: {}; reconnecting", path, fault.getMessage());
            }
            settling.unsettled();
            if (!pause(backoff)) {
                return;
            }
            var doubled = backoff.multipliedBy(2);
            backoff = doubled.compareTo(MAX_BACKOFF) > 0 ? MAX_BACKOFF : doubled;
        }
    }

    private static boolean pause(Duration backoff) {
        try {
            Thread.sleep(backoff);
            return true;
        } catch (InterruptedException stopping) {
            return false;
        }
    }

    private void serve(SeqPacketSocket socket) throws LinuxException, ProtocolFault {
        pods.connected();
        inSnapshot = true;
        socket.send(ZdsHello.newBuilder().setVersion(Version.V1).build().toByteArray());
        retryAt = nanoTime.getAsLong() + RETRY_PENDING.toNanos();
        while (!closed) {
            long left = retryAt - nanoTime.getAsLong();
            if (left <= 0) {
                retryAt = nanoTime.getAsLong() + RETRY_PENDING.toNanos();
                if (retryPending(socket) == Received.END) {
                    return;
                }
                continue;
            }
            if (received(socket, Duration.ofNanos(left)) == Received.END) {
                return;
            }
        }
    }

    private enum Received {
        NOTHING,
        MESSAGE,
        END
    }

    /// Between two pods, messages have their turn: the agent waits 5 s for an answer, no longer.
    private Received retryPending(SeqPacketSocket socket) throws LinuxException, ProtocolFault {
        for (var uid : pods.waiting().keySet()) {
            Received first;
            do {
                first = received(socket, Duration.ofNanos(1));
            } while (first == Received.MESSAGE);
            if (first == Received.END) {
                return first;
            }
            pods.retry(uid);
        }
        settle();
        return Received.NOTHING;
    }

    /// Deals with one message, if it comes in time.
    private Received received(SeqPacketSocket socket, Duration wait)
            throws LinuxException, ProtocolFault {
        var packet = socket.receive(MAX_PACKET_BYTES, wait);
        if (packet.isEmpty()) {
            return Received.NOTHING;
        }
        if (packet.get().isEnd()) {
            return Received.END;
        }
        answer(socket, packet.get());
        settle();
        return Received.MESSAGE;
    }

    private void settle() {
        if (pods.settled()) {
            settling.settled();
        }
    }

    private void answer(SeqPacketSocket socket, Packet packet)
            throws LinuxException, ProtocolFault {
        Optional<String> error;
        try {
            error = handle(packet);
        } catch (ProtocolFault fault) {
            socket.send(ack(Optional.of(String.valueOf(fault.getMessage()))));
            throw fault;
        }
        socket.send(ack(error));
    }

    private static byte[] ack(Optional<String> error) {
        var ack = Ack.newBuilder();
        error.ifPresent(text -> ack.setError(cut(text)));
        return WorkloadResponse.newBuilder().setAck(ack).build().toByteArray();
    }

    /// The agent reads packets of the same size as this does.
    private static String cut(String text) {
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        if (bytes.length <= MAX_ERROR_BYTES) {
            return text;
        }
        int end = MAX_ERROR_BYTES;
        while ((bytes[end] & 0xC0) == 0x80) {
            end--; // Not amid a character.
        }
        return new String(bytes, 0, end, StandardCharsets.UTF_8);
    }

    /// @return what went wrong and is tried again
    Optional<String> handle(Packet packet) throws ProtocolFault {
        if (packet.truncated()) {
            packet.closeFds();
            throw new ProtocolFault(
                    "failure to read message : received truncated message (expected: at most "
                            + MAX_PACKET_BYTES
                            + " bytes)");
        }
        WorkloadRequest request;
        try {
            request = WorkloadRequest.parseFrom(packet.bytes());
        } catch (InvalidProtocolBufferException malformed) {
            packet.closeFds();
            throw new ProtocolFault("failure to read message : " + malformed.getMessage());
        }
        int expected = request.hasAdd() ? 1 : 0;
        if (packet.fds().length != expected) {
            packet.closeFds();
            throw new ProtocolFault(
                    "failure to read message : "
                            + packet.fds().length
                            + " file descriptors with "
                            + request.getPayloadCase()
                            + " (expected: "
                            + expected
                            + ")");
        }
        return switch (request.getPayloadCase()) {
            case ADD -> add(request, packet.fds()[0]);
            case KEEP -> {
                requireSnapshot("KeepWorkload");
                pods.keep(request.getKeep().getUid());
                yield Optional.empty();
            }
            case DEL -> {
                pods.delete(request.getDel().getUid());
                yield Optional.empty();
            }
            case SNAPSHOT_SENT -> {
                requireSnapshot("SnapshotSent");
                inSnapshot = false;
                pods.snapshotComplete();
                yield Optional.empty();
            }
            case PAYLOAD_NOT_SET ->
                    throw new ProtocolFault("failure to process message : it has no payload");
        };
    }

    private Optional<String> add(WorkloadRequest request, int fd) throws ProtocolFault {
        var add = request.getAdd();
        try {
            // Owned from here on, whatever happens.
            var namespace = NetworkNamespace.ofFd(fd);
            if (!add.hasWorkloadInfo()) {
                namespace.close();
                throw new ProtocolFault(
                        "failure to process message : AddWorkload "
                                + add.getUid()
                                + " without workload_info");
            }
            var info = add.getWorkloadInfo();
            var pod =
                    new PodInfo(
                            add.getUid(),
                            info.getName(),
                            info.getNamespace(),
                            info.getServiceAccount());
            return pods.add(pod, namespace).map(why -> "failure to start proxy : " + why);
        } catch (IOException gone) {
            return Optional.of("failure to start proxy : " + gone.getMessage());
        }
    }

    private void requireSnapshot(String message) throws ProtocolFault {
        if (!inSnapshot) {
            throw new ProtocolFault(
                    "failure to process message : " + message + " after the snapshot");
        }
    }

    /// The agent broke the protocol. The reference's process ends over some of these; here only the
    /// connection does, since the pods that run are not to blame.
    static final class ProtocolFault extends Exception {
        private static final long serialVersionUID = 1;

        ProtocolFault(String message) {
            super(message, null, false, false);
        }
    }
}
