package dev.ambit.hbone;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.ambit.hbone.Frames.Frame;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.concurrent.MockTicker;
import io.netty.util.concurrent.Ticker;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A pool, and a server at the other end of each connection that it dials. Nothing moves, and no
/// time passes, but by `pump` and `pass`. A key is the name in the client's certificate.
final class PoolLab implements AutoCloseable {
    final List<Link> links = new ArrayList<>();
    final HbonePool<String, String> pool;

    /// What the servers answer to a CONNECT.
    int status = 200;

    /// Whom the client takes for its server.
    String expected = "server";

    /// Servers of new links are none: the test writes their frames.
    boolean raw;

    /// Servers of new links don't even speak TLS.
    boolean mute;

    /// Servers of new links hand their CONNECTs over to the test.
    @Nullable Consumer<IncomingConnect<String>> connects;

    boolean holdDials;
    @Nullable HboneFault refusal;

    private final HboneLimits limits;
    private final MockTicker ticker = Ticker.newMockTicker();
    private final EmbeddedChannel home = EmbeddedChannel.builder().ticker(ticker).build();
    private final List<Runnable> held = new ArrayList<>();
    private int timers;

    PoolLab(HboneLimits limits) {
        this.limits = limits;
        pool = new HbonePool<>(counted(home.eventLoop()), limits, this::dial, new Timed());
    }

    /// The steps of which the pool said how long they took.
    final List<String> timed = new ArrayList<>();

    private final class Timed implements TunnelTimings {
        @Override
        public void waited(long nanos) {
            timed.add("waited");
        }

        @Override
        public void handshake(long nanos) {
            timed.add("handshake");
        }

        @Override
        public void connect(long nanos) {
            timed.add("connect");
        }
    }

    /// The loop itself, and a count of the timers that are set on it.
    private EventLoop counted(EventLoop loop) {
        return (EventLoop)
                Proxy.newProxyInstance(
                        PoolLab.class.getClassLoader(),
                        new Class<?>[] {EventLoop.class},
                        (_, method, arguments) -> {
                            if (method.getName().equals("schedule")) {
                                timers++;
                            }
                            try {
                                return method.invoke(loop, arguments);
                            } catch (InvocationTargetException thrown) {
                                throw thrown.getCause();
                            }
                        });
    }

    int timersSet() {
        return timers;
    }

    private void dial(String key, EventLoop loop, Consumer<TunnelDialer.Dialled<String>> whenDone) {
        Runnable connect =
                () -> {
                    var fault = refusal;
                    if (fault != null) {
                        whenDone.accept(new TunnelDialer.Dialled.Failed<>(fault));
                        return;
                    }
                    var link = new Link(key);
                    links.add(link);
                    whenDone.accept(
                            new TunnelDialer.Dialled.Connected<>(
                                    link.near, TestTls.client(key, expected)));
                };
        if (holdDials) {
            held.add(connect);
        } else {
            connect.run();
        }
    }

    void releaseDials() {
        holdDials = false;
        var now = List.copyOf(held);
        held.clear();
        now.forEach(Runnable::run);
    }

    Got open(String key) {
        var got = new Got();
        pool.open(key, ConnectRequest.to("10.0.0.2:80", "", "", ""), got);
        return got;
    }

    Link link(int index) {
        return links.get(index);
    }

    /// Moves bytes until there are none.
    void pump() {
        boolean moved = true;
        while (moved) {
            moved = false;
            for (var link : List.copyOf(links)) {
                moved |= link.move();
            }
        }
    }

    /// In steps shorter than every interval that is tested.
    void pass(Duration time) {
        for (long second = 0; second < time.toSeconds(); second++) {
            ticker.advance(1, TimeUnit.SECONDS);
            home.runScheduledPendingTasks();
            for (var link : List.copyOf(links)) {
                link.near.runScheduledPendingTasks();
                link.far.runScheduledPendingTasks();
            }
            pump();
        }
    }

    void send(HboneStream stream, String text) {
        stream.write(Unpooled.copiedBuffer(text, UTF_8));
        stream.flush();
        pump();
    }

    /// Ends both directions of the link's first stream.
    void end(Got got, Link link) {
        got.stream().endOutput();
        link.streams.getFirst().endOutput();
        pump();
    }

    @Override
    public void close() {
        for (var link : links) {
            link.near.finishAndReleaseAll();
            link.far.finishAndReleaseAll();
        }
        home.finishAndReleaseAll();
    }

    /// What became of one request.
    final class Got implements Consumer<Opened<String>> {
        final List<Opened<String>> answers = new ArrayList<>();
        final CollectingInlet inlet = new CollectingInlet();

        @Override
        public void accept(Opened<String> opened) {
            answers.add(opened);
            if (opened instanceof Opened.Stream<String>(var stream, _, _)) {
                stream.attach(inlet);
            }
        }

        boolean isStream() {
            return answers.size() == 1 && answers.getFirst() instanceof Opened.Stream;
        }

        HboneStream stream() {
            pump();
            return ((Opened.Stream<String>) answers.getFirst()).stream();
        }

        HboneFault fault() {
            return ((Opened.Failed<String>) answers.getFirst()).fault();
        }
    }

    /// One connection: the pool's end is near, the server's is far.
    final class Link implements HboneServer.Events<String> {
        final String key;
        final EmbeddedChannel near = EmbeddedChannel.builder().ticker(ticker).build();
        final EmbeddedChannel far = EmbeddedChannel.builder().ticker(ticker).build();
        final List<IncomingConnect<String>> connects = new ArrayList<>();
        final List<HboneStream> streams = new ArrayList<>();
        final List<CollectingInlet> inlets = new ArrayList<>();
        final List<HboneFault> faults = new ArrayList<>();
        int resetsBeforeClosed = -1;
        private final @Nullable HboneServer<String> server;

        Link(String key) {
            this.key = key;
            var tls = TestTls.server("server", key);
            if (mute) {
                server = null;
            } else if (raw) {
                far.pipeline().addLast(tls.newHandler(far));
                server = null;
            } else {
                server = HboneServer.accept(far, tls, limits, this);
            }
        }

        HboneServer<String> server() {
            if (server == null) {
                throw new IllegalStateException("no server on this link");
            }
            return server;
        }

        boolean isOpen() {
            return near.isOpen();
        }

        @Override
        public void onConnect(IncomingConnect<String> connect) {
            connects.add(connect);
            var test = PoolLab.this.connects;
            if (test != null) {
                test.accept(connect);
                return;
            }
            if (status != 200) {
                connect.refuse(status);
                return;
            }
            var stream = connect.accept(ConnectReply.ok("k=v"));
            var inlet = new CollectingInlet();
            stream.attach(inlet);
            streams.add(stream);
            inlets.add(inlet);
        }

        @Override
        public void onFault(HboneFault fault) {
            faults.add(fault);
        }

        @Override
        public void onClosed() {
            resetsBeforeClosed = inlets.stream().mapToInt(inlet -> inlet.resets.size()).sum();
        }

        /// Of a raw server.
        void send(ByteBuf frame) {
            far.writeOutbound(frame);
            pump();
        }

        /// Past TLS.
        void sendPlain(ByteBuf bytes) {
            near.writeInbound(bytes);
        }

        /// What a raw server got.
        List<Frame> received() {
            var all = Unpooled.buffer();
            ByteBuf in;
            while ((in = far.readInbound()) != null) {
                all.writeBytes(in);
                in.release();
            }
            return Frames.parse(all);
        }

        /// As when the peer's machine is gone and its kernel says so.
        void cutWire() {
            near.close();
            far.close();
        }

        boolean move() {
            near.runPendingTasks();
            far.runPendingTasks();
            boolean moved = move(near, far) | move(far, near);
            if (near.isOpen() != far.isOpen()) {
                near.close();
                far.close();
                moved = true;
            }
            return moved;
        }

        private boolean move(EmbeddedChannel from, EmbeddedChannel to) {
            boolean moved = false;
            ByteBuf bytes;
            while ((bytes = from.readOutbound()) != null) {
                moved = true;
                if (mute || !to.isOpen()) {
                    bytes.release();
                    continue;
                }
                try {
                    to.writeInbound(bytes);
                } catch (Exception thrown) {
                    if (!(thrown instanceof ClosedChannelException)) {
                        throw thrown;
                    }
                }
            }
            return moved;
        }
    }
}
