package dev.ambit.waypoint.proxy;

import dev.ambit.hbone.Duplex;
import dev.ambit.waypoint.http.ClientConnection;
import dev.ambit.waypoint.http.ClientStream;
import dev.ambit.waypoint.http.HttpVersion;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.http.StreamReset;
import dev.ambit.waypoint.stage.Permit;
import dev.ambit.waypoint.upstream.ClusterFacts;
import dev.ambit.waypoint.upstream.PickContext;
import dev.ambit.waypoint.upstream.Upstream;
import dev.ambit.waypoint.upstream.UpstreamFailure;
import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A cluster in memory: connections are there at once, unless the test says what else happens.
final class TestUpstream implements Upstream {
    private final EventLoop loop;
    private final ClusterFacts facts;
    HttpVersion version = HttpVersion.HTTP_1_1;

    /// What comes of the next asks, in turn; empty: a connection.
    final Deque<UpstreamFailure.Kind> failures = new ArrayDeque<>();

    /// Whether asks wait until the test says `proceed`.
    boolean holds;

    final List<HostStream> streams = new ArrayList<>();
    final List<PickContext> contexts = new ArrayList<>();
    final List<RequestListener> waiting = new ArrayList<>();
    final List<TestHost> hosts = new ArrayList<>();
    final List<Duplex> bytes = new ArrayList<>();
    int cancelled;
    int retriesAllowed = 100;
    int retriesOut;

    TestUpstream(EventLoop loop, String name) {
        this.loop = loop;
        this.facts = new ClusterFacts(name, name, List.of(), "", "");
    }

    HostStream stream(int at) {
        return streams.get(at);
    }

    HostStream last() {
        return streams.getLast();
    }

    void proceed() {
        var all = List.copyOf(waiting);
        waiting.clear();
        all.forEach(this::answer);
    }

    @Override
    public ClusterFacts facts() {
        return facts;
    }

    private TestHost host() {
        var host = new TestHost("10.0.0." + (hosts.size() + 1) + ":8080");
        hosts.add(host);
        return host;
    }

    @Override
    public Cancel request(PickContext context, Permit permit, RequestListener listener) {
        contexts.add(context);
        if (holds) {
            waiting.add(listener);
            return () -> {
                cancelled++;
                waiting.remove(listener);
            };
        }
        answer(listener);
        return () -> cancelled++;
    }

    private void answer(RequestListener listener) {
        var host = host();
        var failure = failures.poll();
        if (failure != null) {
            boolean chosen = failure != UpstreamFailure.Kind.NO_HEALTHY_HOST;
            listener.onFailed(
                    new UpstreamFailure(
                            failure,
                            chosen ? host : null,
                            failure == UpstreamFailure.Kind.CONNECT_FAILED ? "refused by it" : ""));
            return;
        }
        listener.onReady(host, new OneConnection(host), new ConnectionFacts("10.9.9.9:5", 0));
    }

    @Override
    public Cancel connect(PickContext context, Permit permit, ConnectListener listener) {
        contexts.add(context);
        var host = host();
        var failure = failures.poll();
        if (failure != null) {
            listener.onFailed(new UpstreamFailure(failure, host, "refused by it"));
        } else {
            listener.onConnected(host, bytes.removeFirst(), new ConnectionFacts("", 0));
        }
        return () -> cancelled++;
    }

    @Override
    public @Nullable Runnable retry() {
        if (retriesAllowed == 0) {
            return null;
        }
        retriesAllowed--;
        retriesOut++;
        return () -> retriesOut--;
    }

    private final class OneConnection implements ClientConnection {
        private final TestHost host;

        OneConnection(TestHost host) {
            this.host = host;
        }

        @Override
        public HttpVersion version() {
            return version;
        }

        @Override
        public int room() {
            return 1;
        }

        @Override
        public int active() {
            return 0;
        }

        @Override
        public ClientStream send(RequestHead head, boolean bodyFollows, ClientStream.Inlet inlet) {
            var stream = new HostStream(loop, host, head, bodyFollows, inlet);
            streams.add(stream);
            return stream;
        }

        @Override
        public void drain() {}

        @Override
        public void close(StreamReset reason) {}
    }
}
