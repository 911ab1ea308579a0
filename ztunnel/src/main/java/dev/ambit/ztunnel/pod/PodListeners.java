package dev.ambit.ztunnel.pod;

import dev.ambit.hbone.HboneLimits;
import dev.ambit.hbone.ResetReason;
import dev.ambit.hbone.SocketDuplex;
import dev.ambit.linux.NamespaceThread;
import dev.ambit.linux.NetworkNamespace;
import dev.ambit.process.AcceptRest;
import dev.ambit.ztunnel.ZtunnelConfig;
import dev.ambit.ztunnel.ZtunnelLimits;
import dev.ambit.ztunnel.connections.CutReason;
import dev.ambit.ztunnel.dns.DnsProxy;
import dev.ambit.ztunnel.dns.DnsServer;
import dev.ambit.ztunnel.dns.PodNames;
import dev.ambit.ztunnel.inbound.Inbound;
import dev.ambit.ztunnel.inbound.InboundListener;
import dev.ambit.ztunnel.inbound.PlaintextListener;
import dev.ambit.ztunnel.inpod.PodInfo;
import dev.ambit.ztunnel.inpod.PodRuntimeFactory;
import dev.ambit.ztunnel.inpod.PodSockets;
import dev.ambit.ztunnel.inpod.SourceAddress;
import dev.ambit.ztunnel.outbound.Outbound;
import dev.ambit.ztunnel.outbound.OutboundListener;
import dev.ambit.ztunnel.socks.SocksLimits;
import dev.ambit.ztunnel.socks.SocksListener;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.util.NetUtil;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/// Opens the listeners of each pod, and closes them.
public final class PodListeners implements PodRuntimeFactory {
    public static final int OUTBOUND = 15001;
    public static final int PLAINTEXT = 15006;
    public static final int HBONE = 15008;

    /// On loopback, where `UNSTABLE_ENABLE_SOCKS5` asks for it.
    public static final int SOCKS = 15080;

    private final EventLoopGroup loops;
    private final NamespaceThread namespaces;
    private final ZtunnelConfig config;
    private final ZtunnelLimits limits;
    private final HboneLimits hboneLimits;
    private final Outbound outbound;
    private final Inbound inbound;
    private final DnsProxy dns;
    private final Set<Runtime> runtimes = ConcurrentHashMap.newKeySet();

    public PodListeners(
            EventLoopGroup loops,
            NamespaceThread namespaces,
            ZtunnelConfig config,
            ZtunnelLimits limits,
            HboneLimits hboneLimits,
            Outbound outbound,
            Inbound inbound,
            DnsProxy dns) {
        this.loops = loops;
        this.namespaces = namespaces;
        this.config = config;
        this.limits = limits;
        this.hboneLimits = hboneLimits;
        this.outbound = outbound;
        this.inbound = inbound;
        this.dns = dns;
    }

    @Override
    public PodRuntime start(PodInfo info, NetworkNamespace namespace) throws IOException {
        var sockets =
                new PodSockets(
                        namespaces,
                        namespace,
                        config.packetMark(),
                        config.inbound().source(),
                        config.sockets());
        var pod = new Pod(info, sockets);
        var runtime = new Runtime(pod, new InboundListener(inbound, pod));
        try {
            var names = dns.start(pod, namespace);
            runtime.dns = names.server();
            if (config.proxy()) {
                runtime.listen(names.names());
            }
        } catch (IOException failed) {
            runtime.stop();
            throw failed;
        }
        runtimes.add(runtime);
        return runtime;
    }

    /// Takes HBONE for this process's own pod, in its own namespace, and nothing else of it. Its
    /// ports see this process as their client, never a stranger.
    public PodRuntime startSelf(PodInfo info, NetworkNamespace own) throws IOException {
        var pod =
                new Pod(
                        info,
                        new PodSockets(namespaces, own, 0, SourceAddress.OWN, config.sockets()));
        var runtime = new Runtime(pod, new InboundListener(inbound, pod));
        try {
            runtime.listen(HBONE, runtime.inboundListener::accepted);
        } catch (IOException failed) {
            runtime.stop();
            throw failed;
        }
        runtimes.add(runtime);
        return runtime;
    }

    public List<Pod> pods() {
        return runtimes.stream().map(runtime -> runtime.pod).toList();
    }

    /// Stops accepting everywhere and says goodbye to peers; what is under way goes on.
    public void drain() {
        runtimes.forEach(Runtime::drain);
    }

    public void cutAll(CutReason reason) {
        runtimes.forEach(runtime -> runtime.pod.connections().cutAll(reason));
    }

    /// Cuts what depends on a revoked certificate of a peer: first the connections, which then say
    /// why, then the tunnels that carried them.
    ///
    /// @param told for each tunnel, on its loop
    public void cutRevoked(Runnable told) {
        runtimes.forEach(runtime -> {
            runtime.pod.connections().cutRevoked();
            runtime.inboundListener.cutRevoked(told);
        });
    }

    public int openConnections() {
        return runtimes.stream().mapToInt(runtime -> runtime.pod.connections().size()).sum();
    }

    private final class Runtime implements PodRuntime {
        private final Pod pod;
        private final InboundListener inboundListener;
        private final List<Channel> listeners = new ArrayList<>();
        private Optional<DnsServer> dns = Optional.empty();

        Runtime(Pod pod, InboundListener inboundListener) {
            this.pod = pod;
            this.inboundListener = inboundListener;
        }

        /// All ports of a pod whose connections are carried.
        void listen(PodNames names) throws IOException {
            // The last to open is what the redirection sends applications to first.
            listen(HBONE, inboundListener::accepted);
            listen(PLAINTEXT, new PlaintextListener(inbound, pod)::accepted);
            listen(OUTBOUND, new OutboundListener(outbound, pod)::accepted);
            if (config.socks5()) {
                var socks = new SocksListener(outbound, pod, names, SocksLimits.defaults());
                listen(new InetSocketAddress(NetUtil.LOCALHOST4, SOCKS), socks::accepted);
            }
        }

        void listen(int port, Consumer<Channel> accepted) throws IOException {
            listen(new InetSocketAddress(config.ipv6() ? "::" : "0.0.0.0", port), accepted);
        }

        void listen(InetSocketAddress address, Consumer<Channel> accepted) throws IOException {
            boolean ipv6 = address.getAddress() instanceof Inet6Address;
            try {
                var server =
                        pod.sockets()
                                .server(ipv6, config.reusePort(), limits.listenBacklog())
                                .get(limits.podStart().toMillis(), TimeUnit.MILLISECONDS);
                listeners.add(bind(server, address, accepted));
            } catch (ExecutionException failed) {
                throw new IOException(
                        "listener on port "
                                + address.getPort()
                                + " of "
                                + pod
                                + ": "
                                + failed.getCause(),
                        failed.getCause());
            } catch (TimeoutException slow) {
                throw tooSlow(address.getPort());
            } catch (InterruptedException stopping) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while " + pod + " was started", stopping);
            }
        }

        private Channel bind(
                EpollServerSocketChannel server,
                InetSocketAddress address,
                Consumer<Channel> accepted)
                throws IOException {
            var bound =
                    new ServerBootstrap()
                            .group(loops)
                            .channelFactory(() -> server)
                            .handler(new AcceptRest(limits.acceptPause()))
                            .childHandler(new Accepting(accepted))
                            .bind(address);
            if (!bound.awaitUninterruptibly(limits.podStart().toMillis())) {
                bound.channel().close();
                throw tooSlow(address.getPort());
            }
            if (!bound.isSuccess()) {
                throw new IOException(
                        "port " + address.getPort() + " of " + pod + ": " + bound.cause(),
                        bound.cause());
            }
            return bound.channel();
        }

        private IOException tooSlow(int port) {
            return new IOException(
                    "port "
                            + port
                            + " of "
                            + pod
                            + " is not open after "
                            + limits.podStart().toMillis()
                            + " ms");
        }

        void drain() {
            listeners.forEach(Channel::close);
            dns.ifPresent(DnsServer::close);
            inboundListener.drain();
        }

        @Override
        public void stop() {
            runtimes.remove(this);
            drain();
            pod.connections().cutAll(new CutReason.PodRemoved());
            outbound.forget(
                    pod, new ResetReason(ResetReason.Kind.LOCAL, "pod " + pod + " is gone"));
            pod.sockets().close();
        }
    }

    /// Prepares an accepted socket before it can read, and hands it on once it is active.
    private final class Accepting extends ChannelInitializer<Channel> {
        private final Consumer<Channel> accepted;

        Accepting(Consumer<Channel> accepted) {
            this.accepted = accepted;
        }

        @Override
        protected void initChannel(Channel channel) {
            SocketDuplex.prepare(channel, hboneLimits);
            channel.pipeline()
                    .addLast(
                            new ChannelInboundHandlerAdapter() {
                                @Override
                                public void channelActive(ChannelHandlerContext ctx) {
                                    ctx.pipeline().remove(this);
                                    accepted.accept(ctx.channel());
                                }
                            });
        }
    }
}
