package dev.ambit.ztunnel.dns;

import dev.ambit.ztunnel.inpod.PodSockets;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import java.net.InetAddress;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// Sockets inside a pod's network namespace, with the mark by which the redirection rules know
/// ztunnel's own traffic.
record PodDnsSockets(PodSockets sockets, boolean reusePort, int backlog) implements DnsSockets {
    @Override
    public CompletableFuture<EpollDatagramChannel> datagram(boolean ipv6, boolean listening) {
        return sockets.datagram(ipv6, listening && reusePort);
    }

    @Override
    public CompletableFuture<EpollServerSocketChannel> server(boolean ipv6) {
        return sockets.server(ipv6, reusePort, backlog);
    }

    @Override
    public void stream(
            InetAddress address,
            EventLoop loop,
            BiConsumer<@Nullable EpollSocketChannel, @Nullable Throwable> taken) {
        sockets.take(address, loop, taken);
    }

    @Override
    public CompletableFuture<Boolean> hasIpv6Loopback() {
        return sockets.hasIpv6Loopback();
    }
}
