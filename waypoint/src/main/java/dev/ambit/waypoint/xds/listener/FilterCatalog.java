package dev.ambit.waypoint.xds.listener;

import com.github.udpa.udpa.type.v1.TypedStruct;
import com.google.protobuf.Any;
import dev.ambit.waypoint.xds.CompileScope;
import dev.ambit.waypoint.xds.Refused;
import java.util.Map;
import java.util.Set;

/// What is known about filters that have no compiler here: which of them can be left out without
/// harm. Every other one is refused, since what it does may be what keeps somebody out.
final class FilterCatalog {
    private static final String UDPA_STRUCT = "udpa.type.v1.TypedStruct";
    private static final String XDS_STRUCT = "xds.type.v3.TypedStruct";

    /// Left out, and told. They change how fast answers are, or what is observed, never who is let
    /// through or what is answered.
    private static final Set<String> COSMETIC =
            Set.of(
                    "envoy.extensions.filters.http.tap.v3.Tap",
                    "envoy.extensions.filters.http.compressor.v3.Compressor",
                    "envoy.extensions.filters.http.cache.v3.CacheConfig",
                    "envoy.extensions.filters.http.cache_v2.v3.CacheV2Config",
                    "envoy.extensions.filters.http.on_demand.v3.OnDemand",
                    "envoy.extensions.filters.http.upstream_codec.v3.UpstreamCodec",
                    "istio.envoy.config.filter.http.alpn.v2alpha1.FilterConfig",
                    // These look into bytes to count them.
                    "envoy.extensions.filters.network.mongo_proxy.v3.MongoProxy",
                    "envoy.extensions.filters.network.mysql_proxy.v3.MySQLProxy",
                    "envoy.extensions.filters.network.postgres_proxy.v3alpha.PostgresProxy",
                    "envoy.extensions.filters.network.zookeeper_proxy.v3.ZooKeeperProxy");

    /// Why the commonest of the others are refused, for the people who put them there.
    private static final Map<String, String> REASONS =
            Map.of(
                    "envoy.extensions.filters.http.lua.v3.Lua",
                    "no Lua: this proxy runs no foreign code",
                    "envoy.extensions.filters.http.wasm.v3.Wasm",
                    "no Wasm: this proxy runs no foreign code",
                    "envoy.extensions.filters.network.wasm.v3.Wasm",
                    "no Wasm: this proxy runs no foreign code",
                    "envoy.extensions.filters.http.ext_proc.v3.ExternalProcessor",
                    "no external processing",
                    "envoy.extensions.filters.http.oauth2.v3.OAuth2",
                    "no OAuth 2 client",
                    "envoy.extensions.filters.http.stateful_session.v3.StatefulSession",
                    "no persistent sessions",
                    "envoy.extensions.filters.network.redis_proxy.v3.RedisProxy",
                    "no Redis proxy; turn PILOT_ENABLE_REDIS_FILTER off",
                    "envoy.extensions.filters.http.basic_auth.v3.BasicAuth",
                    "no passwords",
                    "envoy.extensions.filters.http.csrf.v3.CsrfPolicy",
                    "no CSRF rules",
                    "envoy.extensions.filters.http.bandwidth_limit.v3.BandwidthLimit",
                    "no bandwidth limits");

    private FilterCatalog() {}

    /// The type that a filter's configuration is of; of a `TypedStruct` the one that it names.
    static String type(String field, Any config) throws Refused {
        var type = CompileScope.type(config);
        var named =
                switch (type) {
                    case UDPA_STRUCT ->
                            CompileScope.unpack(field, config, TypedStruct.parser()).getTypeUrl();
                    case XDS_STRUCT ->
                            CompileScope.unpack(
                                            field,
                                            config,
                                            com.github.xds.type.v3.TypedStruct.parser())
                                    .getTypeUrl();
                    default -> type;
                };
        return named.substring(named.lastIndexOf('/') + 1);
    }

    static boolean cosmetic(String type) {
        return COSMETIC.contains(type);
    }

    /// @param optional whether the control plane said that nobody needs to know it (`is_optional`);
    ///   what is known to be more than that is refused all the same
    static boolean skippable(String type, boolean optional) {
        return cosmetic(type) || (optional && !REASONS.containsKey(type));
    }

    static Refused refusal(String field, String type) {
        return new Refused(
                field,
                type,
                REASONS.getOrDefault(
                        type,
                        "a filter that this proxy has; one that it does not know could be what"
                                + " keeps somebody out, so the configuration is refused"));
    }
}
