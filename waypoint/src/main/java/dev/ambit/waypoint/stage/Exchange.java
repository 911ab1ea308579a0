package dev.ambit.waypoint.stage;

import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.upstream.Upstreams;
import io.netty.channel.EventLoop;

/// What a stage may know and do of one exchange. On its loop.
public interface Exchange {
    EventLoop loop();

    RequestHead request();

    StreamInfo info();

    /// For calls of a stage's own: on this loop, with `Permit.forService`.
    Upstreams upstreams();

    /// The route that would be taken now; found anew after `clearRoute`. Opaque here: `route` knows
    /// its type. Null where none matches.
    @org.jspecify.annotations.Nullable
    Object route();

    /// Configuration of this stage that the route carries (`typed_per_filter_config`), compiled;
    /// null for none.
    @org.jspecify.annotations.Nullable
    Object routeConfig(String stageName);

    /// Has the route looked up again, after headers or metadata changed that routes match.
    void clearRoute();

    /// Goes on after `Step.Later`; once.
    void resume(Step step);

    /// Whether nobody waits any more; an asynchronous stage need not go on.
    boolean ended();

    /// Has `callback` run once if the exchange ends before `resume`.
    void whenEnded(Runnable callback);
}
