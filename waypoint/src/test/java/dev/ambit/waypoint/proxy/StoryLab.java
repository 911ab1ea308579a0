package dev.ambit.waypoint.proxy;

import dev.ambit.hbone.Duplex;
import dev.ambit.waypoint.exchange.ConnectionInfo;
import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.HttpVersion;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.http.ServerConnection;
import dev.ambit.waypoint.http.StreamReset;
import dev.ambit.waypoint.model.ChainTable;
import dev.ambit.waypoint.model.HttpChain;
import dev.ambit.waypoint.model.HttpOptions;
import dev.ambit.waypoint.model.Inspection;
import dev.ambit.waypoint.model.PortRule;
import dev.ambit.waypoint.model.WaypointModel;
import dev.ambit.waypoint.stage.HttpStage;
import dev.ambit.waypoint.telemetry.ChainTelemetry;
import dev.ambit.waypoint.upstream.ClusterFacts;
import dev.ambit.waypoint.upstream.UpstreamHost;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// One chain, its clusters and a caller in memory, on a clock that stands still.
final class StoryLab implements ServerConnection, ChainTelemetry {
    private final EmbeddedChannel channel = new EmbeddedChannel();
    final EventLoop loop = channel.eventLoop();
    private long nanos = 1_000_000_000L;
    private long micros = 1_784_000_000_000_000L;
    final Map<String, TestUpstream> clusters = new HashMap<>();
    final TestUpstream up;
    final TestRoutes routes = new TestRoutes();
    final List<HttpStage> stages = new ArrayList<>();
    HttpOptions options = HttpOptions.DEFAULTS;
    final List<StreamInfo> ended = new ArrayList<>();
    final List<String> told = new ArrayList<>();
    boolean drained;
    WaypointModel model = WaypointModel.EMPTY;
    final Worker worker;
    private ServerConnection.@Nullable Handler handler;

    StoryLab() {
        channel.freezeTime();
        up = cluster("up");
        routes.to("/", "up");
        worker =
                Worker.of(
                        loop,
                        () -> model,
                        clusters::get,
                        ProxyLimits.defaults(),
                        () -> nanos,
                        () -> micros,
                        new SplittableRandom(7));
    }

    TestUpstream cluster(String name) {
        return clusters.computeIfAbsent(name, key -> new TestUpstream(loop, key));
    }

    void pass(Duration time) {
        nanos += time.toNanos();
        micros += time.toNanos() / 1_000;
        channel.advanceTimeBy(time.toNanos(), TimeUnit.NANOSECONDS);
        channel.runPendingTasks();
        channel.runScheduledPendingTasks();
    }

    static ConnectionInfo connectionInfo() {
        return new ConnectionInfo(
                "spiffe://cluster.local/ns/shop/sa/client",
                "spiffe://cluster.local/ns/shop/sa/waypoint",
                new InetSocketAddress("10.0.0.7", 40_000),
                new InetSocketAddress("10.96.0.11", 80),
                "10.96.0.11:80",
                Optional.empty(),
                Optional.empty(),
                1_784_000_000_000L,
                1);
    }

    HttpChain chain() {
        return new HttpChain("chain", options, List.copyOf(stages), routes.table(), this);
    }

    void publish() {
        model =
                new WaypointModel(
                        model.tunnel(),
                        new ChainTable(
                                Map.of("10.96.0.11:80", new PortRule.Http(chain())),
                                List.of(),
                                Inspection.NONE,
                                Optional.empty()),
                        model.originate());
    }

    static RequestHead request(String method, String path, String... headers) {
        return request(HttpVersion.HTTP_1_1, method, path, headers);
    }

    static RequestHead request(HttpVersion version, String method, String path, String... headers) {
        var all = new Headers();
        for (int at = 0; at < headers.length; at += 2) {
            all.add(headers[at], headers[at + 1]);
        }
        return new RequestHead(version, method, "http", "web.shop", path, all, null);
    }

    CallerStream get(String path, String... headers) {
        return ask(request("GET", path, headers), false);
    }

    CallerStream post(String path, String... headers) {
        return ask(request("POST", path, headers), true);
    }

    CallerStream ask(RequestHead head, boolean bodyFollows) {
        return ask(new CallerStream(loop), head, bodyFollows);
    }

    CallerStream ask(CallerStream caller, RequestHead head, boolean bodyFollows) {
        if (handler == null) {
            publish();
            HttpConnection.begin(
                    worker,
                    (_, _, _, taken) -> {
                        handler = taken;
                        return this;
                    },
                    connectionInfo(),
                    chain(),
                    model,
                    head.version(),
                    new NoBytes());
        }
        caller.inlet =
                java.util.Objects.requireNonNull(handler).onRequest(caller, head, bodyFollows);
        if (!bodyFollows) {
            caller.end();
        }
        caller.inlet().onBurstEnd();
        caller.flush();
        return caller;
    }

    ServerConnection.Handler handler() {
        return java.util.Objects.requireNonNull(handler);
    }

    StreamInfo info() {
        return ended.getLast();
    }

    String flags() {
        var text = new StringBuilder();
        info().flags().forEach(flag -> text.append(text.isEmpty() ? "" : ",").append(flag.text()));
        return text.toString();
    }

    // ---- the connection's codec

    @Override
    public HttpVersion version() {
        return HttpVersion.HTTP_1_1;
    }

    @Override
    public void drain() {
        drained = true;
    }

    @Override
    public void close(StreamReset reason) {}

    @Override
    public int active() {
        return 0;
    }

    // ---- telemetry

    @Override
    public void onRequest(
            StreamInfo info, RequestHead request, String operation, boolean propagate) {
        told.add("request");
    }

    @Override
    public void onAttempt(
            StreamInfo info, RequestHead upstream, ClusterFacts cluster, UpstreamHost host) {
        told.add("attempt " + host.address());
    }

    @Override
    public void onResponse(StreamInfo info, ResponseHead response) {
        told.add("response " + response.status());
    }

    @Override
    public void onEnd(StreamInfo info) {
        told.add("end");
        ended.add(info);
    }

    /// Bytes that nobody reads: the codec is the lab itself.
    private final class NoBytes implements Duplex {
        @Override
        public EventLoop loop() {
            return loop;
        }

        @Override
        public void attach(Inlet inlet) {}

        @Override
        public void write(ByteBuf bytes) {
            bytes.release();
        }

        @Override
        public void flush() {}

        @Override
        public void endOutput() {}

        @Override
        public void reset(dev.ambit.hbone.ResetReason reason) {}

        @Override
        public void grant(int bytes) {}
    }
}
