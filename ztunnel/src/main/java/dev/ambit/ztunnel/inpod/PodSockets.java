package dev.ambit.ztunnel.inpod;

import dev.ambit.linux.NamespaceThread;
import dev.ambit.linux.NetworkNamespace;
import dev.ambit.process.log.FieldLog;
import dev.ambit.ztunnel.ZtunnelConfig.SocketSettings;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.channel.unix.IntegerUnixChannelOption;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// Makes sockets inside one pod's network namespace.
///
/// Only the `socket` call has to happen in there. So a small stock of unconnected sockets is made
/// ahead of need by the namespace thread, and an event loop that connects takes one without
/// waiting; only when the stock is empty does it wait for the thread, by callback.
public final class PodSockets {
    /// Sockets made ahead, per pod and address family: at first, and at most for a pod that has
    /// used them up. Each visit to the namespace costs a wake-up of the thread that goes there.
    static final int LEAST_STOCK = 8;

    static final int MOST_STOCK = 64;

    private static final FieldLog LOG = FieldLog.of(PodSockets.class);
    private static final IntegerUnixChannelOption SO_MARK =
            new IntegerUnixChannelOption("SO_MARK", 1, 36);
    private static final IntegerUnixChannelOption SO_KEEPALIVE =
            new IntegerUnixChannelOption("SO_KEEPALIVE", 1, 9);
    private static final IntegerUnixChannelOption TCP_KEEPIDLE =
            new IntegerUnixChannelOption("TCP_KEEPIDLE", 6, 4);
    private static final IntegerUnixChannelOption TCP_KEEPINTVL =
            new IntegerUnixChannelOption("TCP_KEEPINTVL", 6, 5);
    private static final IntegerUnixChannelOption TCP_KEEPCNT =
            new IntegerUnixChannelOption("TCP_KEEPCNT", 6, 6);
    private static final IntegerUnixChannelOption TCP_USER_TIMEOUT =
            new IntegerUnixChannelOption("TCP_USER_TIMEOUT", 6, 18);
    private static final IntegerUnixChannelOption IP_BIND_ADDRESS_NO_PORT =
            new IntegerUnixChannelOption("IP_BIND_ADDRESS_NO_PORT", 0, 24);
    private static final IntegerUnixChannelOption IPV6_TRANSPARENT =
            new IntegerUnixChannelOption("IPV6_TRANSPARENT", 41, 75);
    private static final IntegerUnixChannelOption IPV6_FREEBIND =
            new IntegerUnixChannelOption("IPV6_FREEBIND", 41, 78);
    private static final Path LO_DISABLE_IPV6 = Path.of("/proc/sys/net/ipv6/conf/lo/disable_ipv6");

    private final NamespaceThread thread;
    private final NetworkNamespace namespace;
    private final int mark;
    private final SocketSettings settings;
    private final Stock v4 = new Stock(SocketProtocolFamily.INET);
    private final Stock v6 = new Stock(SocketProtocolFamily.INET6);
    private final SourceAddress source;
    private volatile boolean closed;

    /// What the kernel said when the first listener asked for it.
    private volatile boolean spoofable;

    /// With the client's address where it can be had.
    ///
    /// @param mark SO_MARK of every socket, by which the redirection rules let it pass; 0: none
    public PodSockets(NamespaceThread thread, NetworkNamespace namespace, int mark) {
        this(thread, namespace, mark, SourceAddress.BEST_EFFORT, SocketSettings.DEFAULT);
    }

    public PodSockets(
            NamespaceThread thread,
            NetworkNamespace namespace,
            int mark,
            SourceAddress source,
            SocketSettings settings) {
        this.thread = thread;
        this.namespace = namespace;
        this.mark = mark;
        this.source = source;
        this.settings = settings;
    }

    /// Whether sockets of this pod may connect from an address that is not the pod's. Known once
    /// the first listener is there. From then on a socket that can't is a failure, never a silent
    /// connection from another address.
    public boolean spoofable() {
        return spoofable;
    }

    /// A socket to connect towards `address`. Calls back on `loop`, perhaps at once; the channel is
    /// not registered yet.
    ///
    /// @param taken exactly one of channel and failure is there
    public void take(
            InetAddress address,
            EventLoop loop,
            BiConsumer<@Nullable EpollSocketChannel, @Nullable Throwable> taken) {
        (address instanceof Inet4Address ? v4 : v6).take(loop, taken);
    }

    /// A server socket; not bound, not registered.
    public CompletableFuture<EpollServerSocketChannel> server(
            boolean ipv6, boolean reusePort, int backlog) {
        var family = ipv6 ? SocketProtocolFamily.INET6 : SocketProtocolFamily.INET;
        return thread.call(
                namespace,
                () -> {
                    var channel = new EpollServerSocketChannel(family);
                    var config = channel.config();
                    config.setBacklog(backlog);
                    config.setReuseAddress(true);
                    if (reusePort) {
                        config.setReusePort(true);
                    }
                    spoofable = makeTransparent(channel);
                    keepAlive(channel, settings);
                    applyMark(channel);
                    return channel;
                });
    }

    private boolean makeTransparent(EpollServerSocketChannel channel) {
        if (source == SourceAddress.OWN) {
            return false;
        }
        try {
            channel.config().setOption(EpollChannelOption.IP_TRANSPARENT, true);
            return true;
        } catch (ChannelException refused) {
            var text =
                    "IP_TRANSPARENT: "
                            + refused.getCause()
                            + " (expected: CAP_NET_ADMIN, for applications to see their clients'"
                            + " addresses)";
            if (source == SourceAddress.REQUIRED) {
                channel.unsafe().closeForcibly();
                throw new ChannelException(text, refused);
            }
            LOG.warn(text);
            return false;
        }
    }

    /// A datagram socket; not bound, not registered.
    public CompletableFuture<EpollDatagramChannel> datagram(boolean ipv6, boolean reusePort) {
        var family = ipv6 ? SocketProtocolFamily.INET6 : SocketProtocolFamily.INET;
        return thread.call(
                namespace,
                () -> {
                    var channel = new EpollDatagramChannel(family);
                    if (reusePort) {
                        channel.config().setReusePort(true);
                    }
                    applyMark(channel);
                    return channel;
                });
    }

    /// Whether the pod has ::1. It is taken to have it where that can't be read.
    public CompletableFuture<Boolean> hasIpv6Loopback() {
        // The files of /proc/sys/net are those of the namespace of the thread that opens them.
        return thread.call(
                namespace,
                () ->
                        !Files.exists(LO_DISABLE_IPV6)
                                || !Files.readString(LO_DISABLE_IPV6).strip().equals("1"));
    }

    /// Makes `channel` connect from the client's address instead of the pod's, so that the
    /// application sees who called. The port is chosen when it connects.
    public static void spoofSource(EpollSocketChannel channel, InetAddress source) {
        if (source instanceof Inet4Address) {
            channel.config().setOption(EpollChannelOption.IP_TRANSPARENT, true);
            channel.config().setOption(EpollChannelOption.IP_FREEBIND, true);
        } else {
            channel.config().setOption(IPV6_TRANSPARENT, 1);
            channel.config().setOption(IPV6_FREEBIND, 1);
        }
        channel.config().setOption(IP_BIND_ADDRESS_NO_PORT, 1);
    }

    /// Closes what is in stock; what was taken belongs to its taker.
    public void close() {
        closed = true;
        v4.drain();
        v6.drain();
    }

    private void applyMark(Channel channel) {
        if (mark != 0) {
            channel.config().setOption(SO_MARK, mark);
        }
    }

    private EpollSocketChannel create(SocketProtocolFamily family) {
        var channel = new EpollSocketChannel(family);
        channel.config().setTcpNoDelay(true);
        keepAlive(channel, settings);
        applyMark(channel);
        return channel;
    }

    /// Applications' own probes end at this process, so it makes its own. A listener hands these
    /// settings on to what it accepts.
    private static void keepAlive(Channel channel, SocketSettings settings) {
        var config = channel.config();
        if (settings.keepalive()) {
            config.setOption(SO_KEEPALIVE, 1);
            config.setOption(TCP_KEEPIDLE, (int) settings.keepaliveTime().toSeconds());
            config.setOption(TCP_KEEPINTVL, (int) settings.keepaliveInterval().toSeconds());
            config.setOption(TCP_KEEPCNT, settings.keepaliveRetries());
        }
        if (settings.userTimeout()) {
            long millis = settings.userTimeoutAfter().toMillis();
            config.setOption(TCP_USER_TIMEOUT, (int) Math.min(Integer.MAX_VALUE, millis));
        }
    }

    private static void discard(EpollSocketChannel channel) {
        channel.unsafe().closeForcibly();
    }

    private final class Stock {
        private final SocketProtocolFamily family;
        private final ConcurrentLinkedQueue<EpollSocketChannel> ready =
                new ConcurrentLinkedQueue<>();
        private final AtomicInteger present = new AtomicInteger();
        private final AtomicInteger refilling = new AtomicInteger();
        private volatile int wanted = LEAST_STOCK;

        Stock(SocketProtocolFamily family) {
            this.family = family;
        }

        void take(
                EventLoop loop,
                BiConsumer<@Nullable EpollSocketChannel, @Nullable Throwable> taken) {
            var channel = ready.poll();
            if (channel != null) {
                if (present.decrementAndGet() <= wanted / 2) {
                    refill();
                }
                taken.accept(channel, null);
                return;
            }
            wanted = Math.min(MOST_STOCK, wanted * 2);
            thread.call(namespace, () -> create(family))
                    .whenComplete((made, failed) -> loop.execute(() -> taken.accept(made, failed)));
            refill();
        }

        private void refill() {
            if (closed || !refilling.compareAndSet(0, 1)) {
                return;
            }
            thread.call(
                            namespace,
                            () -> {
                                while (!closed && present.get() < wanted) {
                                    ready.add(create(family));
                                    present.incrementAndGet();
                                }
                                return true;
                            })
                    .whenComplete((_, _) -> {
                        refilling.set(0);
                        if (closed) {
                            drain();
                        }
                    });
        }

        void drain() {
            EpollSocketChannel channel;
            while ((channel = ready.poll()) != null) {
                present.decrementAndGet();
                discard(channel);
            }
        }
    }
}
