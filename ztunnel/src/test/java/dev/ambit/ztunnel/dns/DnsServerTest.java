package dev.ambit.ztunnel.dns;

import static dev.ambit.ztunnel.dns.DnsMesh.name;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ambit.mesh.model.Workload;
import dev.ambit.ztunnel.dns.DnsReporter.Outcome;
import dev.ambit.ztunnel.dns.DnsReporter.Report;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.OPTRecord;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/// The proxy's sockets on the loopback, with a name server that says what it is told to.
class DnsServerTest {
    private static final DnsLimits LIMITS =
            new DnsLimits(
                    2,
                    2,
                    Duration.ofMillis(300),
                    1 << 20,
                    65_535,
                    4096,
                    Duration.ofMillis(300),
                    Duration.ofMillis(900),
                    Duration.ofMillis(500),
                    Duration.ofSeconds(30),
                    65_536,
                    100);

    private static final Duration REST = Duration.ofMillis(100);

    private final MultiThreadIoEventLoopGroup loops =
            new MultiThreadIoEventLoopGroup(2, EpollIoHandler.newFactory());
    private final BlockingQueue<Report> reports = new LinkedBlockingQueue<>();
    private final BlockingQueue<DnsRefusal> refusals = new LinkedBlockingQueue<>();
    private final List<AutoCloseable> open = new ArrayList<>();
    private Optional<Workload> client = Optional.of(DnsMesh.workload("client", "", "", "10.0.0.1"));

    @AfterEach
    void close() throws Exception {
        for (var one : open) {
            one.close();
        }
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    private DnsReporter reporter() {
        return new DnsReporter() {
            @Override
            public void completed(Report report) {
                reports.add(report);
            }

            @Override
            public void refused(DnsRefusal why) {
                refusals.add(why);
            }
        };
    }

    private InetSocketAddress proxy(InetSocketAddress... nameservers) throws IOException {
        var sockets = new HereSockets();
        var ids = new SplittableRandom(7);
        var resolver =
                new Resolver(
                        List.of(nameservers),
                        DnsMesh.search(),
                        LIMITS.upstreamTry(),
                        1,
                        Resolver.Origin.POD);
        var pod =
                new DnsPod(
                        (loop, found) -> loop.execute(() -> found.accept(client)),
                        (_, found) -> found.accept(resolver),
                        new DnsRouter(DnsMesh.store(), DnsMesh.SETTINGS, new SplittableRandom(1)),
                        new Upstream(
                                sockets, LIMITS, () -> ids.nextInt(1 << 16), reporter()::refused),
                        reporter(),
                        LIMITS,
                        System::nanoTime,
                        new AtomicInteger());
        var server = new DnsServer(loops, sockets, pod, REST);
        server.open(new DnsSettings.Listen.Localhost(0));
        open.add(server::close);
        return server.addresses().getFirst();
    }

    private StubServer stub(BiFunction<byte[], Boolean, List<byte[]>> answers) throws IOException {
        var stub = new StubServer(answers);
        open.add(stub);
        return stub;
    }

    private static Message query(String host, int type) {
        return Message.newQuery(Record.newRecord(name(host), type, DClass.IN));
    }

    /// A reply with the query's id and question, and with bytes behind it that are no records.
    private static byte[] reply(byte[] query, int rcode, int padding) {
        int end = DnsWire.questionEnd(query);
        var reply = Arrays.copyOf(query, end + padding);
        reply[2] |= (byte) 0x80;
        reply[3] = (byte) rcode;
        Arrays.fill(reply, 6, 12, (byte) 0);
        for (int i = end; i < reply.length; i++) {
            reply[i] = (byte) (i * 31);
        }
        return reply;
    }

    private static byte[] udp(InetSocketAddress to, byte[] query) throws IOException {
        try (var socket = new DatagramSocket()) {
            socket.setSoTimeout(5000);
            socket.send(new DatagramPacket(query, query.length, to));
            var packet = new DatagramPacket(new byte[65_535], 65_535);
            socket.receive(packet);
            assertThat(packet.getSocketAddress()).isEqualTo(to);
            return Arrays.copyOf(packet.getData(), packet.getLength());
        }
    }

    private Socket dial(InetSocketAddress to) throws IOException {
        var socket = new Socket(to.getAddress(), to.getPort());
        socket.setSoTimeout(5000);
        open.add(socket);
        return socket;
    }

    private static void send(Socket socket, byte[] query) throws IOException {
        var out = new DataOutputStream(socket.getOutputStream());
        out.writeShort(query.length);
        out.write(query);
        out.flush();
    }

    private static byte[] receive(Socket socket) throws IOException {
        var in = new DataInputStream(socket.getInputStream());
        return in.readNBytes(in.readUnsignedShort());
    }

    private Report report() throws InterruptedException {
        var report = reports.poll(5, TimeUnit.SECONDS);
        assertThat(report).isNotNull();
        return java.util.Objects.requireNonNull(report);
    }

    @Test
    void nameOfTheMesh_isAnsweredOverBoth() throws Exception {
        var proxy = proxy();
        var asked = query("ProductPage.ns1", Type.A);

        var overUdp = new Message(udp(proxy, asked.toWire()));
        var socket = dial(proxy);
        send(socket, asked.toWire());
        var overTcp = new Message(receive(socket));

        for (var answer : List.of(overUdp, overTcp)) {
            assertThat(answer.getHeader().getID()).isEqualTo(asked.getHeader().getID());
            assertThat(answer.getSection(Section.ANSWER)).hasSize(1);
            assertThat(answer.getSection(Section.ANSWER).getFirst().toString())
                    .contains("ProductPage.ns1.")
                    .contains("9.9.9.9");
        }
        assertThat(report().outcome()).isEqualTo(new Outcome.Answered("success", 1));
        assertThat(report().tcp()).isTrue();
    }

    @Test
    void strangersName_isHandedOnByteForByte() throws Exception {
        var stub = stub((query, _) -> List.of(reply(query, Rcode.NXDOMAIN, 700)));
        var proxy = proxy(stub.address());
        var asked = query("Www.Bing.com", Type.A);
        asked.addRecord(new OPTRecord(1400, 0, 0, 0), Section.ADDITIONAL);
        var bytes = asked.toWire();

        var answer = udp(proxy, bytes);

        assertThat(answer).isEqualTo(reply(bytes, Rcode.NXDOMAIN, 700));
        // The same query, but for an id of its own.
        var arrived = stub.received.getFirst();
        assertThat(DnsWire.withId(arrived, DnsWire.id(bytes))).isEqualTo(bytes);
        assertThat(DnsWire.id(arrived)).isNotEqualTo(DnsWire.id(bytes));
        assertThat(report().outcome()).isInstanceOf(Outcome.Forwarded.class);
    }

    @Test
    void anyOpcodeAndBytes_areHandedOn() throws Exception {
        var stub =
                stub((query, _) ->
                        DnsWire.questionEnd(query) < 0
                                ? List.of()
                                : List.of(reply(query, Rcode.NOERROR, 3)));
        var proxy = proxy(stub.address());
        var update = Message.newUpdate(name("productpage.ns1.svc.cluster.local")).toWire();
        // A question that can't be walked.
        var strange = new byte[40];
        strange[0] = 5;
        strange[5] = 1;
        strange[12] = (byte) 0xc0;

        assertThat(udp(proxy, update)).isEqualTo(reply(update, Rcode.NOERROR, 3));
        assertThat(report().typeLabel()).isEqualTo("unknown");
        stub.received.clear();
        try (var socket = new DatagramSocket()) {
            socket.send(new DatagramPacket(strange, strange.length, proxy));
            assertThat(report().typeLabel()).isEqualTo("unknown");
        }
        assertThat(DnsWire.withId(stub.received.getFirst(), DnsWire.id(strange)))
                .isEqualTo(strange);
    }

    @Test
    void truncatedReply_isPassedOn_andTheClientComesBackOverTcp() throws Exception {
        var stub =
                stub((query, tcp) -> {
                    var answer = reply(query, Rcode.NOERROR, tcp ? 60_000 : 0);
                    answer[2] |= (byte) (tcp ? 0 : 0x02);
                    return List.of(answer);
                });
        var proxy = proxy(stub.address());
        var asked = query("large.example.com", Type.TXT).toWire();

        assertThat(DnsWire.truncated(udp(proxy, asked))).isTrue();
        var socket = dial(proxy);
        send(socket, asked);

        assertThat(receive(socket)).isEqualTo(reply(asked, Rcode.NOERROR, 60_000));
    }

    @Test
    void replyForAnotherQuestion_isRefusedAndCounted_andTheRightOneStillTaken() throws Exception {
        var stub =
                stub((query, _) -> {
                    var other = query("other.example.com", Type.A).toWire();
                    var forged = DnsWire.withId(reply(other, 0, 0), DnsWire.id(query));
                    var otherId = DnsWire.withId(reply(query, 0, 1), DnsWire.id(query) ^ 1);
                    return List.of(forged, otherId, reply(query, 0, 2));
                });
        var asked = query("www.bing.com", Type.A).toWire();

        assertThat(udp(proxy(stub.address()), asked)).isEqualTo(reply(asked, 0, 2));
        assertThat(refusals).containsExactly(DnsRefusal.OTHER_QUESTION, DnsRefusal.OTHER_ID);
    }

    @Test
    void serverThatIsSilent_isFollowedByTheNext() throws Exception {
        var silent = stub((_, _) -> List.of());
        var stub = stub((query, _) -> List.of(reply(query, 0, 0)));
        var asked = query("www.bing.com", Type.A).toWire();

        assertThat(udp(proxy(silent.address(), stub.address()), asked))
                .isEqualTo(reply(asked, 0, 0));
        assertThat(silent.received).hasSize(1);
    }

    @Test
    void nobodyAnswers_isServfailWithTheReasonReported() throws Exception {
        var silent = stub((_, _) -> List.of());
        var asked = query("www.bing.com", Type.A);

        var answer = new Message(udp(proxy(silent.address()), asked.toWire()));

        assertThat(answer.getRcode()).isEqualTo(Rcode.SERVFAIL);
        assertThat(answer.getQuestion()).isEqualTo(asked.getQuestion());
        assertThat(answer.getHeader().getFlag(Flags.AA)).isFalse();
        assertThat(report().outcome())
                .isInstanceOfSatisfying(
                        Outcome.ForwardingFailed.class,
                        failed -> assertThat(failed.why()).contains("no answer within 300 ms"));
    }

    @Test
    void nobodyListens_isServfailAtOnce() throws Exception {
        var stub = new StubServer((_, _) -> List.of());
        var address = stub.address();
        stub.close();
        var asked = query("www.bing.com", Type.A).toWire();
        var proxy = proxy(address);

        assertThat(DnsWire.rcode(udp(proxy, asked))).isEqualTo(Rcode.SERVFAIL);
        var socket = dial(proxy);
        send(socket, asked);
        assertThat(DnsWire.rcode(receive(socket))).isEqualTo(Rcode.SERVFAIL);
        assertThat(report().outcome()).asString().containsIgnoringCase("refused");
        assertThat(report().outcome()).asString().containsIgnoringCase("refused");
    }

    @Test
    void noNameServer_isServfail_butTheMeshStillAnswers() throws Exception {
        var proxy = proxy();

        assertThat(DnsWire.rcode(udp(proxy, query("www.bing.com", Type.A).toWire())))
                .isEqualTo(Rcode.SERVFAIL);
        assertThat(DnsWire.rcode(udp(proxy, query("productpage", Type.A).toWire()))).isZero();
        assertThat(report().outcome()).asString().contains("no name server is known");
    }

    @Test
    void clientUnknown_isServfail() throws Exception {
        client = Optional.empty();

        assertThat(DnsWire.rcode(udp(proxy(), query("productpage", Type.A).toWire())))
                .isEqualTo(Rcode.SERVFAIL);
        assertThat(report().outcome()).isEqualTo(new Outcome.ClientUnknown());
    }

    @Test
    void tooManyQueries_getServfailAtOnce() throws Exception {
        var silent = stub((_, _) -> List.of());
        var socket = dial(proxy(silent.address()));
        for (int i = 0; i < 3; i++) {
            send(socket, DnsWire.withId(query("www.bing.com", Type.A).toWire(), i));
        }

        var first = receive(socket);

        assertThat(DnsWire.id(first)).isEqualTo(2);
        assertThat(DnsWire.rcode(first)).isEqualTo(Rcode.SERVFAIL);
        assertThat(report().outcome()).isEqualTo(new Outcome.Refused(DnsRefusal.TOO_MANY_QUERIES));
    }

    @Test
    void zoneTransfer_bringsAllMessages() throws Exception {
        var stub =
                stub((query, _) -> {
                    var bare = Arrays.copyOf(reply(query, 0, 0), 12);
                    bare[5] = 0;
                    return List.of(reply(query, 0, 9), bare);
                });
        var asked = query("zone.example.com", Type.AXFR).toWire();
        var socket = dial(proxy(stub.address()));
        send(socket, asked);

        assertThat(receive(socket)).isEqualTo(reply(asked, 0, 9));
        assertThat(receive(socket)).hasSize(12);
        assertThat(report().outcome()).isInstanceOf(Outcome.Forwarded.class);
    }

    @Test
    void halfClosedConnection_stillGetsItsAnswer_thenEnds() throws Exception {
        var stub = stub((query, _) -> List.of(reply(query, 0, 0)));
        var asked = query("www.bing.com", Type.A).toWire();
        var socket = dial(proxy(stub.address()));
        send(socket, asked);
        socket.shutdownOutput();

        assertThat(receive(socket)).isEqualTo(reply(asked, 0, 0));
        assertThat(socket.getInputStream().read()).isEqualTo(-1);
    }

    @Test
    void idleConnection_isClosed() throws Exception {
        var socket = dial(proxy());

        assertThat(socket.getInputStream().read()).isEqualTo(-1);
    }

    @Test
    void connectionsBeyondTheLimit_areClosedAndCounted() throws Exception {
        var proxy = proxy();
        dial(proxy);
        dial(proxy);
        var third = dial(proxy);

        assertThat(third.getInputStream().read()).isEqualTo(-1);
        assertThat(refusals.poll(5, TimeUnit.SECONDS)).isEqualTo(DnsRefusal.TOO_MANY_CONNECTIONS);
    }

    @Test
    void whatIsNoQuery_isCountedAndNotAnswered() throws Exception {
        var proxy = proxy();
        try (var socket = new DatagramSocket()) {
            socket.setSoTimeout(300);
            var response = reply(query("www.bing.com", Type.A).toWire(), 0, 0);
            socket.send(new DatagramPacket(response, response.length, proxy));
            assertThat(refusals.poll(5, TimeUnit.SECONDS)).isEqualTo(DnsRefusal.NOT_A_QUERY);
            socket.send(new DatagramPacket(new byte[3], 3, proxy));
            assertThat(refusals.poll(5, TimeUnit.SECONDS)).isEqualTo(DnsRefusal.TOO_SHORT);
            assertThatThrownBy(() -> socket.receive(new DatagramPacket(new byte[512], 512)))
                    .isInstanceOf(SocketTimeoutException.class);
        }
        // Nothing else is disturbed.
        assertThat(DnsWire.rcode(udp(proxy, query("productpage", Type.A).toWire()))).isZero();
    }

    @Test
    void portThatIsTaken_isNamed() throws Exception {
        var stub = stub((_, _) -> List.of());
        var pod = proxy();
        assertThat(pod.getPort()).isPositive();
        var sockets = new HereSockets();
        var server = new DnsServer(loops, sockets, anyPod(sockets), REST);

        assertThatThrownBy(() -> server.open(new DnsSettings.Listen.At(stub.address())))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("DNS listener on tcp")
                .hasMessageContaining(Integer.toString(stub.address().getPort()));
    }

    private DnsPod anyPod(DnsSockets sockets) {
        return new DnsPod(
                (_, found) -> found.accept(client),
                (_, _) -> {},
                new DnsRouter(DnsMesh.store(), DnsMesh.SETTINGS, new SplittableRandom(1)),
                new Upstream(sockets, LIMITS, () -> 1, reporter()::refused),
                reporter(),
                LIMITS,
                System::nanoTime,
                new AtomicInteger());
    }
}
