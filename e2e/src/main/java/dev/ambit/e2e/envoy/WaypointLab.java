package dev.ambit.e2e.envoy;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.ambit.control.token.Account;
import dev.ambit.e2e.app.App;
import dev.ambit.e2e.lab.Await;
import dev.ambit.e2e.lab.Lab;
import dev.ambit.e2e.lab.LabConfig;
import dev.ambit.e2e.lab.ProcessSpec;
import dev.ambit.e2e.lab.Running;
import dev.ambit.identity.SpiffeId;
import dev.ambit.identity.ca.LocalAuthority;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/// One waypoint of a mesh that is described by manifests, a stock Envoy or ours: the control plane
/// in this process, the waypoint in a namespace, everybody else in another one beside it.
public final class WaypointLab implements AutoCloseable {
    private static final Duration HOUR = Duration.ofHours(1);
    private static final Duration CALL = Duration.ofSeconds(10);

    private static final Duration LOGGED = Duration.ofMillis(500);
    private static final Duration POLL = Duration.ofMillis(5);

    private final LabConfig config;
    private final Lab lab;
    private final Path files;
    private final XdsSource source;
    private final Server relayServer;
    private final MultiThreadIoEventLoopGroup loops;
    private final XdsRelay relay;
    private final Subject subject;
    private final Subject.Place place;
    private final Running waypoint;
    private final Running peer;

    /// Who tells the waypoint what to do, for one of that account and pod.
    @FunctionalInterface
    public interface Sources {
        XdsSource open(Path files, LocalAuthority authority, Account account, String pod)
                throws IOException;
    }

    /// Who is around the waypoint, and which processors they and it may use.
    ///
    /// @param peer what is started as `MAIN SOCKET CA-DIRECTORY WAYPOINT-ADDRESS PORT…`: takes
    ///   requests as lines of JSON on SOCKET
    /// @param peerCore and `waypointCore`: the only one, where that matters
    public record Around(
            Class<?> peer, List<String> peerFlags, OptionalInt peerCore, OptionalInt waypointCore) {
        /// The peers of tests.
        public static Around of(Class<?> peer) {
            return new Around(
                    peer,
                    List.of("-XX:TieredStopAtLevel=1", "-Xmx128m"),
                    OptionalInt.empty(),
                    OptionalInt.empty());
        }
    }

    /// @param node the xDS node of the waypoint: `id`, `cluster`, `metadata`
    /// @param change made to each resource on its way
    public WaypointLab(
            Subject subject,
            Path files,
            Path input,
            JsonObject node,
            Sources sources,
            XdsRelay.Change change,
            Around around)
            throws Exception {
        this.subject = subject;
        this.files = files;
        config = config(Files.createDirectories(files.resolveSibling("labs")));
        lab = Lab.open(config);
        try {
            var metadata = node.getAsJsonObject("metadata");
            var account =
                    new Account(
                            metadata.get("NAMESPACE").getAsString(),
                            metadata.get("SERVICE_ACCOUNT").getAsString());
            var address = node.get("id").getAsString().split("~", -1)[1];
            Path ca = Files.createDirectories(files.resolve("ca"));
            var authority = LocalAuthority.load(ca, "root", Clock.systemUTC(), HOUR);
            source = sources.open(files, authority, account, metadata.get("NAME").getAsString());
            relay =
                    new XdsRelay(
                            source.channel(),
                            source.credentials(),
                            subject.vanilla() ? any -> VanillaEnvoy.of(change.of(any)) : change);
            loops = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
            Path socket = files.resolve("xds.sock");
            var id = new SpiffeId("cluster.local", account.namespace(), account.name());
            var server =
                    NettyServerBuilder.forAddress(new DomainSocketAddress(socket.toFile()))
                            .channelType(EpollServerDomainSocketChannel.class)
                            .bossEventLoopGroup(loops)
                            .workerEventLoopGroup(loops)
                            .addService(relay)
                            .addService(new Secrets(authority, id))
                            .addService(new Certificates(authority, id));
            if (subject.tls()) {
                var own = authority.serverCertificate(List.of("localhost"), HOUR);
                server.useTransportSecurity(pem(own.chainPem()), pem(own.keyPem()));
            }
            relayServer = server.build().start();
            var facts = InputFacts.of(input);
            network(address, facts);
            peer = startPeer(ca, address, facts, around);
            place = new Subject.Place(lab, files, node, socket, authority, around.waypointCore());
            waypoint = subject.start(place);
        } catch (Exception | Error failed) {
            lab.close();
            throw failed;
        }
    }

    /// Envoy's namespace has the waypoint's address, the other one all others.
    private void network(String waypoint, InputFacts facts) throws IOException {
        var node = lab.addNode("peers");
        var here = lab.control().netns();
        // Nobody answers there: names are known at once not to be known.
        Files.writeString(
                Files.createDirectories(here.etc()).resolve("resolv.conf"),
                "nameserver 127.0.0.1\n");
        here.ip(
                        """
                        addr add %s/32 dev lo
                        route add default via %s
                        """
                                .formatted(waypoint, node.address().getHostAddress()))
                .run(CALL);
        var lines = new StringBuilder();
        for (var address : facts.addresses()) {
            if (!address.equals(waypoint)) {
                lines.append("addr add ").append(address).append("/32 dev lo\n");
            }
        }
        lines.append(
                "route add %s/32 via %s%n"
                        .formatted(waypoint, lab.control().address().getHostAddress()));
        node.netns().ip(lines.toString()).run(CALL);
    }

    private Running startPeer(Path ca, String waypoint, InputFacts facts, Around around) {
        var command = new ArrayList<>(List.of(App.java(), "--enable-native-access=ALL-UNNAMED"));
        command.addAll(around.peerFlags());
        command.addAll(
                List.of(
                        "-cp",
                        System.getProperty("java.class.path"),
                        around.peer().getName(),
                        files.resolve("peer.sock").toString(),
                        ca.toString(),
                        waypoint));
        facts.ports().forEach(p -> command.add(p.toString()));
        var spec = ProcessSpec.of("peer", command);
        if (around.peerCore().isPresent()) {
            spec = spec.onCore(around.peerCore().getAsInt());
        }
        var started = lab.processes().start(lab.nodes().getFirst().netns(), spec);
        return App.awaitReady(started);
    }

    /// Labs of tests and measurements keep their state apart from those that people run.
    private static LabConfig config(Path stateRoot) {
        LabConfig real = LabConfig.of("test");
        return new LabConfig(
                stateRoot, "test", real.ipv6(), real.limits(), real.nanoTime(), real.uuids());
    }

    /// The waypoint's process.
    public long pid() {
        return waypoint.pid();
    }

    private static ByteArrayInputStream pem(String text) {
        return new ByteArrayInputStream(text.getBytes(UTF_8));
    }

    /// Waits until the waypoint works with everything that it was sent, or has refused some of it.
    public void awaitApplied() {
        waypoint.awaitReady(
                "everything applied",
                () -> !relay.refused().isEmpty() || (relay.settled() && subject.ready(place)));
    }

    /// What the waypoint refused: by NACK, or counted by itself.
    public List<String> refused() {
        var all = new ArrayList<>(relay.refused());
        all.addAll(subject.refused(place));
        return all;
    }

    public int resources() {
        return relay.resources();
    }

    /// A page of the waypoint's.
    public String admin(String path) {
        return subject.admin(place, path);
    }

    /// Waits for the waypoint's log, which comes when it pleases, if at all.
    public boolean logs(BooleanSupplier there) {
        return new Await(config.nanoTime(), POLL).until(LOGGED, there);
    }

    /// Lines that the waypoint has printed.
    public List<String> printed() {
        return waypoint.lines();
    }

    /// One request through the waypoint, as the peer understands it.
    public JsonObject ask(JsonObject request) throws IOException {
        try (var socket =
                        SocketChannel.open(UnixDomainSocketAddress.of(files.resolve("peer.sock")));
                var in = new BufferedReader(Channels.newReader(socket, UTF_8));
                var out = Channels.newWriter(socket, UTF_8)) {
            out.write(request + "\n");
            out.flush();
            return JsonParser.parseString(String.valueOf(in.readLine())).getAsJsonObject();
        }
    }

    public String logs() {
        return lab.processes().tails();
    }

    @Override
    public void close() throws InterruptedException {
        waypoint.stop();
        peer.stop();
        relayServer.shutdownNow();
        source.close();
        lab.close();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).await(5, TimeUnit.SECONDS);
    }
}
