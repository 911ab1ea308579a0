package dev.ambit.e2e.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.e2e.app.NameServer;
import dev.ambit.e2e.lab.Running;
import dev.ambit.e2e.mesh.MeshLab;
import dev.ambit.e2e.mesh.MeshPod;
import dev.ambit.linux.NamespaceThread;
import dev.ambit.linux.NetworkNamespace;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.DatagramChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.OPTRecord;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.ReverseMap;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/// Names asked for in pods whose DNS is turned to ztunnel, with a real name server behind it. The
/// pods ask that server's address; who answers is what the rules make of it.
@Tag("lab")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ParameterizedClass(name = "{0}")
@MethodSource("dev.ambit.e2e.scenario.Pair#all")
@ExtendWith(MatrixTable.class)
class DnsScenario {
    private static final InetAddress SERVER = InetAddress.ofLiteral("10.85.0.12");
    private static final InetAddress SERVER6 = InetAddress.ofLiteral("fd85::c");

    private static final String HEADLESS =
            """
            apiVersion: v1
            kind: Service
            metadata: {name: pods, namespace: shop}
            spec:
              clusterIP: None
              selector: {app: pay}
              ports: [{name: http, port: 80, targetPort: 8080}]
            """;

    @TempDir private static Path directory;

    @Parameter private Pair pair;
    private MeshLab mesh;
    private Running upstream;
    private NamespaceThread namespaces;

    @BeforeParameterizedClassInvocation
    void up() throws IOException {
        var own = directory.resolve(pair.toString());
        Files.createDirectories(own.resolve("yaml"));
        Files.writeString(own.resolve("yaml/headless.yaml"), HEADLESS);
        mesh =
                Meshes.start(
                        own,
                        settings ->
                                pair.in(settings)
                                        .withNameserver(SERVER)
                                        .withZtunnelVariable("RUST_LOG", "info,dns=debug"));
        upstream = NameServer.start(mesh.lab().processes(), mesh.lab().nodes().get(1));
        namespaces = new NamespaceThread("dns-client");
    }

    @AfterParameterizedClassInvocation
    void down() {
        if (mesh != null) {
            mesh.close();
        }
        if (namespaces != null) {
            namespaces.close();
        }
    }

    private MeshPod web() {
        return mesh.pod("shop/web");
    }

    private static Message query(String name, int type) {
        return Message.newQuery(Record.newRecord(Name.fromConstantString(name), type, DClass.IN));
    }

    /// Asks over UDP; the socket is connected, so only an answer from the asked address counts.
    private byte[] udp(InetAddress server, Message query) throws IOException {
        try (var namespace = NetworkNamespace.open(web().place().netns().path());
                var channel = namespaces.call(namespace, DatagramChannel::open).join()) {
            var socket = channel.socket();
            socket.connect(new InetSocketAddress(server, 53));
            socket.setSoTimeout(10_000);
            var bytes = query.toWire();
            socket.send(new DatagramPacket(bytes, bytes.length));
            var packet = new DatagramPacket(new byte[65_535], 65_535);
            socket.receive(packet);
            return Arrays.copyOf(packet.getData(), packet.getLength());
        }
    }

    private Message ask(String name, int type) throws IOException {
        return new Message(udp(SERVER, query(name, type)));
    }

    private byte[] tcp(Message query) throws IOException {
        try (var socket = mesh.sockets().connect(web().place().netns(), SERVER, 53)) {
            var out = new DataOutputStream(socket.getOutputStream());
            var bytes = query.toWire();
            out.writeShort(bytes.length);
            out.write(bytes);
            out.flush();
            var in = new DataInputStream(socket.getInputStream());
            return in.readNBytes(in.readUnsignedShort());
        }
    }

    private static List<String> answers(Message message) {
        return message.getSection(Section.ANSWER).stream().map(Record::rdataToString).toList();
    }

    /// As the lab's own files tell it.
    private String addressOf(String service) throws IOException {
        return Files.readAllLines(web().place().netns().etc().resolve("hosts")).stream()
                .filter(line -> Arrays.asList(line.split(" ")).contains(service))
                .map(line -> line.split(" ")[0])
                .filter(address -> !address.contains(":"))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no " + service));
    }

    private long upstreamSaw(String name) {
        return upstream.lines().stream().filter(line -> line.contains(name)).count();
    }

    @Test
    void serviceName_isAnsweredByZtunnel_overUdpAndTcpAndBothFamilies() throws IOException {
        for (var name : List.of("cart.", "Cart.Shop.", "cart.shop.svc.cluster.local.")) {
            var overUdp = ask(name, Type.A);

            assertThat(overUdp.getHeader().getFlag(Flags.AA)).isTrue();
            assertThat(answers(overUdp)).containsExactly(addressOf("cart.shop"));
            assertThat(overUdp.getQuestion().getName()).hasToString(name);
            assertThat(answers(new Message(tcp(query(name, Type.A))))).isEqualTo(answers(overUdp));
        }
        if (web().place().ipv6()) {
            var asked = query("cart.shop.", Type.A);
            assertThat(answers(new Message(udp(SERVER6, asked))))
                    .containsExactly(addressOf("cart.shop"));
        }
        if (mesh.ambitServes(web())) {
            // A real ztunnel hands on what other scenarios ask of the name.
            assertThat(upstreamSaw("art.")).isZero();
        }
    }

    @Test
    void otherFamily_isNoDataWithSoa() throws IOException {
        Pair.onlyAmbit(mesh, "it sends no SOA", web());
        var answer = ask("cart.shop.", Type.AAAA);

        assertThat(answer.getRcode()).isEqualTo(Rcode.NOERROR);
        assertThat(answers(answer)).isEmpty();
        assertThat(answer.getSection(Section.AUTHORITY).getFirst().getType()).isEqualTo(Type.SOA);
    }

    @Test
    void headlessServiceAndItsPod_areAnsweredWithPodAddresses() throws IOException {
        Pair.onlyAmbit(mesh, "it knows no names of pods and no SRV", web());
        var pay = mesh.pod("shop/pay").address();

        assertThat(answers(ask("pods.shop.svc.cluster.local.", Type.A))).containsExactly(pay);
        assertThat(answers(ask("pay.pods.shop.svc.cluster.local.", Type.A))).containsExactly(pay);
        assertThat(answers(ask("pods.shop.", Type.SRV)))
                .containsExactly("0 100 8080 pay.pods.shop.svc.cluster.local.");
    }

    @Test
    void srvAndPtr_ofAService_areAnswered() throws IOException {
        Pair.onlyAmbit(mesh, "it answers A and AAAA alone", web());
        var address = InetAddress.ofLiteral(addressOf("cart.shop"));

        assertThat(answers(ask("cart.shop.svc.cluster.local.", Type.SRV)))
                .containsExactly("0 100 80 cart.shop.svc.cluster.local.");
        assertThat(answers(ask(ReverseMap.fromAddress(address).toString(), Type.PTR)))
                .containsExactly("cart.shop.svc.cluster.local.");
    }

    @Test
    void nameOfSomebodyElse_isAnsweredByTheServerUnchanged() throws IOException {
        Pair.onlyAmbit(mesh, "it writes the answer, its flags and its EDNS anew", web());
        var asked = query("WwW.corp.example.", Type.A);
        asked.addRecord(new OPTRecord(1400, 0, 0), Section.ADDITIONAL);

        var answer = new Message(udp(SERVER, asked));

        assertThat(answer.getQuestion().getName()).hasToString("WwW.corp.example.");
        assertThat(answers(answer)).containsExactly(NameServer.ADDRESS);
        assertThat(answer.getSection(Section.ANSWER).getFirst().getTTL()).isEqualTo(77);
        assertThat(answer.getOPT().getPayloadSize()).isEqualTo(NameServer.PAYLOAD_BYTES);
        assertThat(answer.getHeader().getFlag(Flags.AD)).isTrue();
        assertThat(answer.getHeader().getFlag(Flags.AA)).isFalse();
        assertThat(answer.getHeader().getFlag(Flags.RA)).isFalse();
    }

    @Test
    void nxdomain_keepsItsSoa() throws IOException {
        Pair.onlyAmbit(mesh, "it drops the SOA", web());
        var answer = ask("nx.corp.example.", Type.A);

        assertThat(answer.getRcode()).isEqualTo(Rcode.NXDOMAIN);
        assertThat(answer.getSection(Section.AUTHORITY).getFirst().rdataToString())
                .contains("4711");
    }

    @Test
    void largeAnswer_saysSoOverUdp_andComesOverTcp() throws IOException {
        var asked = query("large.corp.example.", Type.TXT);

        assertThat(new Message(udp(SERVER, asked)).getHeader().getFlag(Flags.TC)).isTrue();
        assertThat(answers(new Message(tcp(asked)))).hasSize(20);
        assertThat(upstream.lines()).anyMatch(line -> line.startsWith("tcp large.corp.example."));
    }

    @Test
    void update_reachesTheServer() throws IOException {
        Pair.onlyAmbit(mesh, "it implements queries alone", web());
        var update = Message.newUpdate(Name.fromConstantString("corp.example."));

        assertThat(new Message(udp(SERVER, update)).getRcode()).isEqualTo(Rcode.NOERROR);
    }

    @Test
    void searchDomainOfThePodsOwnResolvConf_isKnown() throws IOException {
        Pair.onlyAmbit(mesh, "it assumes a list of search domains", web());
        // Only the pod's own file names corp.example: an assumed list would hand this on.
        var answer = ask("cart.shop.corp.example.", Type.A);

        assertThat(answers(answer)).containsExactly("cart.shop.", addressOf("cart.shop"));
    }

    @Test
    void forgedReply_isRefusedAndCounted() throws IOException {
        Pair.onlyAmbit(mesh, "it does not count them", web());
        var answer = ask("forged.corp.example.", Type.A);

        assertThat(answers(answer)).containsExactly(NameServer.ADDRESS);
        assertThat(mesh.ztunnelOf(web()).metrics())
                .contains("ambit_dns_refused_total{reason=\"reply_other_question\"}");
    }

    @Test
    void silentServer_isServfail_countedAndLogged() throws IOException {
        var answer = ask("silent.corp.example.", Type.A);

        assertThat(answer.getRcode()).isEqualTo(Rcode.SERVFAIL);
        var ztunnel = mesh.ztunnelOf(web());
        Meshes.await(
                mesh,
                "the failure in the metrics",
                () ->
                        ztunnel.metrics()
                                .lines()
                                .anyMatch(line ->
                                        line.startsWith("istio_dns_upstream_failures_total{")
                                                && line.contains("request_query_type=\"a\"")
                                                && line.contains("request_protocol=\"udp\"")
                                                && line.contains(
                                                        "source_canonical_service=\"web\"")));
        assertThat(Meshes.logged(mesh, ztunnel, "domain=\"silent.corp.example.\""))
                .contains("\tdebug\tdns\t")
                .contains("src.workload=\"web\"")
                .contains("src.namespace=\"shop\"")
                .contains("query=\"A\"")
                .contains(
                        mesh.ambitServes(web())
                                ? "result=\"forwarding failed (no answer within 2000 ms"
                                : "result=\"forwarding failed (net error: request timed out)")
                .contains("endpoints=0");
    }

    /// The resolver of the C library, as applications use it.
    @Test
    void application_resolvesShortName_andReachesTheService() throws IOException {
        // Not by the hosts file, which the lab writes for pods without DNS.
        Files.writeString(web().place().netns().etc().resolve("hosts"), "127.0.0.1 localhost\n");
        try {
            var answer = mesh.curl(web(), "http://cart/");

            assertThat(answer.ok()).as("%s", answer).isTrue();
            assertThat(answer.body()).contains("served-by=shop/cart");
        } finally {
            mesh.sync();
        }
    }
}
