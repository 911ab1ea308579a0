package dev.ambit.waypoint.telemetry.format;

import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.telemetry.Facts;
import dev.ambit.waypoint.telemetry.format.Basic.Number;
import dev.ambit.waypoint.telemetry.format.Basic.Present;
import dev.ambit.waypoint.telemetry.format.Basic.Text;
import java.net.InetSocketAddress;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Addresses of both ends of both connections: whole, without port, the port alone.
final class AddressOperators {
    private AddressOperators() {}

    static void fill(Operators.Table table) {
        downstream(table, "DOWNSTREAM_REMOTE", StreamInfo::remote);
        downstream(table, "DOWNSTREAM_DIRECT_REMOTE", info -> info.connection().remote());
        downstream(table, "DOWNSTREAM_LOCAL", info -> info.connection().originalDst());
        downstream(table, "DOWNSTREAM_DIRECT_LOCAL", info -> info.connection().originalDst());
        upstream(table, "UPSTREAM_LOCAL", Facts::upstreamLocal);
        upstream(table, "UPSTREAM_REMOTE", info -> Facts.connected(info) ? info.upstreamHost : "");
        table.plain("UPSTREAM_HOST", new Present(info -> info.upstreamHost));
        table.plain("UPSTREAM_HOST_NAME", new Present(Facts::upstreamHostname));
        table.plain(
                "UPSTREAM_HOST_NAME_WITHOUT_PORT",
                new Present(info -> Facts.withoutPort(Facts.upstreamHostname(info))));
        table.plain(
                "UPSTREAM_HOSTS_ATTEMPTED",
                new Present(info -> Facts.connected(info) ? info.upstreamHost : ""));
        table.plain(
                "UPSTREAM_HOST_NAMES_ATTEMPTED",
                new Present(info -> Facts.connected(info) ? Facts.upstreamHostname(info) : ""));
        table.plain("UPSTREAM_CONNECTION_IDS_ATTEMPTED", new Text(_ -> null));
    }

    private static void downstream(
            Operators.Table table,
            String name,
            Function<StreamInfo, @Nullable InetSocketAddress> get) {
        table.plain(name + "_ADDRESS", new Text(info -> map(get.apply(info), Facts::text)));
        table.plain(
                name + "_ADDRESS_WITHOUT_PORT", new Text(info -> map(get.apply(info), Facts::ip)));
        table.plain(
                name + "_PORT",
                new Number(info -> {
                    var address = get.apply(info);
                    return address == null ? Basic.NONE : address.getPort();
                }));
    }

    private static @Nullable String map(
            @Nullable InetSocketAddress address, Function<InetSocketAddress, String> text) {
        return address == null ? null : text.apply(address);
    }

    private static void upstream(
            Operators.Table table, String name, Function<StreamInfo, String> get) {
        table.plain(name + "_ADDRESS", new Present(get));
        table.plain(
                name + "_ADDRESS_WITHOUT_PORT",
                new Present(info -> Facts.withoutPort(get.apply(info))));
        table.plain(
                name + "_PORT",
                new Number(info -> {
                    int port = Facts.port(get.apply(info));
                    return port < 0 ? Basic.NONE : port;
                }));
    }
}
