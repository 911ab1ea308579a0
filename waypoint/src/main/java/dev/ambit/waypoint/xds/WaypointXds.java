package dev.ambit.waypoint.xds;

import dev.ambit.mesh.MeshLimits;
import dev.ambit.mesh.store.MeshStore;
import dev.ambit.mesh.xds.WdsClient;
import dev.ambit.waypoint.model.WaypointModel;
import dev.ambit.waypoint.xds.listener.ListenerCompiler;
import dev.ambit.waypoint.xds.secret.SecretStore;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/// What the control plane says, and what has become of it. `run` blocks: a virtual thread of its
/// own runs it.
public final class WaypointXds implements Runnable, AutoCloseable {
    private final AdsClient client;
    private final ListenerCompiler listeners;
    private final Rollout rollout;

    /// Who takes what is sent.
    ///
    /// @param mesh learns who workloads are
    public record Takers(
            FilterCompilers compilers, ClusterSink clusters, SecretStore secrets, MeshStore mesh) {}

    /// What the conversation needs.
    ///
    /// @param sleeper the clock of the reconnects
    /// @param nanoTime the clock of what is waited for
    /// @param clock for the dump
    public record Wiring(
            WdsClient.Connector connector,
            WaypointNode node,
            AdsEvents events,
            XdsLimits limits,
            WdsClient.Sleeper sleeper,
            LongSupplier nanoTime,
            Clock clock) {}

    /// @param first told once, when there is a model that carries traffic
    public WaypointXds(Takers takers, Wiring wiring, Runnable first) {
        listeners = new ListenerCompiler(takers.compilers());
        var types =
                new ResourceTypes(
                        takers.clusters(),
                        listeners,
                        takers.secrets(),
                        takers.mesh(),
                        readiness ->
                                new Rollout(
                                        readiness,
                                        wiring.limits().warming(),
                                        wiring.nanoTime(),
                                        first));
        rollout = types.rollout();
        client =
                new AdsClient(
                        wiring.connector(),
                        wiring.node(),
                        types.all(),
                        rollout,
                        wiring.events(),
                        MeshLimits.defaults(),
                        wiring.limits(),
                        new AdsClient.Times(wiring.sleeper(), wiring.nanoTime(), wiring.clock()));
    }

    @Override
    public void run() {
        client.run();
    }

    /// In effect now. One volatile read.
    public WaypointModel model() {
        return rollout.model();
    }

    /// How often the model changed.
    public long swaps() {
        return rollout.swaps();
    }

    /// Chains compiled since the start: a change of one service compiles its chains alone.
    public long compiledChains() {
        return listeners.compiledChains();
    }

    /// What is held and what was refused, by type URL.
    public Map<String, Ledger> ledgers() {
        return client.ledgers();
    }

    /// What was left out without harm.
    public List<String> skipped() {
        return rollout.skipped();
    }

    @Override
    public void close() {
        client.close();
    }
}
