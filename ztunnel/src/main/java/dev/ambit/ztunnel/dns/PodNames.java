package dev.ambit.ztunnel.dns;

import io.netty.channel.EventLoop;
import java.net.InetAddress;
import java.util.function.Consumer;

/// Addresses for hostnames, as a pod would find them: what the mesh knows first, then the pod's own
/// name servers.
public interface PodNames {
    /// What looking came to.
    sealed interface Answer {
        record Found(InetAddress address) implements Answer {}

        /// @param why for the log, naming the host
        record NotFound(String why) implements Answer {}
    }

    /// Calls back on `loop`, on which it must be called, exactly once.
    ///
    /// @param host short names of Kubernetes are understood; nothing is appended for name servers
    /// @param ipv4 the family that is asked for first; the other is, where there is none of it
    void find(String host, boolean ipv4, EventLoop loop, Consumer<Answer> whenDone);
}
