package dev.ambit.ztunnel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ambit.mesh.model.Workload;
import dev.ambit.mesh.xds.WdsEvents;
import dev.ambit.ztunnel.dns.DnsRefusal;
import dev.ambit.ztunnel.dns.DnsReporter;
import dev.ambit.ztunnel.inpod.ZdsClient;
import dev.ambit.ztunnel.telemetry.ConnectionDescription;
import dev.ambit.ztunnel.telemetry.ConnectionReporter;
import dev.ambit.ztunnel.telemetry.Direction;
import dev.ambit.ztunnel.telemetry.OpenConnection;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Clock;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/// The whole of it, for one pod: this process's own network namespace.
class ZtunnelTest implements ConnectionReporter, DnsReporter, WdsEvents {
    private final CountDownLatch ready = new CountDownLatch(1);

    @Override
    public OpenConnection opened(ConnectionDescription connection) {
        throw new AssertionError("nobody connects");
    }

    @Override
    public void earlyDeny(
            Direction direction,
            InetSocketAddress source,
            InetSocketAddress destination,
            String error) {}

    @Override
    public void resolvedOnDemand(Workload source, String hostname) {}

    @Override
    public void completed(Report report) {}

    @Override
    public void refused(DnsRefusal why) {}

    @Override
    public void received(String typeUrl, int bytes) {}

    @Override
    public void rejected(String typeUrl, String resource, String reason) {}

    @Override
    public void terminated(String reason, String detail) {}

    @Override
    public void ready() {
        ready.countDown();
    }

    private static int freePort() throws IOException {
        try (var probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return probe.getLocalPort();
        }
    }

    @Test
    void withoutTheProxy_dnsIsOpenAndNothingElse() throws Exception {
        int dns = freePort();
        var config =
                ZtunnelConfig.from(
                        Map.of(
                                "ENABLE_PROXY",
                                "false",
                                "PROXY_MODE",
                                "dedicated",
                                "PROXY_WORKLOAD_INFO",
                                "shop/web/web",
                                "XDS_ADDRESS",
                                "",
                                "CA_ROOT_CA",
                                "SYSTEM",
                                "ISTIO_META_DNS_PROXY_ADDR",
                                "127.0.0.1:" + dns));
        try (var timer = Executors.newSingleThreadScheduledExecutor();
                var ztunnel =
                        new Ztunnel(
                                config,
                                new Ztunnel.Surroundings(
                                        this,
                                        this,
                                        this,
                                        ZdsClient.Settling.NOBODY,
                                        Clock.systemUTC(),
                                        new SplittableRandom(1),
                                        timer,
                                        task -> Thread.ofVirtual().start(task)))) {
            ztunnel.start();

            assertThat(ready.await(10, TimeUnit.SECONDS)).as("a mesh of nothing is ready").isTrue();
            new Socket(InetAddress.getLoopbackAddress(), dns).close();
            for (int port : new int[] {15001, 15006, 15008, 15080}) {
                assertThatThrownBy(() -> new Socket(InetAddress.getLoopbackAddress(), port).close())
                        .as("port %d", port)
                        .isInstanceOf(ConnectException.class);
            }
            timer.shutdownNow();
        }
    }
}
