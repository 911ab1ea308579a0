package dev.ambit.ztunnel.dns;

import io.netty.channel.EventLoop;
import java.util.function.Consumer;

/// Tells how a pod resolves names.
interface ResolverSource {
    /// Calls back on `loop`, at once where it is known.
    void find(EventLoop loop, Consumer<Resolver> found);
}
