package dev.ambit.e2e.scenario;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.ambit.e2e.app.App;
import dev.ambit.e2e.lab.ProcessSpec;
import dev.ambit.e2e.lab.Running;
import dev.ambit.e2e.mesh.MeshLab;
import dev.ambit.e2e.mesh.MeshPod;
import dev.ambit.hbone.ConnectReply;
import dev.ambit.hbone.Duplex;
import dev.ambit.hbone.HboneFault;
import dev.ambit.hbone.HboneLimits;
import dev.ambit.hbone.HboneServer;
import dev.ambit.hbone.HboneStream;
import dev.ambit.hbone.IncomingConnect;
import dev.ambit.hbone.ResetReason;
import dev.ambit.hbone.SocketDuplex;
import dev.ambit.identity.IdentityLimits;
import dev.ambit.identity.SpiffeId;
import dev.ambit.identity.TrustBundle;
import dev.ambit.identity.WorkloadCertificate;
import dev.ambit.identity.ca.LocalAuthority;
import dev.ambit.identity.csr.KeyAndCsr;
import dev.ambit.identity.csr.Pem;
import dev.ambit.identity.tls.WorkloadTls;
import dev.ambit.ztunnel.tls.Identities;
import dev.ambit.ztunnel.tls.PeerProof;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.List;

/// What stands where a waypoint would: takes HBONE on port 15008 with an identity of its own, says
/// who asked for what, and sends back what it gets. `HbonePeer SPIFFE-ID CHAIN KEY ROOTS`, files in
/// PEM.
public final class HbonePeer {
    private static final int PORT = 15008;

    private HbonePeer() {}

    /// Starts one in a pod that the mesh does not capture, with a certificate of the mesh's root.
    static Running startIn(MeshLab mesh, MeshPod pod, Path files) throws Exception {
        var id = new SpiffeId("cluster.local", pod.place().namespace(), pod.serviceAccount());
        var day = Duration.ofDays(1);
        var authority =
                LocalAuthority.load(
                        mesh.lab().state().etc().resolve("ca"), "root", Clock.systemUTC(), day);
        var csr = KeyAndCsr.forIdentity(id);
        var signed = authority.sign(csr.pem(), id, day);
        Path chain = files.resolve(pod.place().name() + ".chain");
        Path key = files.resolve(pod.place().name() + ".key");
        Path roots = files.resolve(pod.place().name() + ".roots");
        Files.writeString(chain, String.join("", signed.subList(0, signed.size() - 1)));
        Files.writeString(
                key, Base64.getEncoder().encodeToString(csr.keys().getPrivate().getEncoded()));
        Files.writeString(roots, authority.trustPem());
        var command =
                List.of(
                        App.java(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-XX:TieredStopAtLevel=1",
                        "-Xmx64m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        HbonePeer.class.getName(),
                        id.toString(),
                        chain.toString(),
                        key.toString(),
                        roots.toString());
        var process =
                mesh.lab()
                        .processes()
                        .start(pod.place().netns(), ProcessSpec.of("peer-" + pod.place(), command));
        return App.awaitReady(process);
    }

    public static void main(String[] arguments) throws Exception {
        var key =
                KeyFactory.getInstance("EC")
                        .generatePrivate(
                                new PKCS8EncodedKeySpec(
                                        Base64.getDecoder()
                                                .decode(Files.readString(Path.of(arguments[2])))));
        var certificate =
                new WorkloadCertificate(
                        SpiffeId.parse(arguments[0]),
                        key,
                        Pem.certificates(Files.readString(Path.of(arguments[1]))),
                        new TrustBundle(Pem.certificates(Files.readString(Path.of(arguments[3])))));
        var tls = WorkloadTls.of(certificate, Clock.systemUTC(), IdentityLimits.defaults());
        var limits = HboneLimits.defaults();
        var loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        new ServerBootstrap()
                .group(loops)
                .channel(NioServerSocketChannel.class)
                .childHandler(
                        new ChannelInitializer<>() {
                            @Override
                            protected void initChannel(Channel channel) {
                                SocketDuplex.prepare(channel, limits);
                                HboneServer.accept(
                                        channel, Identities.server(tls), limits, new Events());
                            }
                        })
                .bind(PORT)
                .sync();
        System.out.println("ready " + arguments[0]);
    }

    private static final class Events implements HboneServer.Events<PeerProof> {
        @Override
        public void onConnect(IncomingConnect<PeerProof> connect) {
            var stream = connect.accept(ConnectReply.ok(""));
            var text =
                    "waypoint for %s from %s%n"
                            .formatted(connect.request().authority(), connect.peer().id());
            stream.attach(new Echo(stream));
            stream.write(Unpooled.copiedBuffer(text, UTF_8));
            stream.flush();
        }

        @Override
        public void onFault(HboneFault fault) {
            System.out.println("fault " + fault);
        }

        @Override
        public void onClosed() {}
    }

    private record Echo(HboneStream stream) implements Duplex.Inlet {
        @Override
        public void onBytes(ByteBuf bytes) {
            int length = bytes.readableBytes();
            stream.write(bytes);
            stream.grant(length);
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
        public void onTaken(int bytes) {}
    }
}
