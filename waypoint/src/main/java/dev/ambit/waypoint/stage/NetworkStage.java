package dev.ambit.waypoint.stage;

import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.upstream.Upstreams;
import io.netty.channel.EventLoop;

/// One stage of a TCP chain, in Envoy's terms a network filter: compiled, immutable, shared. It
/// judges a connection before any upstream is dialled, also where Envoy would wait for the first
/// byte.
public interface NetworkStage {
    /// The filter's name in the configuration.
    String name();

    NetworkStep onConnection(Connection connection);

    /// What a stage may know and do of one connection. On its loop.
    interface Connection {
        EventLoop loop();

        /// With addresses, identity and SNI in `info().connection()`.
        StreamInfo info();

        /// For calls of a stage's own: on this loop, with `Permit.forService`.
        Upstreams upstreams();

        /// Goes on after `NetworkStep.Later`; once.
        void resume(NetworkStep step);

        /// Whether nobody waits any more.
        boolean ended();

        /// Has `callback` run once if the connection ends before `resume`.
        void whenEnded(Runnable callback);
    }
}
