package dev.ambit.waypoint.security;

import dev.ambit.waypoint.exchange.ConnectionInfo;
import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.HttpVersion;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.stage.Exchange;
import dev.ambit.waypoint.stage.Step;
import dev.ambit.waypoint.upstream.Upstreams;
import io.netty.channel.DefaultEventLoop;
import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// One exchange without a proxy around it. By default Alice's GET of `/` from 10.0.0.7.
public class TestExchange implements Exchange {
    private static final EventLoop LOOP = new DefaultEventLoop();
    public static final String ALICE = "spiffe://cluster.local/ns/shop/sa/alice";

    private String principal = ALICE;
    private InetSocketAddress remote = new InetSocketAddress("10.0.0.7", 40_000);
    private InetSocketAddress destination = new InetSocketAddress("10.96.0.10", 80);
    private String method = "GET";
    private String authority = "web.shop";
    private String path = "/";
    private String serverName = "";
    private final Headers headers = new Headers();
    private @Nullable StreamInfo info;
    private @Nullable RequestHead head;
    private @Nullable Object routeConfig;
    private Upstreams upstreams = _ -> null;
    private final List<Runnable> ends = new ArrayList<>();
    public final List<Step> resumed = new ArrayList<>();
    public int routesCleared;
    private boolean ended;

    public TestExchange principal(String value) {
        principal = value;
        return this;
    }

    public TestExchange remote(String ip) {
        remote = new InetSocketAddress(ip, 40_000);
        return this;
    }

    public TestExchange destination(String ip, int port) {
        destination = new InetSocketAddress(ip, port);
        return this;
    }

    public TestExchange method(String value) {
        method = value;
        return this;
    }

    public TestExchange authority(String value) {
        authority = value;
        return this;
    }

    public TestExchange path(String value) {
        path = value;
        return this;
    }

    public TestExchange serverName(String value) {
        serverName = value;
        return this;
    }

    public TestExchange header(String name, String value) {
        headers.add(name, value);
        return this;
    }

    public TestExchange metadata(String namespace, String key, Object value) {
        info().dynamicMetadata(namespace, key, value);
        return this;
    }

    public TestExchange routeConfig(Object value) {
        routeConfig = value;
        return this;
    }

    @Override
    public EventLoop loop() {
        return LOOP;
    }

    @Override
    public RequestHead request() {
        if (head == null) {
            head =
                    new RequestHead(
                            HttpVersion.HTTP_1_1, method, "http", authority, path, headers, null);
        }
        return head;
    }

    @Override
    public StreamInfo info() {
        if (info == null) {
            var connection =
                    new ConnectionInfo(
                            principal,
                            "spiffe://cluster.local/ns/shop/sa/wp",
                            remote,
                            destination,
                            "10.96.0.10:80",
                            Optional.empty(),
                            Optional.empty(),
                            1,
                            1);
            connection.serverName(serverName);
            info = new StreamInfo(connection, 1, 1);
        }
        return info;
    }

    @Override
    public Upstreams upstreams() {
        return upstreams;
    }

    public TestExchange upstreams(Upstreams value) {
        upstreams = value;
        return this;
    }

    @Override
    public @Nullable Object route() {
        return this;
    }

    @Override
    public @Nullable Object routeConfig(String stageName) {
        return routeConfig;
    }

    @Override
    public void clearRoute() {
        routesCleared++;
    }

    @Override
    public void resume(Step step) {
        resumed.add(step);
    }

    @Override
    public boolean ended() {
        return ended;
    }

    @Override
    public void whenEnded(Runnable callback) {
        ends.add(callback);
    }

    /// The caller went away.
    public void end() {
        ended = true;
        ends.forEach(Runnable::run);
    }

    Facts facts() {
        return new Facts(info(), request());
    }
}
