package dev.ambit.waypoint.upstream;

import dev.ambit.hbone.Duplex;
import dev.ambit.waypoint.exchange.TunnelPeer;
import dev.ambit.waypoint.http.ClientConnection;
import dev.ambit.waypoint.stage.Permit;
import org.jspecify.annotations.Nullable;

/// One cluster on one loop. What is asked for is answered on the loop, once, possibly before the
/// call returns.
public interface Upstream {
    ClusterFacts facts();

    /// Chooses a host and gets a connection to it with room for one exchange.
    ///
    /// @return to give up before the answer
    Cancel request(PickContext context, Permit permit, RequestListener listener);

    /// Chooses a host and connects to it, for bytes.
    Cancel connect(PickContext context, Permit permit, ConnectListener listener);

    /// Asks the circuit breaker for one more retry.
    ///
    /// @return to call when that retry has ended; null when it may not be
    @Nullable Runnable retry();

    interface Cancel {
        void cancel();
    }

    interface RequestListener {
        /// `connection` has room: `send` is to be called before this returns.
        void onReady(UpstreamHost host, ClientConnection connection, ConnectionFacts facts);

        void onFailed(UpstreamFailure failure);
    }

    interface ConnectListener {
        void onConnected(UpstreamHost host, Duplex connection, ConnectionFacts facts);

        void onFailed(UpstreamFailure failure);
    }

    /// @param localAddress `ip:port`; empty in a tunnel that has none
    /// @param requests sent on it before
    /// @param peer at the end of its tunnel; null where there is none
    record ConnectionFacts(String localAddress, long requests, @Nullable TunnelPeer peer) {
        public ConnectionFacts(String localAddress, long requests) {
            this(localAddress, requests, null);
        }
    }
}
