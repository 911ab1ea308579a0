package dev.ambit.ztunnel.dns;

import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import java.net.InetAddress;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// Makes the sockets of one pod. None is bound, connected or registered yet.
interface DnsSockets {
    /// @param listening whether it may share its address with a ztunnel that it takes over from
    CompletableFuture<EpollDatagramChannel> datagram(boolean ipv6, boolean listening);

    CompletableFuture<EpollServerSocketChannel> server(boolean ipv6);

    /// To connect towards `address`; calls back on `loop` with exactly one of the two.
    void stream(
            InetAddress address,
            EventLoop loop,
            BiConsumer<@Nullable EpollSocketChannel, @Nullable Throwable> taken);

    /// Whether ::1 is there.
    CompletableFuture<Boolean> hasIpv6Loopback();
}
