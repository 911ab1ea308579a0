package dev.ambit.process;

import dev.ambit.identity.ca.CaClient;
import dev.ambit.identity.ca.ControlServer;
import dev.ambit.identity.ca.GrpcTls;
import io.grpc.ManagedChannel;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import java.io.IOException;
import java.nio.file.attribute.FileTime;
import org.jspecify.annotations.Nullable;

/// The CA's channel, kept until its root file changes.
public final class CaChannels implements CaClient.Channels {
    private final ControlServer ca;
    private final MultiThreadIoEventLoopGroup loop;
    private @Nullable ManagedChannel channel;
    private @Nullable FileTime rootsFrom;

    /// @param loop that carries the calls
    public CaChannels(ControlServer ca, MultiThreadIoEventLoopGroup loop) {
        this.ca = ca;
        this.loop = loop;
    }

    @Override
    public synchronized ManagedChannel channel() throws IOException {
        var now = ca.roots().version();
        var open = channel;
        if (open == null || !now.equals(rootsFrom)) {
            // The old one stays where the new roots can't be read.
            var next = GrpcTls.channel(ca, loop);
            if (open != null) {
                open.shutdown();
            }
            open = next;
            channel = open;
            rootsFrom = now;
        }
        return open;
    }
}
