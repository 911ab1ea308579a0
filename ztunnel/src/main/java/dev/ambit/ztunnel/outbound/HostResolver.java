package dev.ambit.ztunnel.outbound;

import io.netty.channel.EventLoop;
import java.net.InetAddress;
import java.util.List;
import java.util.function.Consumer;

/// Addresses of the hosts that the mesh knows by name only.
public interface HostResolver {

    /// @param whenDone on `loop`, exactly once
    void resolve(String hostname, EventLoop loop, Consumer<Answer> whenDone);

    /// What asking came to.
    sealed interface Answer {
        /// @param addresses in no particular order; empty: the name is there and has none
        record Addresses(List<InetAddress> addresses) implements Answer {
            public Addresses {
                addresses = List.copyOf(addresses);
            }
        }

        /// No such name, or nobody answered.
        record Failed(String why) implements Answer {}
    }
}
