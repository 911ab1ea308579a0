package dev.ambit.waypoint.upstream;

import dev.ambit.hbone.Duplex;
import dev.ambit.waypoint.http.HttpVersion;
import dev.ambit.waypoint.pool.HostPools;
import dev.ambit.waypoint.pool.PoolKey;
import dev.ambit.waypoint.pool.Target;
import dev.ambit.waypoint.pool.TransportConfig;
import dev.ambit.waypoint.stage.Permit;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// One cluster on one loop: chooses hosts and asks the pools.
final class LoopUpstream implements Upstream {
    /// Where tunnels are accepted.
    private static final int HBONE_PORT = 15008;

    private static final int HTTP_PORT = 80;
    private static final int HTTPS_PORT = 443;

    /// A name that no certificate has (RFC 2606), where a request does not say which to prove.
    private static final String NOBODY = "no-authority.invalid";

    private static final Cancel NOTHING = () -> {};

    private final Cluster cluster;
    private final LoopUpstreams loop;
    private final Picker.NanoClock clock;
    private ClusterState state;
    private Picker picker;

    LoopUpstream(Cluster cluster, LoopUpstreams loop, Picker.NanoClock clock) {
        this.cluster = cluster;
        this.loop = loop;
        this.clock = clock;
        this.state = cluster.state();
        this.picker = Picker.of(state, loop.random, clock);
    }

    @Override
    public ClusterFacts facts() {
        return cluster.config().facts();
    }

    @Override
    public @Nullable Runnable retry() {
        return cluster.breakers.tryRetry();
    }

    @Override
    public Cancel request(PickContext context, Permit permit, RequestListener listener) {
        var host = known(context);
        if (host != null) {
            return request(host, context, permit, listener);
        }
        return unknown(
                context, listener::onFailed, found -> request(found, context, permit, listener));
    }

    @Override
    public Cancel connect(PickContext context, Permit permit, ConnectListener listener) {
        var host = known(context);
        if (host != null) {
            return connect(host, context, permit, listener);
        }
        return unknown(
                context, listener::onFailed, found -> connect(found, context, permit, listener));
    }

    private Cancel request(
            Host host, PickContext context, Permit permit, RequestListener listener) {
        var transport = host.transport();
        return loop.pools.request(
                key(host, transport, version(transport, context), context),
                host.breakersForRequests(),
                permit,
                new CountedExchange(host, listener));
    }

    private Cancel connect(
            Host host, PickContext context, Permit permit, ConnectListener listener) {
        return loop.pools.connect(
                key(host, host.transport(), null, context),
                host.breakersForBytes(),
                permit,
                new HostPools.ByteListener() {
                    @Override
                    public void onConnected(Duplex connection, ConnectionFacts facts) {
                        listener.onConnected(host, connection, facts);
                    }

                    @Override
                    public void onFailed(HostPools.PoolFailure failure) {
                        listener.onFailed(CountedExchange.failure(host, failure));
                    }
                });
    }

    private static @Nullable HttpVersion version(TransportConfig transport, PickContext context) {
        return switch (transport.http().version()) {
            case HTTP_1 -> HttpVersion.HTTP_1_1;
            case HTTP_2 -> HttpVersion.HTTP_2;
            case DOWNSTREAM ->
                    context.version() == HttpVersion.HTTP_2
                            ? HttpVersion.HTTP_2
                            : HttpVersion.HTTP_1_1;
            case AUTO -> null;
        };
    }

    private PoolKey key(
            Host host,
            TransportConfig transport,
            @Nullable HttpVersion version,
            PickContext context) {
        var target = host.endpoint().target();
        boolean proxied = transport.proxyProtocol().isPresent();
        if (proxied || HostKeys.sniByRequest(transport)) {
            return new PoolKey(
                    cluster.name(),
                    target,
                    transport,
                    version,
                    sni(transport, context),
                    proxied ? context.connection().remote() : null,
                    proxied ? context.connection().originalDst() : null);
        }
        int index = loop.index();
        var keys = host.keys[index];
        if (keys == null || !keys.fits(target, transport)) {
            keys = new HostKeys(cluster.name(), target, transport);
            host.keys[index] = keys;
        }
        return keys.key(version);
    }

    /// The name that goes into the handshake, and may have to be proven in it: an authority that
    /// makes no sense is nobody's name, and so fails.
    private static String sni(TransportConfig transport, PickContext context) {
        if (!HostKeys.sniByRequest(transport)) {
            return HostKeys.sni(transport);
        }
        if (context.authority().isEmpty() || context.version() == null) {
            // Nothing is proven by whom bytes are for, as in Envoy.
            boolean proven =
                    context.version() != null && transport.tls().orElseThrow().autoSanValidation();
            return proven ? NOBODY : HostKeys.sni(transport);
        }
        var asked = HostPort.parse(context.authority(), 0);
        return asked == null ? context.authority() : asked.host();
    }

    /// A host that can be named at once. Null where there is none, or where it takes more.
    private @Nullable Host known(PickContext context) {
        var now = cluster.state();
        if (now != state) {
            state = now;
            picker = Picker.of(now, loop.random, clock);
        }
        return now.priorities().getFirst().all().length == 0 && now.priorities().size() == 1
                ? null
                : picker.pick(context);
    }

    private interface Next extends Function<Host, Cancel> {}

    private interface Failed {
        void onFailed(UpstreamFailure failure);
    }

    private Cancel unknown(PickContext context, Failed failed, Next next) {
        return switch (state.config().discovery()) {
            case Discovery.OriginalDst(var port, _) -> {
                var asked = context.connection().originalDst();
                yield asked == null
                        ? none(failed)
                        : demanded(direct(asked, port.orElse(asked.getPort())), failed, next);
            }
            case Discovery.OriginalTunnel(var address) -> {
                var asked = context.connection().originalDst();
                yield asked == null ? none(failed) : demanded(tunnel(asked, address), failed, next);
            }
            case Discovery.DynamicForward _ -> forwarded(context, failed, next);
            case Discovery.Eds _,
                    Discovery.Static _,
                    Discovery.StrictDns _,
                    Discovery.LogicalDns _,
                    Discovery.Internal _ ->
                    none(failed);
        };
    }

    private static Cancel none(Failed failed) {
        failed.onFailed(
                new UpstreamFailure(
                        UpstreamFailure.Kind.NO_HEALTHY_HOST, null, "no_healthy_upstream"));
        return NOTHING;
    }

    private static Endpoint direct(InetSocketAddress asked, int port) {
        var to = new InetSocketAddress(asked.getAddress(), port);
        var text = Resolved.text(to);
        return endpoint(text, new Target.Direct(List.of(to)), asked);
    }

    private static Endpoint tunnel(InetSocketAddress asked, String address) {
        return endpoint(
                address,
                new Target.Tunnel(
                        new InetSocketAddress(asked.getAddress(), HBONE_PORT),
                        Resolved.text(asked)),
                asked);
    }

    private static Endpoint endpoint(String address, Target target, InetSocketAddress asked) {
        return new Endpoint(
                address,
                address,
                target,
                "",
                Endpoint.Health.HEALTHY,
                1,
                asked.getAddress().getHostAddress(),
                "",
                Map.of());
    }

    private Cancel demanded(Endpoint endpoint, Failed failed, Next next) {
        var hosts = cluster.onDemand();
        if (hosts == null) {
            return none(failed);
        }
        var host = hosts.find(key(endpoint.target()), _ -> endpoint);
        if (host == null) {
            failed.onFailed(
                    new UpstreamFailure(
                            UpstreamFailure.Kind.OVERFLOW,
                            null,
                            "more destinations than cluster " + cluster.name() + " may have"));
            return NOTHING;
        }
        return next.apply(host);
    }

    private static String key(Target target) {
        return switch (target) {
            case Target.Direct(var addresses) -> Resolved.text(addresses.getFirst());
            case Target.Tunnel(_, var authority) -> authority;
            case Target.GatewayTunnel(_, var authority) -> authority;
        };
    }

    private Cancel forwarded(PickContext context, Failed failed, Next next) {
        var hosts = cluster.forward();
        var asked = asked(context);
        if (hosts == null || asked == null) {
            return none(failed);
        }
        var waiting = new Waiting();
        hosts.find(
                asked.host(),
                asked.port(),
                loop.loop,
                found -> {
                    if (waiting.cancelled) {
                        return;
                    }
                    switch (found) {
                        case ForwardHosts.Found.Ready(var host) -> waiting.then = next.apply(host);
                        case ForwardHosts.Found.Failed(var kind, var detail) ->
                                failed.onFailed(new UpstreamFailure(kind, null, detail));
                    }
                });
        return waiting;
    }

    private static final class Waiting implements Cancel {
        private boolean cancelled;
        private Cancel then = NOTHING;

        @Override
        public void cancel() {
            cancelled = true;
            then.cancel();
        }
    }

    /// Whom a request names: its authority, or for bytes the name of the TLS client hello.
    private @Nullable HostPort asked(PickContext context) {
        boolean tls = cluster.config().transport().tls().isPresent();
        if (!context.authority().isEmpty()) {
            return HostPort.parse(context.authority(), tls ? HTTPS_PORT : HTTP_PORT);
        }
        var name = context.connection().serverName();
        var to = context.connection().originalDst();
        return name.isEmpty() || to == null ? null : new HostPort(name, to.getPort());
    }
}
