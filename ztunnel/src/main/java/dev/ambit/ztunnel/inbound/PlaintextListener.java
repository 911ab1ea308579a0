package dev.ambit.ztunnel.inbound;

import dev.ambit.hbone.SocketDuplex;
import dev.ambit.ztunnel.inbound.InboundRouter.Arrival;
import dev.ambit.ztunnel.inpod.OriginalDestination;
import dev.ambit.ztunnel.pod.Pod;
import io.netty.channel.Channel;
import java.net.InetSocketAddress;

/// Port 15006 of a pod: plain connections from elsewhere are redirected here.
public final class PlaintextListener {
    private final Inbound inbound;
    private final Pod pod;

    public PlaintextListener(Inbound inbound, Pod pod) {
        this.inbound = inbound;
        this.pod = pod;
    }

    /// An accepted socket, on its loop, not reading yet.
    public void accepted(Channel channel) {
        var arrival =
                new Arrival(
                        (InetSocketAddress) channel.remoteAddress(),
                        OriginalDestination.of(channel),
                        pod.sockets().spoofable());
        var client = SocketDuplex.of(channel, inbound.limits());
        new PlaintextConnection(inbound, pod, client, arrival).start();
    }
}
