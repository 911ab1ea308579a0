package dev.ambit.hbone;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import java.io.File;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Our server against nghttp2's own clients, an implementation that knows nothing of Netty. They
/// are no tunnel ends, so a path says what the server does with a request: `/echo` gets its bytes
/// back, `/bytes` gets 100,000, everything else is refused with 405.
@Timeout(120)
class Nghttp2ContractTest {
    private static final int LONG = 100_000;

    @TempDir Path directory;

    private final Queue<String> peers = new ConcurrentLinkedQueue<>();
    private final Queue<HboneFault> faults = new ConcurrentLinkedQueue<>();
    private EventLoopGroup group;
    private final List<Channel> listening = new ArrayList<>();

    @BeforeEach
    void start() {
        group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    }

    @AfterEach
    void stop() throws InterruptedException {
        for (var channel : listening) {
            channel.close().sync();
        }
        group.shutdownGracefully(50, 5_000, TimeUnit.MILLISECONDS).sync();
    }

    private void serve(TunnelTls<String> tls, Reaction reaction) throws InterruptedException {
        var bound =
                new ServerBootstrap()
                        .group(group)
                        .channel(EpollServerSocketChannel.class)
                        .childHandler(
                                new ChannelInitializer<Channel>() {
                                    @Override
                                    protected void initChannel(Channel channel) {
                                        SocketDuplex.prepare(channel, HboneLimits.defaults());
                                        channel.pipeline()
                                                .addLast(
                                                        new TunnelContractTest.Starter(
                                                                ch -> accept(ch, tls, reaction)));
                                    }
                                })
                        .bind(InetAddress.getLoopbackAddress(), 0)
                        .sync()
                        .channel();
        listening.add(bound);
    }

    private void accept(Channel channel, TunnelTls<String> tls, Reaction reaction) {
        HboneServer.accept(
                channel,
                tls,
                HboneLimits.defaults(),
                new HboneServer.Events<>() {
                    @Override
                    public void onConnect(IncomingConnect<String> connect) {
                        peers.add(connect.peer());
                        reaction.to(connect);
                    }

                    @Override
                    public void onFault(HboneFault fault) {
                        faults.add(fault);
                    }

                    @Override
                    public void onClosed() {}
                });
    }

    interface Reaction {
        void to(IncomingConnect<String> connect);
    }

    private static void refuse(IncomingConnect<String> connect) {
        connect.refuse(405);
    }

    private static void giveBytes(IncomingConnect<String> connect) {
        var stream = connect.accept(ConnectReply.status(200));
        stream.attach(new CollectingInlet());
        stream.write(Unpooled.buffer().writeZero(LONG));
        stream.endOutput();
    }

    private static void echo(IncomingConnect<String> connect) {
        var stream = connect.accept(ConnectReply.status(200));
        stream.attach(
                new Duplex.Inlet() {
                    @Override
                    public void onBytes(ByteBuf bytes) {
                        stream.write(bytes);
                    }

                    @Override
                    public void onBurstEnd() {
                        stream.flush();
                    }

                    @Override
                    public void onEnd() {
                        stream.endOutput();
                    }

                    @Override
                    public void onReset(ResetReason reason) {}

                    @Override
                    public void onTaken(int bytes) {
                        stream.grant(bytes);
                    }
                });
    }

    /// What a program said, and how it ended.
    private record Run(int code, String out) {}

    private static Run run(List<String> command) throws Exception {
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try {
            process.getOutputStream().close();
            var out = new String(process.getInputStream().readAllBytes(), UTF_8);
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            return new Run(process.exitValue(), out);
        } finally {
            process.destroyForcibly();
        }
    }

    private static void assumeProgram(String name) {
        boolean found = false;
        for (var folder : System.getenv("PATH").split(File.pathSeparator, -1)) {
            found |= Files.isExecutable(Path.of(folder, name));
        }
        assumeTrue(found, name + " is not installed (package nghttp2-client)");
    }

    private String url() {
        var address = (InetSocketAddress) listening.getFirst().localAddress();
        return "https://127.0.0.1:" + address.getPort() + "/";
    }

    private Run nghttp(String name, String... options) throws Exception {
        assumeProgram("nghttp");
        var own = TestTls.issue(name);
        var certificate = directory.resolve(name + "-cert.pem");
        var key = directory.resolve(name + "-key.pem");
        Files.writeString(certificate, own.getCertificatePathPEM());
        Files.writeString(key, own.getPrivateKeyPEM());
        var command = new ArrayList<>(List.of("nghttp", "-y", "-t", "20"));
        command.addAll(List.of("--cert=" + certificate, "--key=" + key));
        command.addAll(List.of(options));
        command.add(url());
        return run(command);
    }

    private String file(int bytes) throws Exception {
        var file = directory.resolve("data");
        Files.writeString(file, "0123456789".repeat(bytes / 10));
        return file.toString();
    }

    private static int count(String text, String what) {
        return text.split(java.util.regex.Pattern.quote(what), -1).length - 1;
    }

    @Test
    void get_isRefusedWithItsStatus_overMutualTlsAndH2() throws Exception {
        serve(TestTls.server("server", "client"), Nghttp2ContractTest::refuse);

        var run = nghttp("client", "-v");

        assertThat(run.code()).isZero();
        assertThat(run.out())
                .contains("The negotiated protocol: h2", ":status: 405")
                .contains("SETTINGS_MAX_CONCURRENT_STREAMS(0x03):200")
                .contains("recv SETTINGS frame <length=0, flags=0x01");
        assertThat(peers).containsExactly("client");
        assertThat(faults).isEmpty();
    }

    @Test
    void uploadThatIsRefusedBeforeItsEnd_costsThatStreamOnly() throws Exception {
        serve(TestTls.server("server", "client"), Nghttp2ContractTest::refuse);

        var run = nghttp("client", "-v", "-d", file(20_000_000), "-m", "3");

        assertThat(count(run.out(), ":status: 405")).isEqualTo(3);
        assertThat(run.out()).contains("error_code=NO_ERROR");
        assertThat(faults).isEmpty();
    }

    @Test
    void bytesAreEchoed_wholeAndInOrder_paddedAndInSmallWindows() throws Exception {
        serve(TestTls.server("server", "client"), Nghttp2ContractTest::echo);
        var data = file(1_000_000);

        for (var options :
                List.of(
                        new String[] {"-d", data},
                        new String[] {"-d", data, "-b", "255"},
                        new String[] {"-d", data, "-w", "10", "-W", "12"},
                        new String[] {"-d", data, "--continuation"})) {
            var run = nghttp("client", options);

            assertThat(run.out())
                    .as(List.of(options).toString())
                    .isEqualTo(Files.readString(Path.of(data)));
        }
        assertThat(faults).isEmpty();
    }

    @Test
    void connect_isHandedOverAsOne() throws Exception {
        var methods = new ConcurrentLinkedQueue<String>();
        serve(
                TestTls.server("server", "client"),
                connect -> {
                    methods.add(connect.request().method() + " " + connect.request().authority());
                    echo(connect);
                });
        var data = file(1_000);

        var run = nghttp("client", "-H:method: CONNECT", "-H:authority: app:80", "-d", data);

        assertThat(methods).containsExactly("CONNECT app:80");
        assertThat(run.out()).isEqualTo(Files.readString(Path.of(data)));
    }

    @Test
    void manyRequests_shareOneConnection() throws Exception {
        serve(TestTls.server("server", "client"), Nghttp2ContractTest::giveBytes);

        var run = nghttp("client", "-v", "-n", "-m", "150");

        assertThat(count(run.out(), ":status: 200")).isEqualTo(150);
        assertThat(count(run.out(), "The negotiated protocol")).isEqualTo(1);
        assertThat(faults).isEmpty();
    }

    @Test
    void clientOfAnotherName_isTurnedAway_andTheNextOneIsServed() throws Exception {
        serve(TestTls.server("server", "client"), Nghttp2ContractTest::refuse);

        var stranger = nghttp("stranger", "-v");
        var client = nghttp("client", "-v");

        assertThat(stranger.out()).doesNotContain(":status:");
        assertThat(faults)
                .containsExactly(
                        new HboneFault(
                                HboneFault.Stage.IDENTITY, "expected CN=client, got CN=stranger"));
        assertThat(client.out()).contains(":status: 405");
    }

    private String h2load(String... options) throws Exception {
        assumeProgram("h2load");
        var command = new ArrayList<>(List.of("h2load"));
        command.addAll(List.of(options));
        command.add(url());
        var run = run(command);
        assertThat(run.code()).isZero();
        return run.out();
    }

    @Test
    void manyStreamsOnManyConnections_areAllServed() throws Exception {
        serve(TestTls.openToAnyone(), Nghttp2ContractTest::giveBytes);

        var out = h2load("-n", "2000", "-c", "8", "-m", "100");

        assertThat(out)
                .contains("2000 succeeded, 0 failed, 0 errored, 0 timeout")
                .contains("status codes: 2000 2xx");
        assertThat(faults).isEmpty();
    }

    @Test
    void manyUploadsAtOnce_areEchoedWithinTheWindows() throws Exception {
        serve(TestTls.openToAnyone(), Nghttp2ContractTest::echo);

        var out = h2load("-n", "400", "-c", "4", "-m", "50", "-w", "14", "-d", file(200_000));

        assertThat(out).contains("400 succeeded, 0 failed, 0 errored, 0 timeout");
        assertThat(faults).isEmpty();
    }

    @Test
    void manyRefusals_leaveTheServerHealthy() throws Exception {
        serve(TestTls.openToAnyone(), Nghttp2ContractTest::refuse);

        var refused = h2load("-n", "20000", "-c", "4", "-m", "200");

        assertThat(refused).contains("0 errored, 0 timeout", "20000 4xx");
        assertThat(h2load("-n", "1")).contains("1 4xx");
        assertThat(faults).isEmpty();
    }
}
