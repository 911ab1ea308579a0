package dev.ambit.waypoint.proxy;

import dev.ambit.hbone.Duplex;
import dev.ambit.hbone.ResetReason;
import dev.ambit.hbone.Splice;
import dev.ambit.hbone.SpliceEnd;
import dev.ambit.waypoint.exchange.ConnectionInfo;
import dev.ambit.waypoint.exchange.DynamicHost;
import dev.ambit.waypoint.exchange.ResponseFlag;
import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.model.TcpChain;
import dev.ambit.waypoint.stage.ConnectionAdmission;
import dev.ambit.waypoint.stage.NetworkStage;
import dev.ambit.waypoint.stage.NetworkStep;
import dev.ambit.waypoint.stage.Permit;
import dev.ambit.waypoint.upstream.PickContext;
import dev.ambit.waypoint.upstream.Upstream;
import dev.ambit.waypoint.upstream.UpstreamFailure;
import dev.ambit.waypoint.upstream.UpstreamHost;
import dev.ambit.waypoint.upstream.UpstreamHost.HostResult;
import dev.ambit.waypoint.upstream.Upstreams;
import dev.ambit.waypoint.upstream.XxHash64;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// A connection whose bytes are nobody's business: may it, where to, carry it, tell. On its loop.
final class TcpStory
        implements NetworkStage.Connection,
                ConnectionAdmission.Outcome,
                Upstream.ConnectListener,
                HeldDuplex.Watcher {
    private final Worker worker;
    private final TcpChain chain;
    private final StreamInfo info;
    private final HeldDuplex downstream;
    private final ConnectionAdmission admission;
    private final List<UpstreamHost> tried = new ArrayList<>(1);
    private @Nullable Permit permit;
    private @Nullable Upstream upstream;
    private Upstream.@Nullable Cancel connecting;
    private @Nullable MeteredDuplex carried;
    private @Nullable Splice splice;
    private @Nullable Runnable whenEnded;
    private @Nullable Future<?> durationTimer;
    private @Nullable Future<?> idleTimer;
    private @Nullable Future<?> progressTimer;
    private boolean ended;

    private TcpStory(Worker worker, TcpChain chain, ConnectionInfo connection, Duplex from) {
        this.worker = worker;
        this.chain = chain;
        this.info =
                new StreamInfo(
                        connection, worker.micros().getAsLong(), worker.nanoTime().getAsLong());
        this.downstream = new HeldDuplex(from, this);
        this.admission = new ConnectionAdmission(chain.stages(), this, this);
    }

    /// @param from nothing attached yet
    static void begin(Worker worker, TcpChain chain, ConnectionInfo connection, Duplex from) {
        new TcpStory(worker, chain, connection, from).start();
    }

    private void start() {
        chain.telemetry().onOpen(info);
        if (!chain.maxDuration().isZero()) {
            durationTimer = after(chain.maxDuration(), this::tooLong);
        }
        var interval = chain.telemetry().interval();
        if (!interval.isZero()) {
            progressTimer =
                    loop().scheduleAtFixedRate(
                                    () -> chain.telemetry().onProgress(info),
                                    interval.toNanos(),
                                    interval.toNanos(),
                                    TimeUnit.NANOSECONDS);
        }
        downstream.start();
        if (!ended) {
            admission.start();
        }
    }

    // ---- may it?

    @Override
    public EventLoop loop() {
        return worker.loop();
    }

    @Override
    public StreamInfo info() {
        return info;
    }

    @Override
    public Upstreams upstreams() {
        return worker.upstreams();
    }

    @Override
    public void resume(NetworkStep step) {
        if (!ended) {
            whenEnded = null;
            admission.resume(step);
        }
    }

    @Override
    public boolean ended() {
        return ended;
    }

    @Override
    public void whenEnded(Runnable callback) {
        whenEnded = callback;
    }

    @Override
    public void closed(NetworkStep.Close why) {
        why.flag().ifPresent(info::flag);
        info.terminationDetails = why.details();
        refuse(why.details());
    }

    // ---- where to?

    @Override
    public void admitted(Permit granted) {
        permit = granted;
        var name = Clusters.pick(chain.clusters(), worker.random().nextLong());
        info.clusterName = name;
        upstream = worker.upstreams().find(name);
        if (upstream == null) {
            info.flag(ResponseFlag.NO_CLUSTER_FOUND);
            refuse("cluster " + name + " is not there");
            return;
        }
        info.cluster = upstream.facts();
        connect();
    }

    private void connect() {
        var to = upstream;
        var right = permit;
        if (to == null || right == null || ended) {
            return;
        }
        info.attempts++;
        var context =
                new PickContext(
                        info.connection(),
                        hash(),
                        null,
                        DynamicHost.authority(info),
                        false,
                        tried,
                        List.of(),
                        1);
        var tunnel = chain.tunnel().orElse(null);
        var cancel =
                tunnel == null
                        ? to.connect(context, right, this)
                        : TunnelAsk.begin(loop(), to, context, right, tunnel, this);
        if (carried == null && !ended) {
            connecting = cancel;
        }
    }

    private OptionalLong hash() {
        return chain.hashSource()
                ? OptionalLong.of(
                        XxHash64.hash(info.connection().remote().getAddress().getHostAddress(), 0))
                : OptionalLong.empty();
    }

    @Override
    public void onFailed(UpstreamFailure failure) {
        connecting = null;
        if (ended) {
            return;
        }
        var host = failure.host();
        if (host != null) {
            info.upstreamHost = host.address();
            info.host = host;
        }
        info.upstreamTransportFailure = failure.detail();
        switch (failure.kind()) {
            case NO_HEALTHY_HOST -> info.flag(ResponseFlag.NO_HEALTHY_UPSTREAM);
            case OVERFLOW -> info.flag(ResponseFlag.UPSTREAM_OVERFLOW);
            case DNS -> info.flag(ResponseFlag.DNS_RESOLUTION_FAILED);
            case CONNECT_FAILED, CONNECT_TIMEOUT -> {
                info.flag(ResponseFlag.UPSTREAM_CONNECTION_FAILURE);
                if (host != null) {
                    host.report(
                            failure.kind() == UpstreamFailure.Kind.CONNECT_TIMEOUT
                                    ? new HostResult.ConnectTimeout()
                                    : new HostResult.ConnectFailed());
                    tried.add(host);
                }
                if (info.attempts < chain.maxConnectAttempts()) {
                    // Behind whatever reported this: a host that fails at once must not recurse.
                    loop().execute(this::connect);
                    return;
                }
                info.flag(ResponseFlag.UPSTREAM_RETRY_LIMIT_EXCEEDED);
            }
        }
        refuse(failure.detail());
    }

    // ---- carry it

    @Override
    public void onConnected(UpstreamHost host, Duplex connection, Upstream.ConnectionFacts facts) {
        connecting = null;
        if (ended) {
            connection.reset(new ResetReason(ResetReason.Kind.LOCAL, "nobody waits for it"));
            return;
        }
        host.report(new HostResult.Connected());
        info.upstreamHost = host.address();
        info.upstreamLocalAddress = facts.localAddress();
        info.tunnelPeer = facts.peer();
        info.host = host;
        var to = upstream;
        if (to != null) {
            chain.telemetry().onUpstream(info, to.facts(), host);
        }
        var metered = new MeteredDuplex(connection, info, worker.nanoTime());
        carried = metered;
        if (!chain.idleTimeout().isZero()) {
            idleTimer = after(chain.idleTimeout(), this::checkIdle);
        }
        splice = Splice.join(downstream, metered, this::spliced);
    }

    private void spliced(SpliceEnd end) {
        end.reset()
                .ifPresent(reset -> {
                    // A caller may leave when it likes: that is no news.
                    if (reset.by() != SpliceEnd.End.DOWNSTREAM
                            && info.terminationDetails.isEmpty()) {
                        info.terminationDetails = reset.reason().detail();
                    }
                });
        finish();
    }

    // ---- what ends it

    /// The caller has gone before there was anybody to tell.
    @Override
    public void onGone(ResetReason reason) {
        if (ended) {
            return;
        }
        info.flag(ResponseFlag.DOWNSTREAM_CONNECTION_TERMINATION);
        info.terminationDetails = reason.detail();
        finish();
    }

    @Override
    public void onMore() {}

    private void tooLong() {
        info.flag(ResponseFlag.DURATION_TIMEOUT);
        cut("max_connection_duration_reached");
    }

    private void checkIdle() {
        var bytes = carried;
        if (bytes == null || ended) {
            return;
        }
        long idle = worker.nanoTime().getAsLong() - bytes.lastActiveNanos();
        long left = chain.idleTimeout().toNanos() - idle;
        if (left <= 0) {
            cut("tcp_session_idle_timeout");
        } else {
            idleTimer = loop().schedule(this::checkIdle, left, TimeUnit.NANOSECONDS);
        }
    }

    private void cut(String details) {
        var joined = splice;
        if (joined == null) {
            refuse(details);
            return;
        }
        info.terminationDetails = details;
        joined.cut(new ResetReason(ResetReason.Kind.LOCAL, details));
    }

    private void refuse(String details) {
        if (ended) {
            return;
        }
        if (info.terminationDetails.isEmpty()) {
            info.terminationDetails = details;
        }
        downstream.reset(new ResetReason(ResetReason.Kind.LOCAL, details));
        finish();
    }

    private void finish() {
        if (ended) {
            return;
        }
        ended = true;
        var cancel = connecting;
        if (cancel != null) {
            connecting = null;
            cancel.cancel();
        }
        stop(durationTimer);
        stop(idleTimer);
        stop(progressTimer);
        info.endNanos = worker.nanoTime().getAsLong();
        var callback = whenEnded;
        if (callback != null) {
            whenEnded = null;
            callback.run();
        }
        chain.telemetry().onEnd(info);
    }

    private Future<?> after(Duration delay, Runnable action) {
        return loop().schedule(action, delay.toNanos(), TimeUnit.NANOSECONDS);
    }

    private static void stop(@Nullable Future<?> timer) {
        if (timer != null) {
            timer.cancel(false);
        }
    }
}
