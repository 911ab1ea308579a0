package dev.ambit.ztunnel.pod;

import dev.ambit.hbone.HboneLimits;
import dev.ambit.hbone.SocketDuplex;
import dev.ambit.mesh.policy.Permit;
import dev.ambit.ztunnel.inpod.PodSockets;
import dev.ambit.ztunnel.telemetry.ConnectionReporter;
import dev.ambit.ztunnel.telemetry.Direction;
import dev.ambit.ztunnel.telemetry.Phase;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.util.NetUtil;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Connects a socket out of a pod's namespace.
public final class Dial {
    private final Duration timeout;
    private final HboneLimits limits;
    private final ConnectionReporter reporter;
    private final LongSupplier nanoTime;

    /// @param reporter told how long each connect took
    public Dial(
            Duration timeout,
            HboneLimits limits,
            ConnectionReporter reporter,
            LongSupplier nanoTime) {
        this.timeout = timeout;
        this.limits = limits;
        this.reporter = reporter;
        this.nanoTime = nanoTime;
    }

    /// What dialling came to.
    public sealed interface Dialled {
        record Connected(Channel channel) implements Dialled {}

        /// @param timedOut no answer at all, rather than a refusal
        record Failed(boolean timedOut, String text) implements Dialled {}
    }

    /// @param source whose address the connection shall come from; the pod's own if empty
    /// @param whenDone on `loop`; the channel is registered there and reads nothing yet
    public void dial(
            Pod pod,
            EventLoop loop,
            InetSocketAddress to,
            Optional<InetAddress> source,
            Consumer<Dialled> whenDone) {
        dial(pod, loop, to, source, Direction.OUTBOUND, whenDone);
    }

    private void dial(
            Pod pod,
            EventLoop loop,
            InetSocketAddress to,
            Optional<InetAddress> source,
            Direction direction,
            Consumer<Dialled> whenDone) {
        pod.sockets()
                .take(
                        to.getAddress(),
                        loop,
                        (channel, failed) -> {
                            if (channel == null) {
                                whenDone.accept(failed(to, failed));
                            } else {
                                connect(channel, loop, to, source, direction, whenDone);
                            }
                        });
    }

    /// Connects to an application on behalf of a peer. Only policy gives the permit, and the permit
    /// says where to.
    public void deliver(
            Permit permit,
            CallerAddress caller,
            Pod pod,
            EventLoop loop,
            Consumer<Dialled> whenDone) {
        var facts = permit.facts();
        switch (caller) {
            case CLIENT -> {
                var target = new InetSocketAddress(facts.destination(), facts.port());
                dial(pod, loop, target, Optional.of(facts.source()), Direction.INBOUND, whenDone);
            }
            case POD -> {
                var target = new InetSocketAddress(facts.destination(), facts.port());
                dial(pod, loop, target, Optional.empty(), Direction.INBOUND, whenDone);
            }
            case LOOPBACK -> {
                boolean v4 = facts.destination() instanceof Inet4Address;
                var loopback = v4 ? NetUtil.LOCALHOST4 : NetUtil.LOCALHOST6;
                var target = new InetSocketAddress(loopback, facts.port());
                // To loopback the kernel connects from loopback.
                dial(pod, loop, target, Optional.empty(), Direction.INBOUND, whenDone);
            }
        }
    }

    private void connect(
            EpollSocketChannel channel,
            EventLoop loop,
            InetSocketAddress to,
            Optional<InetAddress> source,
            Direction direction,
            Consumer<Dialled> whenDone) {
        SocketDuplex.prepare(channel, limits);
        channel.config().setOption(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) timeout.toMillis());
        boolean spoofed = source.isPresent() && !source.get().equals(to.getAddress());
        if (spoofed) {
            try {
                PodSockets.spoofSource(channel, source.get());
            } catch (ChannelException refused) {
                // From the pod's own address the application would take the peer for another.
                channel.unsafe().closeForcibly();
                whenDone.accept(
                        new Dialled.Failed(
                                false,
                                "connect from "
                                        + source.get().getHostAddress()
                                        + " to "
                                        + to
                                        + ": "
                                        + refused.getCause()));
                return;
            }
        }
        ChannelFuture registered = loop.register(channel);
        var local = spoofed ? new InetSocketAddress(source.get(), 0) : null;
        registered.addListener(ready -> {
            if (!ready.isSuccess()) {
                whenDone.accept(failed(to, ready.cause()));
                return;
            }
            long startedAt = nanoTime.getAsLong();
            var connecting = local == null ? channel.connect(to) : channel.connect(to, local);
            connecting.addListener(done -> {
                if (done.isSuccess()) {
                    reporter.took(Phase.TCP_CONNECT, direction, nanoTime.getAsLong() - startedAt);
                    whenDone.accept(new Dialled.Connected(channel));
                } else {
                    channel.close();
                    whenDone.accept(failed(to, done.cause()));
                }
            });
        });
    }

    private static Dialled failed(InetSocketAddress to, @Nullable Throwable cause) {
        if (cause instanceof ConnectTimeoutException) {
            return new Dialled.Failed(true, "deadline has elapsed: " + to + " does not answer");
        }
        return new Dialled.Failed(false, String.valueOf(cause == null ? "" : cause.getMessage()));
    }
}
