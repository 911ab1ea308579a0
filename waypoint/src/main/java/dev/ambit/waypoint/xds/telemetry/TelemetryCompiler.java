package dev.ambit.waypoint.xds.telemetry;

import com.github.udpa.udpa.type.v1.TypedStruct;
import com.google.protobuf.Any;
import com.google.protobuf.Struct;
import dev.ambit.envoy.proto.stats.PluginConfig;
import dev.ambit.waypoint.route.HeaderValue;
import dev.ambit.waypoint.telemetry.ChainTelemetry;
import dev.ambit.waypoint.telemetry.ConnectTelemetry;
import dev.ambit.waypoint.telemetry.FrontTelemetry;
import dev.ambit.waypoint.telemetry.FrontTelemetry.Discovery;
import dev.ambit.waypoint.telemetry.HttpTelemetry;
import dev.ambit.waypoint.telemetry.PeerDirectory;
import dev.ambit.waypoint.telemetry.TcpChainTelemetry;
import dev.ambit.waypoint.telemetry.TcpTelemetry;
import dev.ambit.waypoint.telemetry.TelemetryRuntime;
import dev.ambit.waypoint.telemetry.UpstreamPeers;
import dev.ambit.waypoint.telemetry.format.FormatContext;
import dev.ambit.waypoint.telemetry.format.FormatFault;
import dev.ambit.waypoint.telemetry.format.TextFormat;
import dev.ambit.waypoint.telemetry.metrics.GrpcStatsStage;
import dev.ambit.waypoint.telemetry.metrics.StatsChain;
import dev.ambit.waypoint.telemetry.metrics.StatsStage;
import dev.ambit.waypoint.xds.CompileScope;
import dev.ambit.waypoint.xds.FilterCompilers;
import dev.ambit.waypoint.xds.Refused;
import dev.ambit.waypoint.xds.route.HeaderFormats;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What chains tell, out of the configuration: access logs, tracing, and the filters that count and
/// that find out who is at the other end.
public final class TelemetryCompiler implements FilterCompilers.Telemetry {
    private static final String STATS = "stats.PluginConfig";
    private static final String GRPC_STATS =
            "envoy.extensions.filters.http.grpc_stats.v3.FilterConfig";
    private static final String PEERS = "io.istio.http.peer_metadata.Config";
    private static final String EXCHANGE = "envoy.tcp.metadataexchange.config.MetadataExchange";
    private static final String NETWORK_PEERS =
            "envoy.extensions.network_filters.peer_metadata.Config";
    private static final String NETWORK_UPSTREAM_PEERS =
            "envoy.extensions.network_filters.peer_metadata.UpstreamConfig";
    private static final String UDPA_STRUCT = "udpa.type.v1.TypedStruct";
    private static final String XDS_STRUCT = "xds.type.v3.TypedStruct";

    private final TelemetryRuntime runtime;
    private final AccessLogCompiler logs;
    private final TracingCompiler tracing;
    private final StatsCompiler stats;

    public TelemetryCompiler(TelemetryRuntime runtime) {
        this.runtime = runtime;
        this.logs = new AccessLogCompiler(runtime);
        this.tracing = new TracingCompiler(runtime);
        this.stats = new StatsCompiler(runtime);
    }

    /// Tells which filters are compiled here.
    public FilterCompilers register(FilterCompilers compilers) {
        return compilers
                .http(GRPC_STATS, (_, name, _) -> Optional.of(new GrpcStatsStage(name)))
                .http(
                        STATS,
                        (scope, name, config) ->
                                Optional.of(
                                        new StatsStage(name, stats(scope, config, context("")))))
                .elsewhere(STATS)
                .elsewhere(PEERS)
                .elsewhere(EXCHANGE)
                .elsewhere(NETWORK_PEERS)
                .elsewhere(NETWORK_UPSTREAM_PEERS);
    }

    /// Values of headers in Envoy's format language, for routes.
    public HeaderFormats headerFormats() {
        return format -> {
            try {
                return value(TextFormat.compile(format, context(""), true));
            } catch (FormatFault fault) {
                throw new Refused(
                        "header.value", format, "a format that Envoy 1.40 knows: " + fault.text());
            }
        };
    }

    /// The heads that are given are those that count, for the moment.
    private static HeaderValue value(TextFormat format) {
        return (request, response, info) -> {
            var requestBefore = info.request;
            var responseBefore = info.response;
            info.request = request;
            info.response = response;
            try {
                return format.format(info);
            } finally {
                info.request = requestBefore;
                info.response = responseBefore;
            }
        };
    }

    private FormatContext context(String chain) {
        return FormatContext.of(runtime.process()).inChain(chain, Map.of());
    }

    private StatsChain stats(CompileScope scope, Any config, FormatContext context) throws Refused {
        return stats.compile(
                scope, CompileScope.unpack("stats", config, PluginConfig.parser()), context);
    }

    @Override
    public ChainTelemetry http(CompileScope scope, FilterChain chain, HttpConnectionManager manager)
            throws Refused {
        var context = context(chain.getName());
        boolean looksUp = false;
        boolean believes = false;
        var counted = new ArrayList<StatsChain>();
        for (var filter : manager.getHttpFiltersList()) {
            var config = filter.getTypedConfig();
            if (filter.getDisabled()) {
                continue;
            }
            if (CompileScope.type(config).equals(STATS)) {
                counted.add(stats(scope, config, context));
            }
            var discovery = peerConfig(config);
            if (discovery != null) {
                looksUp |= has(discovery, "upstream_discovery", "workload_discovery");
                believes |= has(discovery, "upstream_discovery", "upstream_filter_state");
            }
        }
        return new HttpTelemetry(
                new UpstreamPeers(looksUp ? runtime.peers() : null, believes),
                tracing.compile(scope, manager, context).orElse(null),
                counted,
                logs.compile(scope, manager.getAccessLogList(), context));
    }

    @Override
    public TcpTelemetry tcp(CompileScope scope, FilterChain chain, TcpProxy proxy) throws Refused {
        var context = context(chain.getName()).typed("TcpConnectionEnd");
        PeerDirectory peers = null;
        StatsChain counted = null;
        for (var filter : chain.getFiltersList()) {
            var config = filter.getTypedConfig();
            if (CompileScope.type(config).equals(STATS)) {
                counted = stats(scope, config, context);
            }
            if (struct(config) instanceof Typed(var type, var value)
                    && type.equals(EXCHANGE)
                    && value.getFieldsOrDefault("enable_discovery", Plain.message(false))
                            .getBoolValue()) {
                peers = runtime.peers();
            }
        }
        return new TcpChainTelemetry(
                new UpstreamPeers(peers, true),
                counted,
                logs.compile(scope, proxy.getAccessLogList(), context));
    }

    @Override
    public ConnectTelemetry connect(
            CompileScope scope, Listener terminate, HttpConnectionManager manager, Listener main)
            throws Refused {
        var discoveries = new ArrayList<Discovery>();
        boolean tells = false;
        for (var filter : manager.getHttpFiltersList()) {
            var discovery = peerConfig(filter.getTypedConfig());
            if (discovery != null) {
                discoveries.addAll(discoveries(scope, discovery));
                tells |= has(discovery, "downstream_propagation", "baggage");
            }
        }
        return new FrontTelemetry(
                runtime.peers(),
                discoveries,
                tells,
                logs.compile(scope, manager.getAccessLogList(), context("default").atFront()),
                logs.compile(
                        scope, main.getAccessLogList(), context("").typed("TcpConnectionEnd")));
    }

    private static List<Discovery> discoveries(CompileScope scope, Struct config) {
        var found = new ArrayList<Discovery>();
        for (var method : methods(config, "downstream_discovery")) {
            if (method.containsFields("workload_discovery")) {
                found.add(Discovery.WORKLOAD);
            } else if (method.containsFields("baggage")) {
                found.add(Discovery.BAGGAGE);
            } else {
                scope.skipped(
                        "peer_metadata.downstream_discovery: " + method.getFieldsMap().keySet());
            }
        }
        return found;
    }

    private static boolean has(Struct config, String list, String method) {
        for (var each : methods(config, list)) {
            if (each.containsFields(method)) {
                return true;
            }
        }
        return false;
    }

    private static List<Struct> methods(Struct config, String list) {
        var methods = new ArrayList<Struct>();
        var values = config.getFieldsMap().get(list);
        if (values != null) {
            values.getListValue().getValuesList().forEach(v -> methods.add(v.getStructValue()));
        }
        return methods;
    }

    private static @Nullable Struct peerConfig(Any config) throws Refused {
        return struct(config) instanceof Typed(var type, var value) && type.equals(PEERS)
                ? value
                : null;
    }

    /// A message that travels as a struct, for want of its type.
    private record Typed(String type, Struct value) {}

    private static @Nullable Typed struct(Any config) throws Refused {
        return switch (CompileScope.type(config)) {
            case UDPA_STRUCT -> {
                var struct = CompileScope.unpack("typed_config", config, TypedStruct.parser());
                yield typed(struct.getTypeUrl(), struct.getValue());
            }
            case XDS_STRUCT -> {
                var struct =
                        CompileScope.unpack(
                                "typed_config",
                                config,
                                com.github.xds.type.v3.TypedStruct.parser());
                yield typed(struct.getTypeUrl(), struct.getValue());
            }
            default -> null;
        };
    }

    private static Typed typed(String url, Struct value) {
        return new Typed(url.substring(url.lastIndexOf('/') + 1), value);
    }
}
