package dev.ambit.ztunnel.inpod;

import dev.ambit.linux.NetworkNamespace;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Starts nothing, but notes what it was asked for, and can refuse.
final class RecordingRuntimes implements PodRuntimeFactory {
    private final List<String> events = new ArrayList<>();
    private final Set<String> refused = new HashSet<>();
    private String reason = "port 15008 is taken";

    synchronized void refuse(String pod) {
        refused.add(pod);
    }

    synchronized void allow(String pod) {
        refused.remove(pod);
    }

    /// Refusals have long reasons from now on.
    synchronized void explainAtLength() {
        reason = "\u00e9".repeat(2_000);
    }

    synchronized List<String> events() {
        return List.copyOf(events);
    }

    @Override
    public synchronized PodRuntime start(PodInfo pod, NetworkNamespace namespace)
            throws IOException {
        if (refused.contains(pod.name())) {
            throw new IOException(reason);
        }
        // Throws when the namespace was closed by mistake.
        namespace.fd();
        events.add("start " + pod);
        return () -> stopped(pod);
    }

    private synchronized void stopped(PodInfo pod) {
        events.add("stop " + pod);
    }
}
