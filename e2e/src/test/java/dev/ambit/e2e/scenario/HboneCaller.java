package dev.ambit.e2e.scenario;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.ambit.e2e.mesh.MeshLab;
import dev.ambit.e2e.mesh.MeshPod;
import dev.ambit.hbone.ConnectRequest;
import dev.ambit.hbone.Duplex;
import dev.ambit.hbone.HboneFault;
import dev.ambit.hbone.HboneLimits;
import dev.ambit.hbone.HbonePool;
import dev.ambit.hbone.HboneStream;
import dev.ambit.hbone.Opened;
import dev.ambit.hbone.ResetReason;
import dev.ambit.hbone.SocketDuplex;
import dev.ambit.hbone.TunnelDialer;
import dev.ambit.identity.IdentityLimits;
import dev.ambit.identity.SpiffeId;
import dev.ambit.identity.tls.WorkloadTls;
import dev.ambit.process.tls.Identities;
import dev.ambit.process.tls.PeerProof;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.net.InetAddress;
import java.time.Clock;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/// An HBONE client of any identity in a test's own hands, in any pod: one tunnel and one CONNECT a
/// call.
final class HboneCaller implements AutoCloseable {
    private static final int PORT = 15008;

    private final MeshLab mesh;
    private final MultiThreadIoEventLoopGroup loops =
            new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());

    HboneCaller(MeshLab mesh) {
        this.mesh = mesh;
    }

    /// What a CONNECT came to.
    ///
    /// @param status 0 when there was no answer
    /// @param text what came back until the end, or what went wrong
    record Told(int status, String text) {}

    /// Sends `bytes` if it is let in.
    Told call(MeshPod from, Issued as, MeshPod to, String authority, String bytes)
            throws Exception {
        var socket =
                mesh.sockets()
                        .connect(from.place().netns(), InetAddress.ofLiteral(to.address()), PORT);
        var loop = loops.next();
        var result = new CompletableFuture<Told>();
        try (var tls =
                WorkloadTls.of(
                        as.certificate(Issued.authority(mesh)),
                        Clock.systemUTC(),
                        IdentityLimits.defaults())) {
            var dialer = new Dialer(new NioSocketChannel(socket.getChannel()), tls);
            var request =
                    new ConnectRequest(
                            "CONNECT",
                            authority,
                            Optional.empty(),
                            Optional.empty(),
                            Optional.empty(),
                            Optional.empty());
            var pool = new HbonePool<>((EventLoop) loop, HboneLimits.defaults(), dialer);
            loop.execute(() ->
                    pool.open(
                            SpiffeId.parse(to.identity()),
                            request,
                            opened -> answered(opened, bytes, result)));
            return result.get(20, TimeUnit.SECONDS);
        } finally {
            socket.close();
        }
    }

    private static void answered(
            Opened<PeerProof> opened, String bytes, CompletableFuture<Told> result) {
        switch (opened) {
            case Opened.Stream<PeerProof>(var stream, var reply, _) -> {
                stream.attach(new Reader(stream, reply.status(), result));
                stream.write(Unpooled.copiedBuffer(bytes, UTF_8));
                stream.flush();
                stream.endOutput();
            }
            case Opened.Refused<PeerProof>(var reply, _) ->
                    result.complete(new Told(reply.status(), ""));
            case Opened.Failed<PeerProof>(HboneFault fault) ->
                    result.complete(new Told(0, fault.toString()));
        }
    }

    /// @param channel connected; its first user has it
    private record Dialer(NioSocketChannel channel, WorkloadTls tls)
            implements TunnelDialer<SpiffeId, PeerProof> {
        @Override
        public void dial(
                SpiffeId key,
                EventLoop loop,
                java.util.function.Consumer<Dialled<PeerProof>> whenDone) {
            SocketDuplex.prepare(channel, HboneLimits.defaults());
            loop.register(channel)
                    .addListener(done ->
                            whenDone.accept(
                                    new Dialled.Connected<>(
                                            channel, Identities.client(tls, Set.of(key)))));
        }
    }

    private static final class Reader implements Duplex.Inlet {
        private final HboneStream stream;
        private final int status;
        private final CompletableFuture<Told> result;
        private final StringBuilder text = new StringBuilder();

        Reader(HboneStream stream, int status, CompletableFuture<Told> result) {
            this.stream = stream;
            this.status = status;
            this.result = result;
        }

        @Override
        public void onBytes(ByteBuf bytes) {
            int length = bytes.readableBytes();
            text.append(bytes.toString(UTF_8));
            bytes.release();
            stream.grant(length);
        }

        @Override
        public void onBurstEnd() {}

        @Override
        public void onEnd() {
            result.complete(new Told(status, text.toString()));
        }

        @Override
        public void onReset(ResetReason reason) {
            result.complete(new Told(status, text + reason.detail()));
        }

        @Override
        public void onTaken(int bytes) {}
    }

    @Override
    public void close() {
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }
}
