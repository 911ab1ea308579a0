package dev.ambit.e2e.agent;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.ambit.linux.LinuxException;
import dev.ambit.linux.NetworkNamespace;
import dev.ambit.linux.SeqPacketSocket;
import dev.ambit.linux.SeqPacketSocket.Packet;
import dev.ambit.mesh.proto.zds.AddWorkload;
import dev.ambit.mesh.proto.zds.DelWorkload;
import dev.ambit.mesh.proto.zds.SnapshotSent;
import dev.ambit.mesh.proto.zds.Version;
import dev.ambit.mesh.proto.zds.WorkloadInfo;
import dev.ambit.mesh.proto.zds.WorkloadRequest;
import dev.ambit.mesh.proto.zds.WorkloadResponse;
import dev.ambit.mesh.proto.zds.ZdsHello;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The conversation with one ztunnel: hello, the pods there are, then changes as they come. One
/// request is under way at a time; answers carry no number and are told apart by their order alone.
/// So where the reference goes on after an answer that came too late, and takes it for the answer
/// to its next request, this ends the connection: ztunnel connects anew and gets everything again.
final class ZtunnelSession {
    private static final Logger LOG = LoggerFactory.getLogger(ZtunnelSession.class);

    private final SeqPacketSocket socket;
    private final String name;
    private final AgentLimits limits;
    private final BlockingQueue<Request> queue;
    private volatile boolean ended;

    /// @param netns the descriptor to send beside it, if any
    private record Request(
            WorkloadRequest message,
            Optional<NetworkNamespace> netns,
            CompletableFuture<Answer> answer) {}

    /// A pod and the descriptor of its namespace, which the agent holds open.
    record Held(EnrolledPod pod, NetworkNamespace netns) {}

    ZtunnelSession(SeqPacketSocket socket, String name, AgentLimits limits) {
        this.socket = socket;
        this.name = name;
        this.limits = limits;
        this.queue = new ArrayBlockingQueue<>(limits.queued());
    }

    CompletableFuture<Answer> add(Held held) {
        return enqueue(new Request(addOf(held.pod()), Optional.of(held.netns()), promise()));
    }

    CompletableFuture<Answer> delete(String uid) {
        var message =
                WorkloadRequest.newBuilder().setDel(DelWorkload.newBuilder().setUid(uid)).build();
        return enqueue(new Request(message, Optional.empty(), promise()));
    }

    /// Runs the conversation until the connection ends; on the session's own thread.
    ///
    /// @param pods what the snapshot holds, asked for when it begins
    void run(Supplier<List<Held>> pods) {
        String reason;
        try (socket) {
            expectHello();
            snapshot(pods.get());
            reason = serve();
        } catch (LinuxException | ProtocolFault e) {
            reason = String.valueOf(e.getMessage());
        }
        ended = true;
        LOG.info("{}: connection ended: {}", name, reason);
        var left = new Answer.Lost(reason);
        for (Request late = queue.poll(); late != null; late = queue.poll()) {
            late.answer().complete(left);
        }
    }

    /// Ends the connection; `run` returns soon after.
    void close() {
        socket.close();
    }

    private static CompletableFuture<Answer> promise() {
        return new CompletableFuture<>();
    }

    private CompletableFuture<Answer> enqueue(Request request) {
        if (!queue.offer(request)) {
            request.answer()
                    .complete(
                            new Answer.Lost(
                                    "more than %d messages wait for %s"
                                            .formatted(limits.queued(), name)));
        }
        // After the offer: `run` empties the queue after it set the flag.
        if (ended && queue.remove(request)) {
            request.answer().complete(new Answer.Lost("connection has ended"));
        }
        return request.answer();
    }

    private void expectHello() throws LinuxException, ProtocolFault {
        Packet packet = receive(limits.hello(), "ZdsHello");
        try {
            var hello = ZdsHello.parseFrom(packet.bytes());
            if (hello.getVersion() != Version.V1) {
                throw new ProtocolFault(
                        "hello with version " + hello.getVersionValue() + " (expected: V1)");
            }
        } catch (InvalidProtocolBufferException e) {
            throw new ProtocolFault("first packet is no ZdsHello: " + e.getMessage());
        }
        LOG.info("{}: connected", name);
    }

    private void snapshot(List<Held> pods) throws LinuxException, ProtocolFault {
        for (Held held : pods) {
            Answer answer = ask(addOf(held.pod()), Optional.of(held.netns()));
            if (answer instanceof Answer.Refused(String error)) {
                LOG.warn("{}: did not take {}: {}", name, held.pod(), error);
            }
        }
        var sent =
                WorkloadRequest.newBuilder()
                        .setSnapshotSent(SnapshotSent.getDefaultInstance())
                        .build();
        ask(sent, Optional.empty());
        LOG.info("{}: has all {} pods", name, pods.size());
    }

    /// @return why it ended
    private String serve() throws LinuxException, ProtocolFault {
        while (true) {
            Request request;
            try {
                request = queue.poll(limits.idleProbe().toMillis(), TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return "agent stops";
            }
            if (request == null) {
                Optional<Packet> unasked =
                        socket.receive(limits.packetBytes(), Duration.ofMillis(1));
                if (unasked.isPresent()) {
                    unasked.get().closeFds();
                    return unasked.get().isEnd() ? "closed by ztunnel" : "it spoke unasked";
                }
                continue;
            }
            try {
                request.answer().complete(ask(request.message(), request.netns()));
            } catch (LinuxException | ProtocolFault e) {
                request.answer().complete(new Answer.Lost(String.valueOf(e.getMessage())));
                throw e;
            }
        }
    }

    private Answer ask(WorkloadRequest message, Optional<NetworkNamespace> netns)
            throws LinuxException, ProtocolFault {
        int[] fds = netns.map(ns -> new int[] {ns.fd()}).orElseGet(() -> new int[0]);
        socket.send(message.toByteArray(), fds);
        Packet packet = receive(limits.ack(), "answer to " + message.getPayloadCase());
        try {
            var response = WorkloadResponse.parseFrom(packet.bytes());
            if (!response.hasAck()) {
                throw new ProtocolFault("a response without ack");
            }
            String error = response.getAck().getError();
            return error.isEmpty() ? new Answer.Accepted() : new Answer.Refused(error);
        } catch (InvalidProtocolBufferException e) {
            throw new ProtocolFault("no WorkloadResponse: " + e.getMessage());
        }
    }

    private Packet receive(Duration limit, String expected) throws LinuxException, ProtocolFault {
        Optional<Packet> packet = socket.receive(limits.packetBytes(), limit);
        if (packet.isEmpty()) {
            throw new ProtocolFault("no %s within %s".formatted(expected, limit));
        }
        packet.get().closeFds();
        if (packet.get().isEnd()) {
            throw new ProtocolFault("closed by ztunnel (expected: %s)".formatted(expected));
        }
        if (packet.get().truncated()) {
            throw new ProtocolFault(
                    "packet of more than %d bytes (expected: %s)"
                            .formatted(limits.packetBytes(), expected));
        }
        return packet.get();
    }

    private static WorkloadRequest addOf(EnrolledPod pod) {
        var info =
                WorkloadInfo.newBuilder()
                        .setName(pod.name())
                        .setNamespace(pod.namespace())
                        .setServiceAccount(pod.serviceAccount());
        var add = AddWorkload.newBuilder().setUid(pod.uid()).setWorkloadInfo(info);
        return WorkloadRequest.newBuilder().setAdd(add).build();
    }

    /// The other side does not keep to the protocol; the connection ends.
    private static final class ProtocolFault extends Exception {
        private static final long serialVersionUID = 1L;

        ProtocolFault(String message) {
            super(message);
        }
    }
}
