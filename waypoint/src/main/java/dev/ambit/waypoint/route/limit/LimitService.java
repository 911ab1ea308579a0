package dev.ambit.waypoint.route.limit;

import dev.ambit.waypoint.upstream.Upstreams;
import io.netty.channel.EventLoop;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/// Counts for many proxies together.
public interface LimitService {
    /// On the loop.
    ///
    /// @param done the answer, empty for none in time; possibly before this returns
    /// @return to give up
    Runnable ask(
            EventLoop loop,
            Upstreams upstreams,
            String domain,
            List<Descriptor> descriptors,
            Consumer<Optional<LimitAnswer>> done);
}
