package dev.ambit.ztunnel;

import dev.ambit.process.SteadyEpoll;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import java.util.concurrent.TimeUnit;

/// One event loop as ztunnel's are.
public final class SteadyLoops implements AutoCloseable {
    private final MultiThreadIoEventLoopGroup loops =
            new MultiThreadIoEventLoopGroup(1, SteadyEpoll.newFactory());

    public EventLoop next() {
        return (EventLoop) loops.next();
    }

    public EventLoopGroup group() {
        return loops;
    }

    @Override
    public void close() {
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
}
