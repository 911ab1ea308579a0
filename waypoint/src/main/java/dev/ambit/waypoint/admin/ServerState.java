package dev.ambit.waypoint.admin;

import dev.ambit.process.admin.Readiness;

/// Whether this process takes traffic. Any thread.
public final class ServerState {
    private final Readiness readiness;
    private volatile boolean failing;
    private volatile boolean draining;

    public ServerState(Readiness readiness) {
        this.readiness = readiness;
    }

    /// Envoy's words, with the numbers of its gauge `server.state`.
    public enum State {
        LIVE,
        DRAINING,
        PRE_INITIALIZING,
        INITIALIZING
    }

    public State state() {
        if (draining || failing) {
            return State.DRAINING;
        }
        return readiness.ready() ? State.LIVE : State.INITIALIZING;
    }

    /// What is still awaited, for probes.
    public String awaited() {
        return String.join(", ", readiness.pending());
    }

    public void drain() {
        draining = true;
    }

    /// `/healthcheck/fail` and `/healthcheck/ok`.
    void fail(boolean value) {
        failing = value;
    }
}
