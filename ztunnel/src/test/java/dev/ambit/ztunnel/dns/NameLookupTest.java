package dev.ambit.ztunnel.dns;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.mesh.model.Workload;
import dev.ambit.ztunnel.MeshOf;
import dev.ambit.ztunnel.dns.DnsReporter.Outcome;
import dev.ambit.ztunnel.dns.DnsReporter.Report;
import dev.ambit.ztunnel.dns.PodNames.Answer;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.CNAMERecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/// Names that a pod asks for without its resolver, as by SOCKS.
class NameLookupTest {
    private static final DnsLimits LIMITS = DnsLimits.defaults();

    private final MultiThreadIoEventLoopGroup loops =
            new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final BlockingQueue<Report> reports = new LinkedBlockingQueue<>();
    private final List<AutoCloseable> open = new ArrayList<>();
    private Optional<Workload> client = Optional.of(DnsMesh.workload("client", "", "", "10.0.0.1"));

    @AfterEach
    void close() throws Exception {
        for (var one : open) {
            one.close();
        }
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    private StubServer stub(BiFunction<Message, Boolean, Message> answers) throws IOException {
        var stub =
                new StubServer((query, tcp) -> {
                    try {
                        return List.of(answers.apply(new Message(query), tcp).toWire());
                    } catch (IOException malformed) {
                        throw new AssertionError(malformed);
                    }
                });
        open.add(stub);
        return stub;
    }

    private static Message reply(Message query, int rcode, Record... records) {
        var reply = new Message(query.getHeader().getID());
        reply.getHeader().setFlag(Flags.QR);
        reply.getHeader().setRcode(rcode);
        reply.addRecord(query.getQuestion(), Section.QUESTION);
        for (var record : records) {
            reply.addRecord(record, Section.ANSWER);
        }
        return reply;
    }

    private Answer find(String host, boolean ipv4, StubServer... nameservers) throws Exception {
        var reporter =
                new DnsReporter() {
                    @Override
                    public void completed(Report report) {
                        reports.add(report);
                    }

                    @Override
                    public void refused(DnsRefusal why) {}
                };
        var resolver =
                new Resolver(
                        Arrays.stream(nameservers).map(StubServer::address).toList(),
                        DnsMesh.search(),
                        Duration.ofSeconds(2),
                        1,
                        Resolver.Origin.POD);
        var pod =
                new DnsPod(
                        (_, found) -> found.accept(client),
                        (_, found) -> found.accept(resolver),
                        new DnsRouter(DnsMesh.store(), DnsMesh.SETTINGS, new SplittableRandom(1)),
                        new Upstream(new HereSockets(), LIMITS, () -> 7, _ -> {}),
                        reporter,
                        LIMITS,
                        System::nanoTime,
                        new AtomicInteger());
        var answer = new CompletableFuture<Answer>();
        var loop = (EventLoop) loops.next();
        loop.execute(() -> new NameLookup(pod).find(host, ipv4, loop, answer::complete));
        return answer.get(10, TimeUnit.SECONDS);
    }

    private static Answer found(String address) {
        return new Answer.Found(MeshOf.ip(address));
    }

    @ParameterizedTest
    @CsvSource({
        "productpage, 9.9.9.9",
        "productpage.ns1, 9.9.9.9",
        "Productpage.NS1.svc.cluster.local, 9.9.9.9",
        "www.google.com, 1.1.1.1",
        "anything.wildcard, 10.10.10.20",
        "sts-0.sts.ns1, 34.34.34.34",
        "ipv6.localhost, 2001:db8::ff00:42:8329",
    })
    void nameOfTheMesh_isFoundWithoutAskingAnybody(String host, String address) throws Exception {
        assertThat(find(host, true)).isEqualTo(found(address));
    }

    @Test
    void question_isReportedAsThePodsOwn() throws Exception {
        assertThat(find("productpage", true)).isEqualTo(found("9.9.9.9"));

        // It follows the answer.
        var report = Objects.requireNonNull(reports.poll(5, TimeUnit.SECONDS));
        assertThat(report.typeLabel()).isEqualTo("a");
        assertThat(report.client()).isEqualTo(client);
        assertThat(report.outcome()).isEqualTo(new Outcome.Answered("success", 1));
    }

    @Test
    void familyOfTheClient_comesFirst() throws Exception {
        assertThat(find("dual.localhost", true)).isEqualTo(found("2.2.2.2"));
        assertThat(find("dual.localhost", false)).isEqualTo(found("2001:db8::ff00:42:8329"));
        assertThat(find("ipv4.localhost", false)).isEqualTo(found("2.2.2.2"));
    }

    @Test
    void strangersName_isAskedOfThePodsNameServers_aliasesAndAll() throws Exception {
        var stub =
                stub((query, _) -> {
                    var name = query.getQuestion().getName();
                    var alias = DnsMesh.name("real.bing.com");
                    return reply(
                            query,
                            Rcode.NOERROR,
                            new CNAMERecord(name, DClass.IN, 5, alias),
                            new ARecord(alias, DClass.IN, 5, MeshOf.ip("192.0.2.7")));
                });

        assertThat(find("www.bing.com", true, stub)).isEqualTo(found("192.0.2.7"));
        assertThat(new Message(stub.received.getFirst()).getQuestion().getName())
                .isEqualTo(DnsMesh.name("www.bing.com"));
    }

    @Test
    void truncatedReply_isAskedForAgainOverTcp() throws Exception {
        var stub =
                stub((query, tcp) -> {
                    var name = query.getQuestion().getName();
                    if (tcp) {
                        return reply(
                                query,
                                Rcode.NOERROR,
                                new ARecord(name, DClass.IN, 5, MeshOf.ip("192.0.2.8")));
                    }
                    var cut = reply(query, Rcode.NOERROR);
                    cut.getHeader().setFlag(Flags.TC);
                    return cut;
                });

        assertThat(find("www.bing.com", true, stub)).isEqualTo(found("192.0.2.8"));
    }

    @Test
    void nameWithAddressesOfTheOtherFamilyOnly_isFound() throws Exception {
        var stub =
                stub((query, _) -> {
                    var asked = query.getQuestion();
                    return asked.getType() == Type.AAAA
                            ? reply(
                                    query,
                                    Rcode.NOERROR,
                                    new AAAARecord(
                                            asked.getName(), DClass.IN, 5, MeshOf.ip("fd00::7")))
                            : reply(query, Rcode.NOERROR);
                });

        assertThat(find("six.bing.com", true, stub)).isEqualTo(found("fd00::7"));
    }

    @Test
    void noSuchName_isToldWithTheCode() throws Exception {
        var stub = stub((query, _) -> reply(query, Rcode.NXDOMAIN));

        assertThat(find("www.bing.com", true, stub))
                .isEqualTo(new Answer.NotFound("hostname www.bing.com: NXDOMAIN"));
    }

    @Test
    void nameWithoutAddress_isTold() throws Exception {
        var stub = stub((query, _) -> reply(query, Rcode.NOERROR));

        assertThat(find("www.bing.com", true, stub))
                .isEqualTo(
                        new Answer.NotFound(
                                "hostname www.bing.com: the name is there, and has no address"));
    }

    @Test
    void noNameServer_isAFailureOfThatNameOnly() throws Exception {
        assertThat(find("www.bing.com", true))
                .isEqualTo(new Answer.NotFound("hostname www.bing.com: SERVFAIL"));
        assertThat(find("productpage", true)).isEqualTo(found("9.9.9.9"));
    }

    @Test
    void clientUnknown_isAFailure() throws Exception {
        client = Optional.empty();

        assertThat(find("productpage", true))
                .isEqualTo(new Answer.NotFound("hostname productpage: SERVFAIL"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a..b", "\\300.a"})
    void textThatIsNoName_isRefusedWithoutAQuestion(String host) throws Exception {
        assertThat(find(host, true))
                .isInstanceOfSatisfying(
                        Answer.NotFound.class,
                        no -> assertThat(no.why()).contains(host).contains("no DNS name"));
        assertThat(reports).isEmpty();
    }
}
