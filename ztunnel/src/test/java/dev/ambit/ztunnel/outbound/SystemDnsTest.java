package dev.ambit.ztunnel.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.ztunnel.MeshOf;
import dev.ambit.ztunnel.outbound.CachingHosts.Asked;
import dev.ambit.ztunnel.outbound.HostResolver.Answer;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Master;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.SimpleResolver;
import org.xbill.DNS.Type;
import org.xbill.DNS.lookup.LookupSession;

/// Against a name server on loopback.
class SystemDnsTest {
    private static final Map<String, String> ZONE =
            Map.of(
                    "dual.example. A", "dual.example. 60 IN A 9.9.9.9",
                    "dual.example. AAAA", "dual.example. 30 IN AAAA fd00::9",
                    "four.example. A", "four.example. 60 IN A 9.9.9.9",
                    "four.example. AAAA", "",
                    "alias.example. A",
                            "alias.example. 20 IN CNAME four.example.\n"
                                    + "four.example. 60 IN A 9.9.9.9",
                    "alias.example. AAAA", "alias.example. 20 IN CNAME four.example.",
                    "empty.example. A", "",
                    "empty.example. AAAA", "",
                    "half.example. A", "half.example. 60 IN A 9.9.9.9",
                    "half.example. AAAA", "silence");

    private final ConcurrentLinkedQueue<String> asked = new ConcurrentLinkedQueue<>();
    private DatagramSocket server;
    private Thread thread;

    @BeforeEach
    void serve() throws IOException {
        server = new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        thread = Thread.ofVirtual().start(this::answerAll);
    }

    @AfterEach
    void stop() throws InterruptedException {
        server.close();
        thread.join();
    }

    private void answerAll() {
        var packet = new DatagramPacket(new byte[4096], 4096);
        try {
            while (true) {
                server.receive(packet);
                var query =
                        new Message(java.util.Arrays.copyOf(packet.getData(), packet.getLength()));
                var reply = reply(query);
                if (reply != null) {
                    var wire = reply.toWire();
                    server.send(new DatagramPacket(wire, wire.length, packet.getSocketAddress()));
                }
            }
        } catch (IOException closed) {
            // The test is over.
        }
    }

    private @org.jspecify.annotations.Nullable Message reply(Message query) throws IOException {
        var question = query.getQuestion();
        var key = question.getName() + " " + Type.string(question.getType());
        asked.add(key);
        var found = ZONE.get(key);
        if ("silence".equals(found)) {
            return null;
        }
        var reply = new Message(query.getHeader().getID());
        reply.getHeader().setFlag(Flags.QR);
        reply.addRecord(question, Section.QUESTION);
        if (found == null) {
            reply.getHeader().setRcode(Rcode.NXDOMAIN);
        } else {
            try (var records =
                    new Master(
                            new java.io.ByteArrayInputStream(
                                    found.getBytes(java.nio.charset.StandardCharsets.UTF_8)),
                            Name.root)) {
                for (Record r = records.nextRecord(); r != null; r = records.nextRecord()) {
                    reply.addRecord(r, Section.ANSWER);
                }
            }
        }
        return reply;
    }

    private Asked ask(String hostname, boolean ipv6) throws Exception {
        Executor executor = task -> Thread.ofVirtual().start(task);
        var resolver =
                new SimpleResolver(
                        new InetSocketAddress(
                                InetAddress.getLoopbackAddress(), server.getLocalPort()));
        var session = LookupSession.builder().resolver(resolver).executor(executor).build();
        var limits =
                new ResolverLimits(
                        1,
                        Duration.ofDays(1),
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(5),
                        Duration.ofMillis(1500));
        var answer = new CompletableFuture<Asked>();
        new SystemDns(() -> session, ipv6, limits, executor).ask(hostname, answer::complete);
        return answer.get(10, TimeUnit.SECONDS);
    }

    private static Answer addresses(String... literals) {
        return new Answer.Addresses(List.of(literals).stream().map(MeshOf::ip).toList());
    }

    @Test
    void bothFamilies_areAskedForAndTheShorterTimeToLiveHolds() throws Exception {
        assertThat(ask("dual.example", true))
                .isEqualTo(new Asked(addresses("9.9.9.9", "fd00::9"), Duration.ofSeconds(30)));
    }

    @Test
    void withoutIpv6_onlyIpv4IsAskedFor() throws Exception {
        assertThat(ask("dual.example", false))
                .isEqualTo(new Asked(addresses("9.9.9.9"), Duration.ofSeconds(60)));
        assertThat(asked).containsExactly("dual.example. A");
    }

    @Test
    void oneFamilyWithoutRecords_leavesTheOther() throws Exception {
        assertThat(ask("four.example", true).answer()).isEqualTo(addresses("9.9.9.9"));
    }

    @Test
    void alias_isFollowed() throws Exception {
        assertThat(ask("alias.example", true).answer()).isEqualTo(addresses("9.9.9.9"));
    }

    @Test
    void familyThatIsNotAnswered_leavesTheOther() throws Exception {
        assertThat(ask("half.example", true).answer()).isEqualTo(addresses("9.9.9.9"));
    }

    @Test
    void nameWithoutAddresses_isAnEmptyAnswer() throws Exception {
        assertThat(ask("empty.example", true))
                .isEqualTo(new Asked(addresses(), Duration.ofSeconds(1)));
    }

    @Test
    void unknownName_fails() throws Exception {
        assertThat(ask("none.example", true))
                .isEqualTo(new Asked(new Answer.Failed("no such domain"), Duration.ofSeconds(1)));
    }

    @Test
    void notAName_fails() throws Exception {
        assertThat(ask("a..b", true).answer()).isInstanceOf(Answer.Failed.class);
        assertThat(asked).isEmpty();
    }
}
