package dev.ambit.waypoint.pool;

import dev.ambit.hbone.Duplex;
import dev.ambit.waypoint.http.ClientConnection;
import dev.ambit.waypoint.stage.Permit;
import dev.ambit.waypoint.upstream.Upstream;
import dev.ambit.waypoint.upstream.Upstream.Cancel;
import java.util.function.Predicate;

/// The connections that one event loop has to upstream hosts. On that loop.
public interface HostPools {
    /// A connection with room for one exchange: one that is there, or a new one.
    Cancel request(PoolKey key, Breakers breakers, Permit permit, HttpListener listener);

    /// A connection of its own, for bytes.
    Cancel connect(PoolKey key, Breakers breakers, Permit permit, ByteListener listener);

    /// These take no new exchanges and end with their last: a host that was removed, a cluster that
    /// changed, a certificate that was renewed.
    void retire(Predicate<PoolKey> which);

    /// Retires everything and refuses what comes.
    void close();

    /// Connections and exchanges now, for `/clusters`.
    Load load(PoolKey key);

    record Load(int connections, int exchanges, int pending) {}

    interface HttpListener {
        /// Has room; `send` is to be called before this returns.
        void onReady(ClientConnection connection, Upstream.ConnectionFacts facts);

        void onFailed(PoolFailure failure);
    }

    interface ByteListener {
        void onConnected(Duplex connection, Upstream.ConnectionFacts facts);

        void onFailed(PoolFailure failure);
    }

    /// @param detail Envoy's words where it has some, else ours: value, expectation, likely cause
    record PoolFailure(Kind kind, String detail) {
        public enum Kind {
            /// A circuit breaker.
            OVERFLOW,
            CONNECT_FAILED,
            CONNECT_TIMEOUT,
            /// Retired or closed while it waited.
            CLOSED
        }
    }
}
