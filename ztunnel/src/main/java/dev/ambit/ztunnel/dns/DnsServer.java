package dev.ambit.ztunnel.dns;

import dev.ambit.process.AcceptRest;
import dev.ambit.process.log.FieldLog;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.timeout.IdleStateHandler;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// The sockets on which one pod's queries come in.
public final class DnsServer {
    static final FieldLog LOG = FieldLog.of(DnsServer.class);

    private final EventLoopGroup loops;
    private final DnsSockets sockets;
    private final DnsPod pod;
    private final Duration acceptPause;
    private final List<Channel> listeners = new ArrayList<>();
    private final AtomicInteger connections = new AtomicInteger();

    /// @param acceptPause see `AcceptRest`
    DnsServer(EventLoopGroup loops, DnsSockets sockets, DnsPod pod, Duration acceptPause) {
        this.acceptPause = acceptPause;
        this.loops = loops;
        this.sockets = sockets;
        this.pod = pod;
    }

    /// Opens all of them, or none. Blocks: not on a loop.
    ///
    /// @throws IOException naming the address that could not be bound
    void open(DnsSettings.Listen where) throws IOException {
        try {
            for (var address : addresses(where)) {
                var bound = tcp(address);
                // A port that was left to the system is the same for both.
                udp(new InetSocketAddress(address.getAddress(), bound.getPort()));
            }
        } catch (IOException failed) {
            close();
            throw failed;
        }
    }

    private List<InetSocketAddress> addresses(DnsSettings.Listen where) throws IOException {
        return switch (where) {
            case DnsSettings.Listen.At(var address) -> List.of(address);
            case DnsSettings.Listen.Localhost(int port) -> {
                var v4 = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port);
                var v6 = new InetSocketAddress(InetAddress.ofLiteral("::1"), port);
                boolean both = pod.router().ipv6() && await("loopback", sockets.hasIpv6Loopback());
                yield both ? List.of(v4, v6) : List.of(v4);
            }
        };
    }

    private InetSocketAddress tcp(InetSocketAddress address) throws IOException {
        boolean ipv6 = address.getAddress() instanceof Inet6Address;
        var server = await("tcp " + address, sockets.server(ipv6));
        var bound =
                new ServerBootstrap()
                        .group(loops)
                        .channelFactory(() -> server)
                        .handler(new AcceptRest(acceptPause))
                        .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                        .childOption(
                                ChannelOption.WRITE_BUFFER_WATER_MARK,
                                new WriteBufferWaterMark(
                                        pod.limits().tcpPendingBytes() / 2,
                                        pod.limits().tcpPendingBytes()))
                        .childHandler(new Accepting())
                        .bind(address);
        return (InetSocketAddress) bound("tcp", address, bound).localAddress();
    }

    private void udp(InetSocketAddress address) throws IOException {
        boolean ipv6 = address.getAddress() instanceof Inet6Address;
        var channel = await("udp " + address, sockets.datagram(ipv6, true));
        channel.config()
                .setOption(
                        ChannelOption.RECVBUF_ALLOCATOR,
                        new FixedRecvByteBufAllocator(pod.limits().messageBytes()));
        channel.pipeline().addLast(new UdpQueries(pod));
        loops.register(channel).awaitUninterruptibly();
        bound("udp", address, channel.bind(address));
    }

    private Channel bound(String protocol, InetSocketAddress address, ChannelFuture binding)
            throws IOException {
        binding.awaitUninterruptibly();
        if (!binding.isSuccess()) {
            binding.channel().close();
            throw new IOException(
                    "DNS listener on " + protocol + " " + address + ": " + binding.cause(),
                    binding.cause());
        }
        listeners.add(binding.channel());
        return binding.channel();
    }

    private static <T> T await(String what, CompletableFuture<T> made) throws IOException {
        try {
            return made.join();
        } catch (CompletionException failed) {
            throw new IOException("DNS " + what + ": " + failed.getCause(), failed.getCause());
        }
    }

    /// Where it listens, TCP and UDP alike.
    List<InetSocketAddress> addresses() {
        return listeners.stream()
                .map(channel -> (InetSocketAddress) channel.localAddress())
                .distinct()
                .toList();
    }

    /// Takes no more queries; those under way are answered over TCP.
    public void close() {
        listeners.forEach(Channel::close);
    }

    private final class Accepting extends ChannelInitializer<Channel> {
        @Override
        protected void initChannel(Channel channel) {
            boolean room = connections.incrementAndGet() <= pod.limits().tcpConnections();
            channel.closeFuture().addListener(_ -> connections.decrementAndGet());
            if (!room) {
                pod.reporter().refused(DnsRefusal.TOO_MANY_CONNECTIONS);
                channel.close();
                return;
            }
            long idle = pod.limits().tcpIdle().toMillis();
            channel.pipeline()
                    .addLast(new IdleStateHandler(0, 0, idle, TimeUnit.MILLISECONDS))
                    .addLast(DnsFrames.decoder(pod.limits()))
                    .addLast(
                            new ChannelInboundHandlerAdapter() {
                                @Override
                                public void handlerAdded(ChannelHandlerContext ctx) {
                                    TcpQueries.install(pod, ctx);
                                }
                            });
        }
    }
}
