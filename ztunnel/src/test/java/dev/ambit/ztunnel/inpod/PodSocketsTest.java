package dev.ambit.ztunnel.inpod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.ambit.hbone.HboneLimits;
import dev.ambit.linux.NamespaceThread;
import dev.ambit.linux.NetworkNamespace;
import dev.ambit.mesh.model.Workload;
import dev.ambit.ztunnel.SteadyLoops;
import dev.ambit.ztunnel.ZtunnelConfig.SocketSettings;
import dev.ambit.ztunnel.pod.Dial;
import dev.ambit.ztunnel.pod.Pod;
import dev.ambit.ztunnel.telemetry.ConnectionDescription;
import dev.ambit.ztunnel.telemetry.ConnectionReporter;
import dev.ambit.ztunnel.telemetry.Direction;
import dev.ambit.ztunnel.telemetry.OpenConnection;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.unix.IntegerUnixChannelOption;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// In this process's own namespace.
class PodSocketsTest {
    private static final int MARK = 1337;
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
    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    private final SteadyLoops loops = new SteadyLoops();
    private NamespaceThread thread;
    private NetworkNamespace here;

    @BeforeEach
    void enter() throws Exception {
        thread = new NamespaceThread("namespaces");
        here = NetworkNamespace.current();
        var sockets = sockets(SocketSettings.DEFAULT);
        try {
            sockets.server(false, false, 1).get().unsafe().closeForcibly();
        } catch (ExecutionException refused) {
            assumeTrue(false, "needs CAP_NET_ADMIN: " + refused.getCause());
        }
        assumeTrue(sockets.spoofable(), "needs CAP_NET_ADMIN");
    }

    @AfterEach
    void leave() {
        loops.close();
        thread.close();
        here.close();
    }

    private PodSockets sockets(SocketSettings settings) {
        return new PodSockets(thread, here, MARK, SourceAddress.BEST_EFFORT, settings);
    }

    private EpollSocketChannel taken(PodSockets sockets) throws Exception {
        var taken = new CompletableFuture<EpollSocketChannel>();
        EventLoop loop = loops.next();
        loop.execute(() ->
                sockets.take(
                        LOOPBACK,
                        loop,
                        (channel, failed) -> {
                            if (channel != null) {
                                taken.complete(channel);
                            } else {
                                taken.completeExceptionally(Objects.requireNonNull(failed));
                            }
                        }));
        return taken.get(5, TimeUnit.SECONDS);
    }

    private static void assertKeptAlive(Channel channel, SocketSettings settings) {
        var config = channel.config();
        assertThat(config.getOption(SO_KEEPALIVE)).isEqualTo(1);
        assertThat(config.getOption(TCP_KEEPIDLE))
                .isEqualTo((int) settings.keepaliveTime().toSeconds());
        assertThat(config.getOption(TCP_KEEPINTVL))
                .isEqualTo((int) settings.keepaliveInterval().toSeconds());
        assertThat(config.getOption(TCP_KEEPCNT)).isEqualTo(settings.keepaliveRetries());
    }

    /// What the listener has, the kernel gives to what it accepts: on 15008 too.
    @Test
    void listener_isMarked_keptAlive_andShared() throws Exception {
        var sockets = sockets(SocketSettings.DEFAULT);

        var server = sockets.server(true, true, 1024).get();

        try {
            assertThat(server.config().getOption(SO_MARK)).isEqualTo(MARK);
            assertThat(server.config().isReusePort()).isTrue();
            assertThat(server.config().getBacklog()).isEqualTo(1024);
            assertKeptAlive(server, SocketSettings.DEFAULT);
            assertThat(sockets.spoofable()).isTrue();
        } finally {
            server.unsafe().closeForcibly();
            sockets.close();
        }
    }

    @Test
    void listenerWithoutPortReuse_isNotShared() throws Exception {
        var sockets = sockets(SocketSettings.DEFAULT);

        var server = sockets.server(false, false, 128).get();

        assertThat(server.config().isReusePort()).isFalse();
        server.unsafe().closeForcibly();
        sockets.close();
    }

    @Test
    void outgoingSocket_isMarkedAndKeptAlive_asTheSettingsSay() throws Exception {
        var settings =
                new SocketSettings(true, Duration.ofSeconds(7), Duration.ofSeconds(8), 3, true);
        var sockets = sockets(settings);

        var channel = taken(sockets);

        assertThat(channel.config().getOption(SO_MARK)).isEqualTo(MARK);
        assertThat(channel.config().isTcpNoDelay()).isTrue();
        assertKeptAlive(channel, settings);
        assertThat(channel.config().getOption(TCP_USER_TIMEOUT)).isEqualTo((7 + 3 * 8) * 1_000);
        channel.unsafe().closeForcibly();
        sockets.close();
    }

    @Test
    void keepaliveTurnedOff_isOff() throws Exception {
        var usual = SocketSettings.DEFAULT;
        var sockets =
                sockets(
                        new SocketSettings(
                                false,
                                usual.keepaliveTime(),
                                usual.keepaliveInterval(),
                                usual.keepaliveRetries(),
                                false));

        var channel = taken(sockets);

        assertThat(channel.config().getOption(SO_KEEPALIVE)).isZero();
        channel.unsafe().closeForcibly();
        sockets.close();
    }

    /// Whoever it is dialled for must be seen by the application, or nobody.
    @Test
    void sourceThatTheKernelRefuses_failsTheConnection_insteadOfAnotherSource() throws Exception {
        var sockets = sockets(SocketSettings.DEFAULT);
        var pod = new Pod(new PodInfo("uid", "web", "shop", "web"), sockets);
        var dial =
                new Dial(
                        Duration.ofSeconds(5),
                        HboneLimits.defaults(),
                        new Silent(),
                        System::nanoTime);
        var result = new CompletableFuture<Dial.Dialled>();
        EventLoop loop = loops.next();
        try (var server = new ServerSocket(0, 5, LOOPBACK)) {
            loop.execute(() ->
                    dial.dial(
                            pod,
                            loop,
                            new InetSocketAddress(LOOPBACK, server.getLocalPort()),
                            Optional.of(InetAddress.ofLiteral("2001:db8::1")),
                            result::complete));

            assertThat(result.get(5, TimeUnit.SECONDS))
                    .isInstanceOfSatisfying(
                            Dial.Dialled.Failed.class,
                            failed ->
                                    assertThat(failed.text())
                                            .contains("connect from 2001:db8:0:0:0:0:0:1 to"));
        } finally {
            sockets.close();
        }
    }

    private static final class Silent implements ConnectionReporter {
        @Override
        public OpenConnection opened(ConnectionDescription connection) {
            throw new AssertionError("a dial is no connection");
        }

        @Override
        public void earlyDeny(
                Direction direction,
                InetSocketAddress source,
                InetSocketAddress destination,
                String error) {}

        @Override
        public void resolvedOnDemand(Workload source, String hostname) {}
    }
}
