package dev.ambit.waypoint.pool;

/// The circuit breakers of a cluster (one priority), asked from every loop.
public interface Breakers {
    /// One more connection? Envoy lets a host without any have one all the same: the pool asks only
    /// for the second.
    boolean tryConnection();

    void connectionOpened();

    void connectionClosed();

    /// One more exchange that waits for a connection?
    boolean tryPending();

    void pendingDone();
}
