package dev.ambit.ztunnel.outbound;

import dev.ambit.hbone.SocketDuplex;
import dev.ambit.ztunnel.inpod.OriginalDestination;
import dev.ambit.ztunnel.pod.Pod;
import io.netty.channel.Channel;
import java.net.InetSocketAddress;

/// Port 15001 of a pod: what the pod's applications open is redirected here.
public final class OutboundListener {
    private final Outbound outbound;
    private final Pod pod;

    public OutboundListener(Outbound outbound, Pod pod) {
        this.outbound = outbound;
        this.pod = pod;
    }

    /// An accepted socket, on its loop, not reading yet.
    public void accepted(Channel channel) {
        var client = (InetSocketAddress) channel.remoteAddress();
        var dst = new OriginalDst(OriginalDestination.of(channel));
        var app = SocketDuplex.of(channel, outbound.limits);
        new OutboundConnection(outbound, pod, app, client, dst).start();
    }
}
