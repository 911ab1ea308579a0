package dev.ambit.ztunnel.dns;

import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.SocketProtocolFamily;
import java.net.InetAddress;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// Ordinary sockets of this namespace.
final class HereSockets implements DnsSockets {
    private static SocketProtocolFamily family(boolean ipv6) {
        return ipv6 ? SocketProtocolFamily.INET6 : SocketProtocolFamily.INET;
    }

    @Override
    public CompletableFuture<EpollDatagramChannel> datagram(boolean ipv6, boolean listening) {
        return CompletableFuture.completedFuture(new EpollDatagramChannel(family(ipv6)));
    }

    @Override
    public CompletableFuture<EpollServerSocketChannel> server(boolean ipv6) {
        return CompletableFuture.completedFuture(new EpollServerSocketChannel(family(ipv6)));
    }

    @Override
    public void stream(
            InetAddress address,
            EventLoop loop,
            BiConsumer<@Nullable EpollSocketChannel, @Nullable Throwable> taken) {
        taken.accept(new EpollSocketChannel(SocketProtocolFamily.INET), null);
    }

    @Override
    public CompletableFuture<Boolean> hasIpv6Loopback() {
        return CompletableFuture.completedFuture(false);
    }
}
