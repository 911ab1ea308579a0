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
import dev.ambit.hbone.Splice;
import dev.ambit.identity.IdentityLimits;
import dev.ambit.identity.SpiffeId;
import dev.ambit.identity.tls.WorkloadTls;
import dev.ambit.process.tls.Identities;
import dev.ambit.process.tls.PeerProof;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What stands where a waypoint or another network's gateway would: takes HBONE on port 15008 with
/// an identity of its own and prints who asked for what. It says the same to who asked and sends
/// back what it gets; or, as `forward`, hands the stream's bytes on as they are. `HbonePeer ISSUED
/// [HOST:PORT]`.
public final class HbonePeer {
    private static final int PORT = 15008;

    private HbonePeer() {}

    /// Starts one in a pod that the mesh does not capture, with the pod's own identity.
    static Running startIn(MeshLab mesh, MeshPod pod, Path files) throws Exception {
        return startIn(mesh, pod, SpiffeId.parse(pod.identity()), files);
    }

    static Running startIn(MeshLab mesh, MeshPod pod, SpiffeId id, Path files, String... forward)
            throws Exception {
        Path issued = files.resolve(pod.place().name() + ".issued");
        Issued.by(mesh, id).write(issued);
        var command =
                new ArrayList<>(
                        List.of(
                                App.java(),
                                "--enable-native-access=ALL-UNNAMED",
                                "-XX:TieredStopAtLevel=1",
                                "-XX:+UseSerialGC",
                                "-Xmx64m",
                                "-cp",
                                System.getProperty("java.class.path"),
                                HbonePeer.class.getName(),
                                issued.toString()));
        command.addAll(List.of(forward));
        var process =
                mesh.lab()
                        .processes()
                        .start(pod.place().netns(), ProcessSpec.of("peer-" + pod.place(), command));
        return App.awaitReady(process);
    }

    public static void main(String[] arguments) throws Exception {
        var certificate = Issued.read(Path.of(arguments[0]));
        var forward =
                arguments.length > 1
                        ? Optional.of(Relay.address(arguments[1]))
                        : Optional.<InetSocketAddress>empty();
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
                                        channel,
                                        Identities.server(tls),
                                        limits,
                                        new Events(certificate.id(), forward, limits));
                            }
                        })
                .bind(PORT)
                .sync();
        System.out.println("ready " + certificate.id());
    }

    private record Events(SpiffeId id, Optional<InetSocketAddress> forward, HboneLimits limits)
            implements HboneServer.Events<PeerProof> {
        /// As a ztunnel in front of a workload of that name says it.
        private String baggage() {
            return "k8s.cluster.name=Kubernetes,k8s.namespace.name=%1$s,k8s.deployment.name=%2$s,service.name=%2$s"
                    .formatted(id.namespace(), id.serviceAccount());
        }

        @Override
        public void onConnect(IncomingConnect<PeerProof> connect) {
            var text =
                    "waypoint for %s from %s%n"
                            .formatted(connect.request().authority(), connect.peer().id());
            System.out.print(
                    text.strip()
                            + connect.request()
                                    .forwardedNetwork()
                                    .map(network -> " network '" + network + "'")
                                    .orElse("")
                            + "\n");
            if (forward.isPresent()) {
                forward(connect, forward.get());
                return;
            }
            var stream = connect.accept(ConnectReply.ok(baggage()));
            stream.attach(new Echo(stream));
            stream.write(Unpooled.copiedBuffer(text, UTF_8));
            stream.flush();
        }

        private void forward(IncomingConnect<PeerProof> connect, InetSocketAddress to) {
            new Bootstrap()
                    .group(connect.loop())
                    .channel(NioSocketChannel.class)
                    .handler(
                            new ChannelInitializer<>() {
                                @Override
                                protected void initChannel(Channel channel) {
                                    SocketDuplex.prepare(channel, limits);
                                }
                            })
                    .connect(to)
                    .addListener((ChannelFuture done) -> {
                        if (done.isSuccess()) {
                            Splice.join(
                                    connect.accept(ConnectReply.ok("")),
                                    SocketDuplex.of(done.channel(), limits),
                                    end -> System.out.println("ended " + end));
                        } else {
                            System.out.println("no way on: " + done.cause());
                            connect.refuse(503);
                        }
                    });
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
