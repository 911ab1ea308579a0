package dev.ambit.process;

import dev.ambit.process.log.FieldLog;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/// Lets a listener rest after a failed `accept`, then go on: what fails there is the process, which
/// has no file descriptors left, and to try again at once would only keep the loop busy. Who
/// connects meanwhile waits in the kernel. One for each listener, on its loop.
public final class AcceptRest extends ChannelInboundHandlerAdapter {
    private static final FieldLog LOG = FieldLog.of(AcceptRest.class);

    private final Duration pause;
    private boolean told;

    public AcceptRest(Duration pause) {
        this.pause = pause;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object accepted) {
        told = false;
        ctx.fireChannelRead(accepted);
    }

    /// Told to the log once, until something could be accepted again.
    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        var config = ctx.channel().config();
        if (!config.isAutoRead()) {
            return;
        }
        config.setAutoRead(false);
        if (!told) {
            told = true;
            LOG.warn(
                    "accept on "
                            + ctx.channel().localAddress()
                            + ": "
                            + cause.getMessage()
                            + "; trying again every "
                            + pause.toMillis()
                            + " ms (are there file descriptors left?)");
        }
        var _ =
                ctx.executor()
                        .schedule(
                                () -> config.setAutoRead(true),
                                pause.toNanos(),
                                TimeUnit.NANOSECONDS);
    }
}
