package dev.ambit.ztunnel.inpod;

import dev.ambit.linux.NetworkNamespace;
import dev.ambit.ztunnel.inpod.PodRuntimeFactory.PodRuntime;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The pods of this node: which run, which wait for another try. Called by the ZDS thread, one
/// message after another; the accessors are for any thread.
public final class PodSupervisor {
    private static final Logger LOG = LoggerFactory.getLogger(PodSupervisor.class);

    private final PodRuntimeFactory factory;
    private final Map<String, Running> running = new HashMap<>();
    private final Map<String, Pending> pending = new HashMap<>();
    private final Set<String> snapshot = new HashSet<>();
    private boolean inSnapshot = true;
    private long started;
    private long stopped;

    private record Running(PodInfo pod, NetworkNamespace namespace, PodRuntime runtime) {}

    private record Pending(PodInfo pod, NetworkNamespace namespace, String why) {}

    public PodSupervisor(PodRuntimeFactory factory) {
        this.factory = factory;
    }

    /// For gauges and counters.
    public record Counts(int active, int pending, long started, long stopped) {}

    public synchronized Counts counts() {
        return new Counts(running.size(), pending.size(), started, stopped);
    }

    public synchronized List<PodInfo> active() {
        return running.values().stream().map(Running::pod).toList();
    }

    public synchronized Optional<PodRuntime> runtime(String uid) {
        return Optional.ofNullable(running.get(uid)).map(Running::runtime);
    }

    public synchronized Map<String, String> waiting() {
        var all = new HashMap<String, String>();
        pending.forEach((uid, p) -> all.put(uid, p.pod.toString()));
        return all;
    }

    /// The agent will tell anew what is there; what runs goes on meanwhile.
    public synchronized void connected() {
        snapshot.clear();
        inSnapshot = true;
        pending.values().forEach(p -> p.namespace.close());
        pending.clear();
    }

    /// @param namespace is owned by this from here on
    /// @return why it does not run yet; it is tried again
    public synchronized Optional<String> add(PodInfo pod, NetworkNamespace namespace) {
        if (inSnapshot) {
            snapshot.add(pod.uid());
        }
        var old = pending.remove(pod.uid());
        if (old != null) {
            old.namespace.close();
        }
        var known = running.get(pod.uid());
        if (known != null) {
            if (known.namespace.sameAs(namespace) && known.pod.equals(pod)) {
                namespace.close();
                return Optional.empty();
            }
            stop(known);
        }
        return start(pod, namespace);
    }

    private Optional<String> start(PodInfo pod, NetworkNamespace namespace) {
        try {
            running.put(pod.uid(), new Running(pod, namespace, factory.start(pod, namespace)));
            started++;
            LOG.info("pod {} is proxied ({})", pod, namespace);
            return Optional.empty();
        } catch (IOException failed) {
            pending.put(
                    pod.uid(), new Pending(pod, namespace, String.valueOf(failed.getMessage())));
            LOG.warn("pod {} is not proxied yet: {}", pod, failed.getMessage());
            return Optional.of(String.valueOf(failed.getMessage()));
        }
    }

    public synchronized void keep(String uid) {
        snapshot.add(uid);
    }

    public synchronized void delete(String uid) {
        snapshot.remove(uid);
        var waited = pending.remove(uid);
        if (waited != null) {
            waited.namespace.close();
        }
        var known = running.get(uid);
        if (known != null) {
            stop(known);
        }
    }

    /// The agent has named all its pods: what it did not name is gone.
    public synchronized void snapshotComplete() {
        inSnapshot = false;
        for (var known : List.copyOf(running.values())) {
            if (!snapshot.contains(known.pod.uid())) {
                stop(known);
            }
        }
    }

    /// Tries again to start a pod that still waits.
    public synchronized void retry(String uid) {
        var waiting = pending.remove(uid);
        if (waiting != null) {
            start(waiting.pod, waiting.namespace);
        }
    }

    /// Whether the snapshot is complete and every pod of it runs.
    public synchronized boolean settled() {
        return !inSnapshot && pending.isEmpty();
    }

    private void stop(Running known) {
        running.remove(known.pod.uid());
        known.runtime.stop();
        known.namespace.close();
        stopped++;
        LOG.info("pod {} is no longer proxied", known.pod);
    }
}
