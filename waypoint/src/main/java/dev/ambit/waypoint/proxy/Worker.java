package dev.ambit.waypoint.proxy;

import dev.ambit.waypoint.model.WaypointModel;
import dev.ambit.waypoint.upstream.Upstreams;
import io.netty.channel.EventLoop;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/// What stories of one event loop share.
///
/// @param model the newest
/// @param upstreams as this loop sees them
/// @param nanoTime monotonic
/// @param micros of the wall clock since the epoch
/// @param random of this loop
/// @param live what is to be drained
public record Worker(
        EventLoop loop,
        Supplier<WaypointModel> model,
        Upstreams upstreams,
        ProxyLimits limits,
        LongSupplier nanoTime,
        LongSupplier micros,
        RandomGenerator random,
        RequestIds ids,
        HttpDate date,
        Live live) {

    public static Worker of(
            EventLoop loop,
            Supplier<WaypointModel> model,
            Upstreams upstreams,
            ProxyLimits limits,
            LongSupplier nanoTime,
            LongSupplier micros,
            RandomGenerator random) {
        return new Worker(
                loop,
                model,
                upstreams,
                limits,
                nanoTime,
                micros,
                random,
                new RequestIds(random),
                new HttpDate(micros),
                new Live());
    }
}
