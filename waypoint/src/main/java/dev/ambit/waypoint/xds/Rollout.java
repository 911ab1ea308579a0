package dev.ambit.waypoint.xds;

import dev.ambit.waypoint.model.WaypointModel;
import dev.ambit.waypoint.xds.listener.ListenerCompiler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// When a new model takes effect: once the clusters and secrets that it needs are there, or the
/// wait for them is over. Written by the xDS thread, read by any.
public final class Rollout implements AdsClient.Pending {
    private static final Logger LOG = LoggerFactory.getLogger(Rollout.class);

    private final AtomicReference<WaypointModel> current =
            new AtomicReference<>(WaypointModel.EMPTY);
    private final Readiness readiness;
    private final Duration warming;
    private final LongSupplier nanoTime;
    private final Runnable first;
    private @Nullable WaypointModel next;
    private ListenerCompiler.Needs needs = ListenerCompiler.NO_NEEDS;
    private long since;
    private boolean told;
    private volatile long swaps;
    private volatile List<String> skipped = List.of();

    /// What is there.
    interface Readiness {
        boolean cluster(String name);

        boolean secret(String name);
    }

    /// @param warming at most
    /// @param first told once, when there is a model with chains and a front
    Rollout(Readiness readiness, Duration warming, LongSupplier nanoTime, Runnable first) {
        this.readiness = readiness;
        this.warming = warming;
        this.nanoTime = nanoTime;
        this.first = first;
    }

    /// The newest that is in effect. One volatile read.
    public WaypointModel model() {
        return current.get();
    }

    /// How often the model changed.
    public long swaps() {
        return swaps;
    }

    /// What the newest left out without harm.
    List<String> skipped() {
        return skipped;
    }

    /// A newer one replaces one that still waits, but the wait does not start anew.
    void propose(WaypointModel model, ListenerCompiler.Needs needed) {
        if (next == null) {
            since = nanoTime.getAsLong();
        }
        next = model;
        needs = needed;
        skipped = needed.skipped();
        check();
    }

    /// Something came that may have been waited for.
    void check() {
        if (next != null && missing().isEmpty()) {
            publish(next);
        }
    }

    private List<String> missing() {
        var all = new ArrayList<String>();
        for (var cluster : needs.clusters()) {
            if (!readiness.cluster(cluster)) {
                all.add("endpoints of " + cluster);
            }
        }
        for (var secret : needs.secrets()) {
            if (!readiness.secret(secret)) {
                all.add("secret " + secret);
            }
        }
        return all;
    }

    @Override
    public long due(long now) {
        return next == null ? Long.MAX_VALUE : warming.toNanos() - (now - since);
    }

    @Override
    public void overdue() {
        var waiting = next;
        if (waiting != null) {
            LOG.warn(
                    "in effect after {} ms without {} (did the control plane send them?)",
                    warming.toMillis(),
                    missing());
            publish(waiting);
        }
    }

    private void publish(WaypointModel model) {
        next = null;
        current.set(model);
        swaps++;
        if (!told && model.tunnel().isPresent()) {
            told = true;
            first.run();
        }
    }
}
