package dev.ambit.ztunnel.socks;

import dev.ambit.ztunnel.pod.Pod;
import io.netty.channel.EventLoop;
import java.net.InetAddress;
import java.util.function.Consumer;

/// Turns hostnames that SOCKS clients ask for into addresses, as the pod's own DNS would.
public interface SocksResolver {
    /// What resolving came to.
    sealed interface Answer {
        record Resolved(InetAddress address) implements Answer {}

        /// @param why for the log
        record Failed(String why) implements Answer {}
    }

    /// Calls back on `loop`, once, and does not block.
    ///
    /// @param host as the client sent it: not empty, at most 255 bytes of printable ASCII
    /// @param ipv4 the family that the client connected over, and gets an address of
    void resolve(Pod pod, String host, boolean ipv4, EventLoop loop, Consumer<Answer> whenDone);

    /// For a proxy without DNS.
    SocksResolver NONE =
            (_, host, _, _, whenDone) ->
                    whenDone.accept(
                            new Answer.Failed(
                                    "hostname " + host + ": no resolver (expected: an address)"));
}
