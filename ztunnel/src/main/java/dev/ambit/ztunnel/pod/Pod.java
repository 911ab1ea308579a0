package dev.ambit.ztunnel.pod;

import dev.ambit.ztunnel.connections.ConnectionRegistry;
import dev.ambit.ztunnel.inpod.PodInfo;
import dev.ambit.ztunnel.inpod.PodSockets;

/// One pod that is being proxied, as its connections see it. Compared by identity: a pod that is
/// handed over anew is another one.
public final class Pod {
    private final PodInfo info;
    private final PodSockets sockets;
    private final ConnectionRegistry connections = new ConnectionRegistry();

    public Pod(PodInfo info, PodSockets sockets) {
        this.info = info;
        this.sockets = sockets;
    }

    public PodInfo info() {
        return info;
    }

    public PodSockets sockets() {
        return sockets;
    }

    public ConnectionRegistry connections() {
        return connections;
    }

    @Override
    public String toString() {
        return info.toString();
    }
}
