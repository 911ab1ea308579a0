package dev.ambit.waypoint.proxy;

import dev.ambit.hbone.Duplex;
import dev.ambit.hbone.ResetReason;
import dev.ambit.waypoint.exchange.ConnectionInfo;
import dev.ambit.waypoint.exchange.ResponseFlag;
import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.model.ChainTable;
import dev.ambit.waypoint.model.WaypointModel;
import dev.ambit.waypoint.telemetry.ConnectTelemetry;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A listener without tunnels: a gateway's port, or behind a node's proxy that ends the tunnel and
/// says who calls by the PROXY protocol. The same chains, by the destination's address.
///
/// @param proxied whether each connection begins with a PROXY header; then addresses and identity
///   are the header's, so only that proxy may be able to connect
/// @param headerTimeout for the PROXY header
/// @param localPrincipal SPIFFE URI of this waypoint
/// @param connectionIds a new one each time; of all loops
public record PlainFront(
        boolean proxied,
        Duration headerTimeout,
        ServerCodecs codecs,
        Supplier<String> localPrincipal,
        LongSupplier connectionIds,
        ConnectTelemetry telemetry) {

    /// Takes an accepted connection over, on its loop.
    public void accept(
            Worker worker, Duplex bytes, InetSocketAddress remote, InetSocketAddress local) {
        if (proxied) {
            new Headed(worker, bytes, remote, local).start();
        } else {
            take(worker, bytes, remote, local, "");
        }
    }

    private void take(
            Worker worker,
            Duplex bytes,
            InetSocketAddress remote,
            InetSocketAddress destination,
            String peer) {
        var connection =
                new ConnectionInfo(
                        peer,
                        localPrincipal.get(),
                        remote,
                        destination,
                        "",
                        Optional.empty(),
                        Optional.empty(),
                        worker.micros().getAsLong() / 1_000,
                        connectionIds.getAsLong());
        WaypointModel model = worker.model().get();
        if (model.chains().find("", destination) instanceof ChainTable.Match.Found(var rule)) {
            telemetry.onConnect(connection);
            Arrival.begin(worker, codecs, connection, rule.from(""), model, bytes);
            return;
        }
        var info =
                new StreamInfo(
                        connection, worker.micros().getAsLong(), worker.nanoTime().getAsLong());
        info.flag(ResponseFlag.NO_ROUTE_FOUND);
        info.terminationDetails = "no chain for " + destination;
        telemetry.onNoChain(info);
        bytes.reset(new ResetReason(ResetReason.Kind.LOCAL, info.terminationDetails));
    }

    /// Until the PROXY header has come.
    private final class Headed implements HeldDuplex.Watcher {
        private final Worker worker;
        private final InetSocketAddress remote;
        private final InetSocketAddress local;
        private final HeldDuplex held;
        private @Nullable Future<?> timer;
        private boolean done;

        Headed(Worker worker, Duplex bytes, InetSocketAddress remote, InetSocketAddress local) {
            this.worker = worker;
            this.remote = remote;
            this.local = local;
            this.held = new HeldDuplex(bytes, this);
        }

        void start() {
            timer =
                    worker.loop()
                            .schedule(
                                    () -> refuse("no PROXY header in time"),
                                    headerTimeout.toNanos(),
                                    TimeUnit.NANOSECONDS);
            held.start();
        }

        @Override
        public void onMore() {
            if (done) {
                return;
            }
            var all = held.peek();
            ProxyHeaderReader.Result result;
            try {
                result = ProxyHeaderReader.read(all);
            } finally {
                all.release();
            }
            switch (result) {
                case ProxyHeaderReader.Result.NeedMore() -> {
                    if (held.ended()) {
                        refuse("connection ended within its PROXY header");
                    }
                }
                case ProxyHeaderReader.Result.Invalid(var cause) -> refuse(cause);
                case ProxyHeaderReader.Result.Local(int length) -> go(length, remote, local, "");
                case ProxyHeaderReader.Result.Proxied(
                                int length,
                                var source,
                                var destination,
                                var peer) ->
                        go(length, source, destination, peer.orElse(""));
            }
        }

        private void go(
                int length, InetSocketAddress source, InetSocketAddress destination, String peer) {
            finish();
            held.skip(length);
            take(worker, held, source, destination, peer);
        }

        private void refuse(String cause) {
            if (done) {
                return;
            }
            finish();
            held.reset(new ResetReason(ResetReason.Kind.LOCAL, cause));
        }

        private void finish() {
            done = true;
            if (timer != null) {
                timer.cancel(false);
            }
        }

        @Override
        public void onGone(ResetReason reason) {
            finish();
        }
    }
}
