package dev.ambit.waypoint.proxy;

import dev.ambit.waypoint.http.ClientConnection;
import dev.ambit.waypoint.http.HttpStream;
import dev.ambit.waypoint.http.HttpVersion;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.http.ServerConnection;
import dev.ambit.waypoint.http.ServerStream;
import dev.ambit.waypoint.http.StreamReset;
import dev.ambit.waypoint.stage.Permit;
import dev.ambit.waypoint.upstream.ClusterFacts;
import dev.ambit.waypoint.upstream.PickContext;
import dev.ambit.waypoint.upstream.Upstream;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A cluster of one host, with real codecs on a wire: a connection for each request.
final class WiredUpstream implements Upstream {
    private final EventLoop loop;
    private final HttpVersion version;
    private final int window;
    private final Function<HostExchange, HttpStream.Inlet> application;
    final List<HostExchange> exchanges = new ArrayList<>();
    final List<Wire> wires = new ArrayList<>();
    int cancelled;

    /// A request as it came to the host.
    record HostExchange(
            int number,
            ServerConnection connection,
            ServerStream stream,
            RequestHead head,
            boolean bodyFollows) {}

    WiredUpstream(
            EventLoop loop,
            HttpVersion version,
            int window,
            Function<HostExchange, HttpStream.Inlet> application) {
        this.loop = loop;
        this.version = version;
        this.window = window;
        this.application = application;
    }

    @Override
    public ClusterFacts facts() {
        return new ClusterFacts("up", "up", List.of(), "", "");
    }

    @Override
    public Cancel request(PickContext context, Permit permit, RequestListener listener) {
        var wire = new Wire(loop, window);
        wires.add(wire);
        var host = new Host();
        host.connection =
                TestCodecs.server(
                        version, wire.other, dev.ambit.waypoint.model.HttpOptions.DEFAULTS, host);
        var client = TestCodecs.client(version, wire.one, new Owner());
        listener.onReady(new TestHost("10.0.0.1:8080"), client, new ConnectionFacts("", 0));
        return () -> cancelled++;
    }

    @Override
    public Cancel connect(PickContext context, Permit permit, ConnectListener listener) {
        throw new UnsupportedOperationException("requests only");
    }

    @Override
    public Runnable retry() {
        return () -> {};
    }

    private final class Host implements ServerConnection.Handler {
        @Nullable ServerConnection connection;

        @Override
        public HttpStream.Inlet onRequest(
                ServerStream stream, RequestHead head, boolean bodyFollows) {
            var exchange =
                    new HostExchange(
                            exchanges.size(),
                            java.util.Objects.requireNonNull(connection),
                            stream,
                            head,
                            bodyFollows);
            exchanges.add(exchange);
            return application.apply(exchange);
        }

        @Override
        public void onRejected(ServerConnection.Rejected rejected) {
            throw new AssertionError(rejected.toString());
        }

        @Override
        public void onClosed() {}
    }

    private static final class Owner implements ClientConnection.Owner {
        @Override
        public void onRoom(ClientConnection connection) {}

        @Override
        public void onDraining(ClientConnection connection) {}

        @Override
        public void onClosed(ClientConnection connection, StreamReset reason) {}
    }
}
