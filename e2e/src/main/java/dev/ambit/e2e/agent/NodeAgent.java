package dev.ambit.e2e.agent;

import dev.ambit.e2e.agent.ZtunnelSession.Held;
import dev.ambit.e2e.redirect.Redirection;
import dev.ambit.linux.LinuxException;
import dev.ambit.linux.NetworkNamespace;
import dev.ambit.linux.SeqPacketListener;
import dev.ambit.linux.SeqPacketSocket;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One node's agent: puts the redirection rules into pods and hands the pods to the node's ztunnel
/// over ZDS.
///
/// Rules come first, so that in between the pod is refused and never bypassed. Several ztunnels may
/// be connected while one replaces another: new pods go to the newest, removals to all, and each
/// gets a snapshot of its own. When a ztunnel is away, pods stay with their rules and are part of
/// the next snapshot.
///
/// Of the node's parts this does only that: no CNI plugin, no watching of a cluster, no probe
/// exemption in the node. May be used by several threads.
public final class NodeAgent implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NodeAgent.class);

    private final Redirection redirection;
    private final AgentLimits limits;
    private final SeqPacketListener listener;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, Held> pods = new LinkedHashMap<>();
    private final List<ZtunnelSession> sessions = new ArrayList<>();
    private final Thread acceptor;
    private volatile boolean closed;

    private NodeAgent(SeqPacketListener listener, Redirection redirection, AgentLimits limits) {
        this.listener = listener;
        this.redirection = redirection;
        this.limits = limits;
        this.acceptor = Thread.ofPlatform().daemon().name("zds-accept").unstarted(this::accept);
    }

    /// Listens on the socket; a file of that name that is left over is replaced.
    ///
    /// @throws IOException if it cannot listen there
    public static NodeAgent listen(Path socket, Redirection redirection, AgentLimits limits)
            throws IOException {
        var agent = new NodeAgent(SeqPacketListener.bind(socket), redirection, limits);
        agent.acceptor.start();
        return agent;
    }

    /// Takes a pod into the mesh: rules, then ztunnel. Doing so again changes nothing.
    ///
    /// @throws dev.ambit.e2e.lab.LabFault if the rules are refused; the pod is then not enrolled
    public Enrolment enroll(EnrolledPod pod) throws LinuxException {
        redirection.apply(pod.netns(), pod.rules());
        var held = new Held(pod, NetworkNamespace.open(pod.netns().path()));
        CompletableFuture<Answer> answer;
        lock.lock();
        try {
            Held before = pods.put(pod.uid(), held);
            if (before != null) {
                before.netns().close();
            }
            if (sessions.isEmpty()) {
                return new Enrolment.Pending("no ztunnel is connected");
            }
            answer = sessions.getLast().add(held);
        } finally {
            lock.unlock();
        }
        return switch (answer.join()) {
            case Answer.Accepted() -> new Enrolment.Proxied();
            case Answer.Refused(String error) -> new Enrolment.Pending(error);
            case Answer.Lost(String reason) -> new Enrolment.Pending(reason);
        };
    }

    /// Takes a living pod out of the mesh: new connections go direct first, then ztunnel lets go of
    /// the pod, then the rest of the rules goes. A pod that is not enrolled is no error.
    public void unenroll(String uid) {
        Held held = take(uid);
        if (held != null) {
            var netns = held.pod().netns();
            var names = held.pod().rules().names();
            redirection.stopCapturing(netns, names);
            tellAll(uid);
            redirection.remove(netns, names);
            held.netns().close();
        }
    }

    /// A pod has ended: its namespace goes by itself, and the rules with it.
    public void podGone(String uid) {
        Held held = take(uid);
        if (held != null) {
            tellAll(uid);
            held.netns().close();
        }
    }

    /// How many ztunnels are connected.
    public int ztunnels() {
        lock.lock();
        try {
            return sessions.size();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        closed = true;
        lock.lock();
        try {
            sessions.forEach(ZtunnelSession::close);
            pods.values().forEach(held -> held.netns().close());
            pods.clear();
        } finally {
            lock.unlock();
        }
        try {
            listener.close();
        } catch (IOException e) {
            LOG.warn("closing the ZDS socket: {}", e.getMessage());
        }
    }

    private @Nullable Held take(String uid) {
        lock.lock();
        try {
            return pods.remove(uid);
        } finally {
            lock.unlock();
        }
    }

    private void tellAll(String uid) {
        List<ZtunnelSession> all;
        lock.lock();
        try {
            all = List.copyOf(sessions);
        } finally {
            lock.unlock();
        }
        all.stream().map(session -> session.delete(uid)).toList().forEach(CompletableFuture::join);
    }

    private void accept() {
        int count = 0;
        while (!closed) {
            try {
                var accepted = listener.accept(Duration.ofSeconds(1));
                if (accepted.isPresent()) {
                    count++;
                    startSession(accepted.get(), "ztunnel connection " + count);
                    // A ztunnel that connects in a loop must not keep the agent busy.
                    LockSupport.parkNanos(limits.acceptPause().toNanos());
                }
            } catch (LinuxException e) {
                if (!closed) {
                    LOG.warn("accepting a ztunnel: {}", e.getMessage());
                    LockSupport.parkNanos(limits.acceptPause().toNanos());
                }
            }
        }
    }

    private void startSession(SeqPacketSocket socket, String name) {
        var session = new ZtunnelSession(socket, name, limits);
        lock.lock();
        try {
            // Known before its snapshot: a pod that comes meanwhile waits in its queue.
            sessions.add(session);
        } finally {
            lock.unlock();
        }
        Thread.ofPlatform()
                .daemon()
                .name(name)
                .start(() -> {
                    session.run(this::snapshot);
                    lock.lock();
                    try {
                        sessions.remove(session);
                    } finally {
                        lock.unlock();
                    }
                });
    }

    private List<Held> snapshot() {
        lock.lock();
        try {
            return List.copyOf(pods.values());
        } finally {
            lock.unlock();
        }
    }
}
