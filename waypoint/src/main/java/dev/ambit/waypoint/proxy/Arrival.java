package dev.ambit.waypoint.proxy;

import dev.ambit.hbone.Duplex;
import dev.ambit.hbone.ResetReason;
import dev.ambit.waypoint.exchange.ConnectionInfo;
import dev.ambit.waypoint.http.HttpVersion;
import dev.ambit.waypoint.http.PeekedDuplex;
import dev.ambit.waypoint.http.ProtocolSniffer;
import dev.ambit.waypoint.model.HttpChain;
import dev.ambit.waypoint.model.Inspection;
import dev.ambit.waypoint.model.PortRule;
import dev.ambit.waypoint.model.PortRule.Spoken;
import dev.ambit.waypoint.model.TcpChain;
import dev.ambit.waypoint.model.WaypointModel;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// A connection whose chains are known: finds out what it speaks, as far as that matters, and gives
/// it to its story. On its loop.
final class Arrival implements PeekedDuplex.Listener {
    private static final int NO_PORT = 0;

    private final Worker worker;
    private final ServerCodecs codecs;
    private final ConnectionInfo info;
    private final PortRule rule;
    private final WaypointModel model;
    private @Nullable PeekedDuplex peeked;
    private ProtocolSniffer.@Nullable Decision early;
    private @Nullable Future<?> timer;
    private boolean done;

    private Arrival(
            Worker worker,
            ServerCodecs codecs,
            ConnectionInfo info,
            PortRule rule,
            WaypointModel model) {
        this.worker = worker;
        this.codecs = codecs;
        this.info = info;
        this.rule = rule;
        this.model = model;
    }

    /// @param rule of the destination; not one of several sources
    /// @param bytes nothing attached yet
    static void begin(
            Worker worker,
            ServerCodecs codecs,
            ConnectionInfo info,
            PortRule rule,
            WaypointModel model,
            Duplex bytes) {
        new Arrival(worker, codecs, info, rule, model).start(bytes);
    }

    private void start(Duplex bytes) {
        var inspection = model.chains().inspection();
        var destination = info.originalDst();
        int port = destination == null ? NO_PORT : destination.getPort();
        switch (rule) {
            case PortRule.Http(var chain) -> http(chain, bytes);
            case PortRule.Tcp(var chain) -> {
                if (inspection.tls(port)) {
                    peek(bytes, new ProtocolSniffer(false, true), inspection.timeout());
                } else {
                    TcpStory.begin(worker, chain, info, bytes);
                }
            }
            case PortRule.Auto(_, var tcp, _) -> {
                boolean http = inspection.http(port);
                boolean tls = inspection.tls(port);
                if (http || tls) {
                    peek(bytes, new ProtocolSniffer(http, tls), silence(inspection));
                } else {
                    TcpStory.begin(worker, tcp, info, bytes);
                }
            }
            case PortRule.BySource _ ->
                    bytes.reset(new ResetReason(ResetReason.Kind.LOCAL, "no chain for its source"));
        }
    }

    private Duration silence(Inspection inspection) {
        var most = worker.limits().silentCaller();
        return inspection.timeout().isZero() || inspection.timeout().compareTo(most) > 0
                ? most
                : inspection.timeout();
    }

    private void http(HttpChain chain, Duplex bytes) {
        switch (chain.options().codec()) {
            case HTTP_1 -> serve(chain, HttpVersion.HTTP_1_1, bytes);
            case HTTP_2 -> serve(chain, HttpVersion.HTTP_2, bytes);
            case AUTO ->
                    peek(bytes, new ProtocolSniffer(true, false), chain.options().idleTimeout());
        }
    }

    /// @param timeout zero for none
    private void peek(Duplex bytes, ProtocolSniffer sniffer, Duration timeout) {
        if (!timeout.isZero()) {
            timer = worker.loop().schedule(this::tooLong, timeout.toNanos(), TimeUnit.NANOSECONDS);
        }
        var looked = PeekedDuplex.over(bytes, sniffer, this);
        peeked = looked;
        var decision = early;
        if (decision != null) {
            early = null;
            decided(looked, decision);
        }
    }

    @Override
    public void onDecided(ProtocolSniffer.Decision decision) {
        var looked = peeked;
        if (looked == null) {
            early = decision;
        } else {
            decided(looked, decision);
        }
    }

    private void decided(PeekedDuplex bytes, ProtocolSniffer.Decision decision) {
        if (done) {
            return;
        }
        finish();
        if (decision instanceof ProtocolSniffer.Tls(var sni, _)) {
            info.serverName(sni);
        }
        switch (rule) {
            case PortRule.Http(var chain) -> serve(chain, version(decision), bytes);
            case PortRule.Tcp(var chain) -> TcpStory.begin(worker, chain, info, bytes);
            case PortRule.Auto(var http, var tcp, var versions) -> {
                if (decision instanceof ProtocolSniffer.Refused(var cause)) {
                    bytes.reset(new ResetReason(ResetReason.Kind.LOCAL, cause));
                    return;
                }
                var spoken = spoken(decision);
                if (spoken != null && versions.contains(spoken)) {
                    serve(http, version(decision), bytes);
                } else {
                    TcpStory.begin(worker, tcp, info, bytes);
                }
            }
            case PortRule.BySource _ -> throw new IllegalStateException("a rule of sources");
        }
    }

    private static HttpVersion version(ProtocolSniffer.Decision decision) {
        return decision instanceof ProtocolSniffer.H2c ? HttpVersion.HTTP_2 : HttpVersion.HTTP_1_1;
    }

    private static @Nullable Spoken spoken(ProtocolSniffer.Decision decision) {
        return switch (decision) {
            case ProtocolSniffer.Http1() -> Spoken.HTTP_1_1;
            case ProtocolSniffer.Http10() -> Spoken.HTTP_1_0;
            case ProtocolSniffer.H2c() -> Spoken.H2C;
            case ProtocolSniffer.Tls _,
                    ProtocolSniffer.Other(),
                    ProtocolSniffer.NeedMore(),
                    ProtocolSniffer.Refused _ ->
                    null;
        };
    }

    private void serve(HttpChain chain, HttpVersion version, Duplex bytes) {
        HttpConnection.begin(worker, codecs, info, chain, model, version, bytes);
    }

    @Override
    public void onLost(ResetReason reason) {
        finish();
    }

    /// Nothing, or not enough, has come.
    private void tooLong() {
        var bytes = peeked;
        if (bytes == null || done) {
            return;
        }
        finish();
        switch (rule) {
            case PortRule.Auto(_, TcpChain tcp, _) ->
                    TcpStory.begin(worker, tcp, info, new SilentCaller(bytes));
            case PortRule.Tcp(var chain) -> {
                if (model.chains().inspection().continueOnTimeout()) {
                    TcpStory.begin(worker, chain, info, bytes);
                } else {
                    silent(bytes);
                }
            }
            case PortRule.Http(_), PortRule.BySource _ -> silent(bytes);
        }
    }

    private static void silent(Duplex bytes) {
        bytes.reset(new ResetReason(ResetReason.Kind.LOCAL, "nothing came in time"));
    }

    private void finish() {
        done = true;
        if (timer != null) {
            timer.cancel(false);
        }
    }
}
