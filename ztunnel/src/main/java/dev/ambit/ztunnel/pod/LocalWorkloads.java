package dev.ambit.ztunnel.pod;

import dev.ambit.mesh.MeshView;
import dev.ambit.mesh.model.Workload;
import dev.ambit.ztunnel.inpod.PodInfo;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/// Finds the workload of one of this node's pods, waiting for the control plane where it must: a
/// pod's first connection is often faster than the news of the pod.
public final class LocalWorkloads {
    private final MeshView mesh;
    private final Duration wait;
    private final Set<Waiter> waiting = ConcurrentHashMap.newKeySet();

    /// @param wait how long at most
    public LocalWorkloads(MeshView mesh, Duration wait) {
        this.mesh = mesh;
        this.wait = wait;
    }

    public Optional<Workload> now(PodInfo pod) {
        return mesh.localWorkload(pod.namespace(), pod.name(), pod.serviceAccount());
    }

    /// Calls back on `loop`: at once when the workload is known, else when it arrives, or with
    /// nothing when the time is over.
    public void find(PodInfo pod, EventLoop loop, Consumer<Optional<Workload>> found) {
        var known = now(pod);
        if (known.isPresent()) {
            found.accept(known);
            return;
        }
        var waiter = new Waiter(pod, loop, found, new AtomicBoolean());
        waiting.add(waiter);
        loop.schedule(() -> finish(waiter), wait.toNanos(), TimeUnit.NANOSECONDS);
        // It may have arrived between the look-up and the registration.
        now(pod).ifPresent(_ -> finish(waiter));
    }

    /// The store changed: whoever waits looks again. On the store's writer thread.
    public void changed() {
        for (var waiter : waiting) {
            if (now(waiter.pod).isPresent()) {
                finish(waiter);
            }
        }
    }

    private void finish(Waiter waiter) {
        if (waiter.done.compareAndSet(false, true)) {
            waiting.remove(waiter);
            waiter.loop.execute(() -> waiter.found.accept(now(waiter.pod)));
        }
    }

    private record Waiter(
            PodInfo pod, EventLoop loop, Consumer<Optional<Workload>> found, AtomicBoolean done) {}
}
