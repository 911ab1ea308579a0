package dev.ambit.waypoint.xds;

import dev.ambit.waypoint.route.RouteLimits;
import dev.ambit.waypoint.security.SecurityCounters;
import dev.ambit.waypoint.security.SecurityLimits;
import dev.ambit.waypoint.telemetry.metrics.GrpcStatsStage;
import dev.ambit.waypoint.xds.route.HeaderFormats;
import dev.ambit.waypoint.xds.route.RouteCompiler;
import dev.ambit.waypoint.xds.route.RouteFilters;
import dev.ambit.waypoint.xds.security.SecurityCompilers;
import java.time.InstantSource;
import java.util.Optional;

/// Everything that this proxy understands of Envoy's filters, in one place.
public final class Dialect {
    private static final String HTTP = "envoy.extensions.filters.http.";

    private Dialect() {}

    /// What compilers need of the process.
    ///
    /// @param localCluster this proxy's own name, `node.cluster`
    public record Parts(
            HeaderFormats formats,
            String localCluster,
            SecurityCounters counters,
            FilterCompilers.Telemetry telemetry) {}

    public static FilterCompilers compilers(Parts parts) {
        var all =
                new FilterCompilers(
                        new RouteCompiler(
                                parts.formats(), parts.localCluster(), RouteLimits.defaults()),
                        parts.telemetry());
        SecurityCompilers.register(
                all,
                parts.formats(),
                SecurityLimits.DEFAULT,
                InstantSource.system(),
                System::nanoTime,
                parts.counters());
        all.http(
                HTTP + "grpc_stats.v3.FilterConfig",
                (_, name, _) -> Optional.of(new GrpcStatsStage(name)));
        RouteFilters.register(
                all, parts.formats(), RouteFilters.Runtime.system(), parts.localCluster());
        // Names are looked up by the cluster that needs them.
        all.elsewhere(HTTP + "dynamic_forward_proxy.v3.FilterConfig");
        all.elsewhere("stats.PluginConfig");
        all.elsewhere("io.istio.http.peer_metadata.Config");
        all.elsewhere("envoy.tcp.metadataexchange.config.MetadataExchange");
        all.elsewhere("envoy.extensions.network_filters.peer_metadata.Config");
        all.elsewhere("envoy.extensions.network_filters.peer_metadata.UpstreamConfig");
        return all;
    }
}
