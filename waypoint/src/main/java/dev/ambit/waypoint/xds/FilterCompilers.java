package dev.ambit.waypoint.xds;

import com.google.protobuf.Any;
import dev.ambit.waypoint.route.RouteTable;
import dev.ambit.waypoint.stage.HttpStage;
import dev.ambit.waypoint.stage.NetworkStage;
import dev.ambit.waypoint.telemetry.ChainTelemetry;
import dev.ambit.waypoint.telemetry.ConnectTelemetry;
import dev.ambit.waypoint.telemetry.TcpTelemetry;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Who compiles what, by the type of the configuration (`CompileScope.type`; of a `TypedStruct` the
/// type that it names). Filled once, at start.
public final class FilterCompilers {
    private final Map<String, Http> http = new HashMap<>();
    private final Map<String, Network> network = new HashMap<>();
    private final Map<String, PerRoute> perRoute = new HashMap<>();
    private final Set<String> elsewhere = new HashSet<>();
    private final Routes routes;
    private final Telemetry telemetry;

    public FilterCompilers(Routes routes, Telemetry telemetry) {
        this.routes = routes;
        this.telemetry = telemetry;
    }

    public interface Http {
        /// @param name of the filter, the key of `typed_per_filter_config`
        /// @return empty where the filter asks for nothing
        Optional<HttpStage> compile(CompileScope scope, String name, Any config) throws Refused;
    }

    public interface Network {
        /// @return empty where the filter asks for nothing
        Optional<NetworkStage> compile(CompileScope scope, String name, Any config) throws Refused;
    }

    /// One entry of a `typed_per_filter_config`.
    public interface PerRoute {
        /// @return what `Exchange.routeConfig` hands to the stage of that name
        Object compile(CompileScope scope, String filterName, Any config) throws Refused;
    }

    /// An inline `RouteConfiguration`.
    public interface Routes {
        /// @param compilers for `typed_per_filter_config`
        RouteTable compile(CompileScope scope, RouteConfiguration routes, FilterCompilers compilers)
                throws Refused;
    }

    /// What chains tell, from access logs, tracing and the filters `istio.stats` and
    /// `peer_metadata`, which are no stages.
    public interface Telemetry {
        ChainTelemetry http(CompileScope scope, FilterChain chain, HttpConnectionManager manager)
                throws Refused;

        TcpTelemetry tcp(CompileScope scope, FilterChain chain, TcpProxy proxy) throws Refused;

        /// @param main the listener `main_internal`, whose access log tells of connections without
        ///   a chain; the default instance until it has come
        ConnectTelemetry connect(
                CompileScope scope,
                Listener terminate,
                HttpConnectionManager manager,
                Listener main)
                throws Refused;

        Telemetry NONE =
                new Telemetry() {
                    @Override
                    public ChainTelemetry http(
                            CompileScope scope, FilterChain chain, HttpConnectionManager manager) {
                        return ChainTelemetry.NONE;
                    }

                    @Override
                    public TcpTelemetry tcp(CompileScope scope, FilterChain chain, TcpProxy proxy) {
                        return TcpTelemetry.NONE;
                    }

                    @Override
                    public ConnectTelemetry connect(
                            CompileScope scope,
                            Listener terminate,
                            HttpConnectionManager manager,
                            Listener main) {
                        return ConnectTelemetry.NONE;
                    }
                };
    }

    public FilterCompilers http(String type, Http compiler) {
        put(http, type, compiler);
        return this;
    }

    public FilterCompilers network(String type, Network compiler) {
        put(network, type, compiler);
        return this;
    }

    public FilterCompilers perRoute(String type, PerRoute compiler) {
        put(perRoute, type, compiler);
        return this;
    }

    /// Filters of this type are read as a whole with their chain, by `Telemetry`, and are no
    /// stages.
    public FilterCompilers elsewhere(String type) {
        elsewhere.add(type);
        return this;
    }

    private static <T> void put(Map<String, T> all, String type, T compiler) {
        if (all.putIfAbsent(type, compiler) != null) {
            throw new IllegalArgumentException(
                    "compiler of " + type + ": a second one (expected: one)");
        }
    }

    public Optional<Http> http(String type) {
        return Optional.ofNullable(http.get(type));
    }

    public Optional<Network> network(String type) {
        return Optional.ofNullable(network.get(type));
    }

    public Optional<PerRoute> perRoute(String type) {
        return Optional.ofNullable(perRoute.get(type));
    }

    public boolean isElsewhere(String type) {
        return elsewhere.contains(type);
    }

    public Routes routes() {
        return routes;
    }

    public Telemetry telemetry() {
        return telemetry;
    }
}
