package dev.ambit.ztunnel.dns;

import dev.ambit.mesh.model.Workload;
import io.netty.channel.EventLoop;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/// What all queries of one pod share.
///
/// @param waiting queries under way
record DnsPod(
        WorkloadOf workloadOf,
        ResolverSource resolver,
        DnsRouter router,
        Upstream upstream,
        DnsReporter reporter,
        DnsLimits limits,
        LongSupplier clock,
        AtomicInteger waiting) {

    /// Finds the pod's workload; see `LocalWorkloads.find`.
    interface WorkloadOf {
        void find(EventLoop loop, Consumer<Optional<Workload>> found);
    }

    void workload(EventLoop loop, Consumer<Optional<Workload>> found) {
        workloadOf.find(loop, found);
    }

    long nanoTime() {
        return clock.getAsLong();
    }

    /// @return whether one more query may begin; then `release` must follow
    boolean admit() {
        if (waiting.incrementAndGet() <= limits.outstandingQueries()) {
            return true;
        }
        waiting.decrementAndGet();
        return false;
    }

    void release() {
        waiting.decrementAndGet();
    }
}
